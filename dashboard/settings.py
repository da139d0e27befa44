"""The settings of the dashboard: one frozen object, read once from the environment and passed in."""

import ipaddress
from typing import Annotated, Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboard.errors import RefusedToStart

SHORTEST_TOKEN: Final = 16
PLACEHOLDER: Final = "CHANGEME"


class DashboardSettings(BaseSettings):
    """Settings of the dashboard; `.env.example` explains each variable."""

    model_config = SettingsConfigDict(
        env_prefix="CONVOSTREAM_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    dashboard_host: str = "127.0.0.1"
    dashboard_port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    dashboard_token: SecretStr = SecretStr("")
    dashboard_allowed_hosts: str = ""
    dashboard_trusted_proxies: str = ""
    dashboard_admin_token: SecretStr = SecretStr("")
    clickhouse_url: SecretStr = SecretStr("http://writer:password@localhost:8123/convostream")
    clickhouse_reader_url: SecretStr = SecretStr("http://reader:password@localhost:8123/convostream")

    @property
    def token(self) -> str:
        """The token, or an empty string when no token is required."""
        return self.dashboard_token.get_secret_value().strip()

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The accepted host names besides localhost's own, in lower case."""
        return frozenset(name.rstrip(".") for name in _listed(self.dashboard_allowed_hosts.lower()))

    @property
    def trusted_proxies(self) -> list[str]:
        """The addresses and networks whose X-Forwarded headers are trusted."""
        return _listed(self.dashboard_trusted_proxies)

    @property
    def admin_token(self) -> str:
        """The token for erasing and exporting, or an empty string when both are off."""
        return self.dashboard_admin_token.get_secret_value().strip()


def _listed(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback address."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_exposure(settings: DashboardSettings) -> None:
    """Raise RefusedToStart when the data would be exposed to a network or protected by a weak token."""
    _check_token(settings)
    _check_names(settings)
    if not settings.token and not is_loopback(settings.dashboard_host):
        raise RefusedToStart(
            f"CONVOSTREAM_DASHBOARD_HOST is {settings.dashboard_host!r}, which is reachable from other machines, and "
            "there is no token: set CONVOSTREAM_DASHBOARD_TOKEN to a long random text, or listen on 127.0.0.1"
        )


def _check_token(settings: DashboardSettings) -> None:
    token = settings.token
    if not token and not settings.dashboard_token.get_secret_value():
        return
    if len(token) < SHORTEST_TOKEN or PLACEHOLDER in token.upper() or not (token.isascii() and token.isprintable()):
        raise RefusedToStart(
            f"CONVOSTREAM_DASHBOARD_TOKEN must be a random text of at least {SHORTEST_TOKEN} printable ASCII "
            f"characters, and not {PLACEHOLDER}; create one with `openssl rand -hex 24`"
        )


def _check_names(settings: DashboardSettings) -> None:
    for name in settings.allowed_hosts:
        if any(mark in name for mark in "*/@ ") or (":" in name and not _is_address(name)):
            raise RefusedToStart(
                "CONVOSTREAM_DASHBOARD_ALLOWED_HOSTS contains an invalid host; allowed are names and addresses "
                "without scheme, port or wildcard, separated by commas"
            )
    for network in settings.trusted_proxies:
        if not _is_address(network):
            raise RefusedToStart(
                "CONVOSTREAM_DASHBOARD_TRUSTED_PROXIES contains an invalid address; allowed are IP addresses "
                "and networks like 10.0.0.0/8, separated by commas"
            )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
