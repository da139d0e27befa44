"""The address of ClickHouse: one form of URL for every program, and the arguments of the client that it stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from sql.errors import AddressError

ALLOWED: Final = "http://user:password@host:8123/database (or https://)"

# TLS options after a question mark, with the names that the client gives them.
TLS_OPTIONS: Final = ("verify", "ca_cert", "client_cert", "client_cert_key", "server_host_name")


@dataclass(frozen=True, slots=True)
class Address:
    """Host, port and user of ClickHouse, the name of the database, and TLS options by name."""

    secure: bool
    host: str
    port: int
    username: str
    password: str = field(repr=False)
    database: str
    tls: Mapping[str, str | bool] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the address without its password and its TLS options."""
        return f"{self.scheme}://{self.username}@{self.netloc}/{self.database}"

    @property
    def scheme(self) -> str:
        """The protocol: http or https."""
        return "https" if self.secure else "http"

    @property
    def netloc(self) -> str:
        """Host and port, as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def server_url(self) -> str:
        """The URL of the server with user and password, for programs such as curl."""
        login = ":".join(quote(text, safe="") for text in (self.username, self.password))
        return f"{self.scheme}://{login}@{self.netloc}/"

    @property
    def server(self) -> dict[str, Any]:
        """The arguments of a client that names no database, because it may not exist yet."""
        return {
            "interface": self.scheme,
            "host": self.host,
            "port": self.port,
            "username": self.username,
            "password": self.password,
            **self.tls,
        }

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of a client of the database."""
        return {**self.server, "database": self.database}


def parse_address(text: str, setting: str = "CONVOSTREAM_CLICKHOUSE_URL", username: str = "default") -> Address:
    """Parse the value of a setting; `username` is for an address without one.

    Raises AddressError, which never shows the password.
    """
    try:
        parts = urlsplit(text)
        port, options = parts.port, dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:  # its text may show a part of the password
        raise AddressError(f"{setting} is not a valid URL; allowed is {ALLOWED}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressError(f"{setting} names no http host; allowed is {ALLOWED}")
    database = unquote(parts.path.strip("/")) or "convostream"
    if not database.isidentifier():
        raise AddressError(
            f"{setting} names no database of letters, digits and _; in a password, write / as %2F and @ as %40"
        )
    secure = parts.scheme == "https"
    return Address(
        secure,
        parts.hostname,
        port or (8443 if secure else 8123),
        unquote(parts.username or username),
        unquote(parts.password or ""),
        database,
        _tls(options, setting),
    )


def _tls(options: Mapping[str, str], setting: str) -> dict[str, str | bool]:
    for name in options:
        if name not in TLS_OPTIONS:
            raise AddressError(f"{setting} has an unknown option {name!r}; allowed are {', '.join(TLS_OPTIONS)}")
    verify = options.get("verify", "true").lower()
    if verify not in ("true", "false"):
        raise AddressError(f"{setting}: verify is true or false")
    return {**options, "verify": verify == "true"} if "verify" in options else dict(options)
