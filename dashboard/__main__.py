"""`python -m dashboard`: serve the metrics and the page until Ctrl-C."""

import logging
import socket
import sys
from contextlib import suppress

import click
import uvicorn
from pydantic import ValidationError

from dashboard.app import create_app
from dashboard.errors import DashboardError
from dashboard.protection.connections import HEAD_BYTES, BoundedConnection, allow_connections
from dashboard.settings import DashboardSettings

GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 15


class Server(uvicorn.Server):
    """A server that prints its address after the start and ends live streams when it stops."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen and print the address."""
        await super().startup(sockets)
        if not self.should_exit:
            port = self.servers[0].sockets[0].getsockname()[1]
            click.echo(f"The dashboard is at http://{_url_host(self.config.host)}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams, then wait for running requests."""
        self.config.app.state.feed.stopping.set()  # type: ignore[union-attr]  # the app of main
        await super().shutdown(sockets)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Serve the metrics over HTTP, and the page that shows them, until Ctrl-C.

    CONVOSTREAM_CLICKHOUSE_READER_URL is the address of ClickHouse. CONVOSTREAM_DASHBOARD_HOST and _PORT set the
    address to listen on (http://127.0.0.1:8080). Any address but loopback needs CONVOSTREAM_DASHBOARD_TOKEN.
    docs/api.md describes the API.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    try:
        settings = DashboardSettings()
        app = create_app(settings)
    except (DashboardError, ValidationError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    allow_connections()
    with suppress(KeyboardInterrupt):  # uvicorn raises Ctrl-C again after it has stopped
        Server(
            uvicorn.Config(
                app,
                host=settings.dashboard_host,
                port=settings.dashboard_port,
                http=BoundedConnection,
                ws="none",
                h11_max_incomplete_event_size=HEAD_BYTES,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies,
                # At lower levels uvicorn logs a line for each malformed request.
                log_level="error",
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        ).run()


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    main()
