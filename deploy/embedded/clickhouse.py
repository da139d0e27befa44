"""`python -m deploy.embedded clickhouse`: the engine and its front in the foreground."""

import asyncio
import signal
from pathlib import Path

from aiohttp import web

from deploy.embedded.engine import Engine
from deploy.embedded.front import Front
from deploy.embedded.users import Users


def serve(host: str, port: int, directory: Path) -> None:
    """Serves until SIGINT or SIGTERM, then closes the engine."""
    users = Users()
    engine = Engine(directory, users)
    try:
        asyncio.run(_serve(Front(engine, users), host, port))
    finally:
        engine.close()


async def _serve(front: Front, host: str, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    runner = web.AppRunner(front.application(), access_log=None, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, host, port, shutdown_timeout=5)
    await site.start()
    bound = runner.addresses[0][1]
    print(f"ready http://{host}:{bound}", flush=True)
    await stopped.wait()
    await runner.cleanup()
