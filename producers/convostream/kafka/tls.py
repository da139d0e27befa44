"""The TLS context of a connection to Kafka: trusted certificates, and the client's own.

OpenSSL's errors name no file and often no reason, and it asks the terminal for the password of a key. Files are
therefore checked one by one first; every error names the setting, the file and what to do.
"""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from convostream.errors import InvalidSettings
from convostream.kafka.security import PREFIX, KafkaSecurity

_CAFILE: Final = f"{PREFIX}KAFKA_SSL_CAFILE"
_CERTFILE: Final = f"{PREFIX}KAFKA_SSL_CERTFILE"
_KEYFILE: Final = f"{PREFIX}KAFKA_SSL_KEYFILE"
_KEY_PASSWORD: Final = f"{PREFIX}KAFKA_SSL_KEY_PASSWORD"
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"

# ASN.1: the version of a certificate, which may be absent; and the older of the two spellings of a time.
_VERSION_TAG: Final = 0xA0
_UTC_TIME: Final = 0x17


def ssl_context(security: KafkaSecurity) -> ssl.SSLContext:
    """Return the TLS context; raises InvalidSettings if a file cannot be used."""
    cafile = security.kafka_ssl_cafile
    if cafile is not None:
        _check_certificate(_CAFILE, cafile)
    context = ssl.create_default_context(cafile=cafile)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = security.kafka_ssl_check_hostname
    if security.kafka_ssl_certfile is not None:
        _load_client_certificate(context, security, security.kafka_ssl_certfile)
    return context


def _load_client_certificate(context: ssl.SSLContext, security: KafkaSecurity, certfile: Path) -> None:
    _check_certificate(_CERTFILE, certfile)
    setting, keyfile = _KEYFILE, security.kafka_ssl_keyfile
    if keyfile is None:
        setting, keyfile = _CERTFILE, certfile
    if "PRIVATE KEY-----" not in _read(setting, keyfile):
        raise InvalidSettings(
            f"{setting}: {keyfile} holds no private key in PEM form; set {_KEYFILE} to the key's file"
        )
    try:
        context.load_cert_chain(certfile, keyfile, lambda: _key_password(security, keyfile))
    except ssl.SSLError as error:
        raise InvalidSettings(_reason(error, security, certfile, keyfile)) from None


def _key_password(security: KafkaSecurity, keyfile: Path) -> str:
    """Return the password of an encrypted key; OpenSSL would ask the terminal for one that is not set."""
    if security.kafka_ssl_key_password is None:
        raise InvalidSettings(f"{_KEY_PASSWORD}: is not set, and the key in {keyfile} is encrypted: set its password")
    return security.kafka_ssl_key_password.get_secret_value()


def _reason(error: ssl.SSLError, security: KafkaSecurity, certfile: Path, keyfile: Path) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{_KEYFILE}: the key in {keyfile} is not that of the certificate in {certfile}; name its own"
    if "ENCRYPTED" in _read(_KEYFILE, keyfile):
        return f"{_KEY_PASSWORD}: does not open the key in {keyfile}; set the password that it was encrypted with"
    return f"{_KEYFILE}: the key in {keyfile} or the certificate in {certfile} cannot be read ({error.reason})"


def _check_certificate(setting: str, path: Path) -> None:
    """Refuse a file without a certificate, or whose certificates have all expired (of a client: the first one)."""
    text = _read(setting, path)
    blocks = [block.partition(_END)[0] for block in text.split(_BEGIN)[1:]]
    if not blocks:
        raise InvalidSettings(f"{setting}: {path} holds no certificate in PEM form (a block {_BEGIN})")
    try:
        expiries = [_expiry(ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{block}{_END}")) for block in blocks]
        ssl.create_default_context(cadata=text)
    except (ValueError, IndexError, ssl.SSLError):
        raise InvalidSettings(f"{setting}: {path} contains a corrupt certificate; copy it again") from None
    expiry = max(expiries) if setting == _CAFILE else expiries[0]
    if expiry < datetime.now(UTC):
        raise InvalidSettings(f"{setting}: the certificate in {path} expired on {expiry:%Y-%m-%d}; get a new one")


def _read(setting: str, path: Path) -> str:
    try:
        return path.read_text(encoding="latin-1")
    except FileNotFoundError:
        raise InvalidSettings(f"{setting}: there is no file {path}; name a PEM file") from None
    except OSError as error:
        raise InvalidSettings(f"{setting}: {path} cannot be read ({error.strerror}); name a PEM file") from None


def _expiry(certificate: bytes) -> datetime:
    """Return when a certificate in DER form expires (RFC 5280, section 4.1); Python has no function for it."""
    parts = _children(_children(certificate)[0][1])
    fields = [content for tag, content in _children(parts[0][1]) if tag != _VERSION_TAG]
    _, (tag, text) = _children(fields[3])  # serial number, signature, issuer, validity: from and until
    century = ("20" if text < b"5" else "19") if tag == _UTC_TIME else ""
    return datetime.strptime(century + text.decode("ascii"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """Return tag and content of each element of a DER sequence's content."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        found.append((tag, data[at : at + length]))
        at += length
    return found
