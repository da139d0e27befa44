"""`python -m deploy.embedded clickhouse`: the engine and its front in the foreground."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from deploy.embedded.addresses import free_port
from deploy.embedded.connections import listen
from deploy.embedded.disk import Disk
from deploy.embedded.engine import Engine
from deploy.embedded.errors import DiskWasFull
from deploy.embedded.front import Front
from deploy.embedded.ownership import Ownership
from deploy.embedded.passwords import passwords
from deploy.embedded.settings import FrontSettings
from deploy.embedded.users import Users

_logger = logging.getLogger(__name__)
_GRACE_SECONDS = 2


def serve(host: str, port: int, directory: Path) -> None:
    """Serves until SIGINT or SIGTERM, then closes the engine; begins anew by itself after the disk was full."""
    port = free_port() if port == 0 else port
    try:
        _serve_once(host, port, directory)
    except DiskWasFull as reason:
        _logger.warning("%s", reason)
        again = ["-m", "deploy.embedded", "clickhouse", "--host", host, "--port", str(port)]
        os.execv(sys.executable, [sys.executable, *again, "--data-directory", str(directory)])  # noqa: S606 - ourselves


def _serve_once(host: str, port: int, directory: Path) -> None:
    with Ownership(directory) as ownership:
        if ownership.was_unclean:
            _logger.warning("the engine was not stopped in order the last time: %s", directory)
        users = Users(passwords(directory))
        disk = Disk(directory)
        engine = Engine(directory, users, disk)
        try:
            asyncio.run(_serve(Front(engine, users, FrontSettings()), engine, host, port))
        finally:
            disk.stop()
            engine.close()


async def _serve(front: Front, engine: Engine, host: str, port: int) -> None:
    stopped, signalled = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        signalled.set()
        stopped.set()

    engine.disk.watch(lambda: loop.call_soon_threadsafe(stopped.set))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    server = front.server()
    runner = web.ServerRunner(server, shutdown_timeout=2 * _GRACE_SECONDS)
    await runner.setup()
    with listen(host, port) as listening:
        accepting = asyncio.create_task(server.accept(listening))
        accepting.add_done_callback(lambda _: stopped.set())
        print(f"ready http://{host}:{port}", flush=True)
        await stopped.wait()
        accepting.cancel()
    cancelling = loop.call_later(_GRACE_SECONDS, engine.cancel_all)
    await runner.cleanup()
    cancelling.cancel()
    front.stop()
    if not signalled.is_set():
        raise DiskWasFull("the disk was full: the engine starts anew and looks its parts over")
