"""The settings of connections to Kafka, the same for the SDK, the workers and every tool.

`KafkaSecurity` has the settings and refuses contradictory ones. `kafka_client_options` turns them into the options of
an aiokafka client; TLS is in `tls.py`, tokens are in `tokens.py`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

PREFIX: Final = "CONVOSTREAM_"

_LOGIN: Final = ("kafka_sasl_username", "kafka_sasl_password")
_CLIENT_CREDENTIALS: Final = ("kafka_sasl_oauth_client_id", "kafka_sasl_oauth_client_secret")
_TOKENS: Final = (
    "kafka_sasl_token_provider",
    "kafka_sasl_oauth_token_url",
    *_CLIENT_CREDENTIALS,
    "kafka_sasl_oauth_scope",
)
_SASL: Final = ("kafka_sasl_mechanism", *_LOGIN, *_TOKENS)
_KEY: Final = ("kafka_ssl_keyfile", "kafka_ssl_key_password")
_SSL: Final = ("kafka_ssl_cafile", "kafka_ssl_certfile", *_KEY, "kafka_ssl_check_hostname")
_LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "::1")

# An agent may change its directory between two connections.
File = Annotated[Path, AfterValidator(Path.absolute)]


class KafkaSecurity(BaseModel):
    """The settings of the connection to Kafka; by default it is neither encrypted nor authenticated."""

    # Without it the text of an error shows the values of all fields, passwords too.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = "PLAIN"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_sasl_token_provider: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = Field(
        None, description="module:name of a function that returns a token, or of an AbstractTokenProvider."
    )
    kafka_sasl_oauth_token_url: str | None = Field(None, description="Where a client's credentials are worth a token.")
    kafka_sasl_oauth_client_id: str | None = None
    kafka_sasl_oauth_client_secret: SecretStr | None = None
    kafka_sasl_oauth_scope: str | None = None
    kafka_ssl_cafile: File | None = Field(None, description="The authority of the brokers' certificates, a PEM file.")
    kafka_ssl_certfile: File | None = Field(None, description="The client's certificate and its chain, a PEM file.")
    kafka_ssl_keyfile: File | None = Field(None, description="The client's key, unless the certificate's file has it.")
    kafka_ssl_key_password: SecretStr | None = None
    kafka_ssl_check_hostname: bool = Field(True, description="Whether the certificate has to name the broker's host.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.kafka_security_protocol.startswith("SASL"):
            self._refuse(_SASL, "is for a login, which SASL_SSL and SASL_PLAINTEXT have")
        elif self.kafka_sasl_mechanism == "OAUTHBEARER":
            self._check_tokens()
        else:
            self._refuse(_TOKENS, "is for CONVOSTREAM_KAFKA_SASL_MECHANISM=OAUTHBEARER")
            self._require(_LOGIN, f"{self.kafka_sasl_mechanism} needs it")
        if not self.kafka_security_protocol.endswith("SSL"):
            self._refuse(_SSL, "is for an encrypted connection, which SSL and SASL_SSL are")
        if self.kafka_ssl_certfile is None:
            self._refuse(_KEY, "belongs to a certificate: set CONVOSTREAM_KAFKA_SSL_CERTFILE")
        return self

    def _check_tokens(self) -> None:
        self._refuse(_LOGIN, "is not for OAUTHBEARER, which has tokens")
        if self.kafka_sasl_token_provider is not None:
            self._refuse(_TOKENS[1:], "is not needed beside CONVOSTREAM_KAFKA_SASL_TOKEN_PROVIDER: set one of them")
            return
        self._require(("kafka_sasl_oauth_token_url",), "OAUTHBEARER needs it, or CONVOSTREAM_KAFKA_SASL_TOKEN_PROVIDER")
        self._require(_CLIENT_CREDENTIALS, "the token's address asks for it")
        url = urlsplit(self.kafka_sasl_oauth_token_url or "")
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOCAL_HOSTS):
            raise ValueError(f"{PREFIX}KAFKA_SASL_OAUTH_TOKEN_URL: has to begin with https://, a secret is sent there")

    def _refuse(self, names: Iterable[str], reason: str) -> None:
        """Refuse fields that were set to another value than their default."""
        for name in names:
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{PREFIX}{name.upper()}: {reason}; the protocol is {self.kafka_security_protocol}")

    def _require(self, names: Iterable[str], reason: str) -> None:
        for name in names:
            value = getattr(self, name)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                raise ValueError(f"{PREFIX}{name.upper()}: is not set; {reason}")


def kafka_client_options(security: KafkaSecurity) -> dict[str, Any]:
    """Return the options of an aiokafka client for encryption and authentication.

    Reads the files and loads the token provider. Raises InvalidSettings, with the setting and what to do, if one of
    them cannot be used.
    """
    protocol = security.kafka_security_protocol
    options: dict[str, Any] = {"security_protocol": protocol}
    if protocol.endswith("SSL"):
        from convostream.kafka.tls import ssl_context

        options["ssl_context"] = ssl_context(security)
    if not protocol.startswith("SASL"):
        return options
    options["sasl_mechanism"] = security.kafka_sasl_mechanism
    if security.kafka_sasl_mechanism == "OAUTHBEARER":
        from convostream.kafka.tokens import token_provider

        return options | {"sasl_oauth_token_provider": token_provider(security)}
    password = security.kafka_sasl_password
    return options | {
        "sasl_plain_username": security.kafka_sasl_username,
        "sasl_plain_password": password.get_secret_value() if password else None,
    }


def setting_problems(error: ValidationError) -> list[str]:
    """Return each invalid variable and what it may contain, but never its value, which may be a secret."""
    return [
        f"{PREFIX}{str(details['loc'][0]).upper()}: {details['msg']}"
        if details["loc"]
        else details["msg"].removeprefix("Value error, ")
        for details in error.errors(include_url=False, include_input=False, include_context=False)
    ]
