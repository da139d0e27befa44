"""`python -m deploy.embedded clickhouse`: the engine and its front in the foreground."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Any

from aiohttp import web

from deploy.embedded.engine import Engine
from deploy.embedded.front import Front
from deploy.embedded.ownership import Ownership
from deploy.embedded.passwords import passwords
from deploy.embedded.users import Users

_logger = logging.getLogger(__name__)
_GRACE_SECONDS = 2
_SERVER: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,  # the front knows more encodings
    "keepalive_timeout": 3600,  # clients keep their connections; closing one may meet a request on its way
    "max_line_size": 1024**2,  # ClickHouse's http_max_uri_size
    "max_field_size": 128 * 1024,  # ClickHouse's http_max_field_value_size
    "read_bufsize": 4 * 1024**2,
    "shutdown_timeout": 2 * _GRACE_SECONDS,
}


def serve(host: str, port: int, directory: Path) -> None:
    """Serves until SIGINT or SIGTERM, then closes the engine."""
    with Ownership(directory) as ownership:
        if ownership.was_unclean:
            _logger.warning("the engine was not stopped in order the last time: %s", directory)
        users = Users(passwords(directory))
        engine = Engine(directory, users)
        try:
            asyncio.run(_serve(Front(engine, users), engine, host, port))
        finally:
            engine.close()


async def _serve(front: Front, engine: Engine, host: str, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    runner = web.AppRunner(front.application(), **_SERVER)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    print(f"ready http://{host}:{runner.addresses[0][1]}", flush=True)
    await stopped.wait()
    cancelling = asyncio.get_running_loop().call_later(_GRACE_SECONDS, engine.cancel_all)
    await runner.cleanup()
    cancelling.cancel()
    front.stop()
