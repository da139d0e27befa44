"""Tokens for Amazon MSK with IAM: CONVOSTREAM_KAFKA_SASL_TOKEN_PROVIDER=convostream.kafka.msk:token.

Needs `pip install 'convostream[msk]'`. Credentials come from where AWS's libraries look for them, the region from
AWS_REGION or AWS_DEFAULT_REGION.
"""

import os

from convostream.errors import InvalidSettings


def token() -> tuple[str, int]:
    """Return a signed token and when it expires, in milliseconds since 1970."""
    try:
        from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
    except ImportError:
        raise InvalidSettings(
            "convostream.kafka.msk: AWS's signer is missing: pip install 'convostream[msk]'"
        ) from None
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise InvalidSettings("AWS_REGION: is not set; tokens for Amazon MSK are for one region")
    signed, expires_ms = MSKAuthTokenProvider.generate_auth_token(region)
    return str(signed), int(expires_ms)
