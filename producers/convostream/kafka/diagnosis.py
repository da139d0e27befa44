"""Find out why a client cannot connect to Kafka: its own error does not contain the broker's reason.

It makes another connection with the same options and reads the error that the client writes only to its log.
"""

import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from convostream.errors import InvalidSettings
from convostream.kafka.security import PREFIX

# Returns the options of `kafka_client_options`, whose files may have gone meanwhile.
Options = Callable[[], Mapping[str, Any]]

_TIMEOUT_MS: Final = 5_000
_CLOSED: Final = f"check {PREFIX}KAFKA_SECURITY_PROTOCOL, and whether the broker asks for a certificate"
_HINTS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ssl.SSLCertVerificationError, f"check {PREFIX}KAFKA_SSL_CAFILE, and that the certificate names this host"),
    (ssl.SSLError, f"check {PREFIX}KAFKA_SECURITY_PROTOCOL and {PREFIX}KAFKA_SSL_CERTFILE"),
    (SaslAuthenticationFailed, f"check {PREFIX}KAFKA_SASL_MECHANISM and what it logs in with"),
    (UnsupportedSaslMechanismError, f"check {PREFIX}KAFKA_SASL_MECHANISM"),
    (TopicAuthorizationFailedError, "the principal lacks a right to this topic, see docs/kafka-security.md"),
    (GroupAuthorizationFailedError, "the principal lacks the right to read as this group, see docs/kafka-security.md"),
    (KafkaConnectionError, _CLOSED),
    (ConnectionResetError, _CLOSED),
)


def explain(error: BaseException) -> str:
    """Return an error text with the settings to check; of an error that may contain a secret, only its type."""
    kind = type(error).__name__
    text = " ".join(str(error).split()) if isinstance(error, OSError | KafkaError | InvalidSettings) else ""
    named = text if kind in text else f"{kind}: {text}" if text else kind
    return "; ".join([named, *[hint for kind, hint in _HINTS if isinstance(error, kind)][:1]])


async def find_reason(error: Exception, bootstrap_servers: str | list[str], options: Options) -> str:
    """Return the broker's reason for refusing a client with these options."""
    if not isinstance(error, KafkaConnectionError):
        return explain(error)
    reason = explain(error)
    for host, port, _ in collect_hosts(bootstrap_servers, randomize=False):
        try:
            connection = await create_conn(host, port, request_timeout_ms=_TIMEOUT_MS, **options())
        except Exception as objection:  # noqa: BLE001 - a provider of tokens may raise anything
            reason = f"{host}:{port}: {explain(objection)}"
            if not isinstance(objection, ConnectionRefusedError):
                return reason
        else:
            connection.close()
    return reason
