"""The settings of the dashboard: one frozen object, read once from the environment and passed in."""

import ipaddress
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboard.errors import RefusedToStart


class DashboardSettings(BaseSettings):
    """What the dashboard can be told; `.env.example` at the root explains each variable."""

    model_config = SettingsConfigDict(env_prefix="CONVOSTREAM_", frozen=True, extra="ignore", env_ignore_empty=True)

    dashboard_host: str = "127.0.0.1"
    dashboard_port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    dashboard_token: SecretStr = SecretStr("")
    clickhouse_reader_url: SecretStr = SecretStr("http://reader:password@localhost:8123/convostream")

    @property
    def token(self) -> str:
        """The token, or an empty text when none is asked for."""
        return self.dashboard_token.get_secret_value().strip()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_exposure(settings: DashboardSettings) -> None:
    """Raises RefusedToStart when the data would be open to a network without a token."""
    if not settings.token and not is_loopback(settings.dashboard_host):
        raise RefusedToStart(
            f"CONVOSTREAM_DASHBOARD_HOST is {settings.dashboard_host!r}, which is reachable from other machines, and "
            "there is no token: set CONVOSTREAM_DASHBOARD_TOKEN to a long random text, or listen on 127.0.0.1"
        )
