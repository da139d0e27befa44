"""The process of the engine and its HTTP server; `launcher.py` starts it and sends its configuration to stdin."""

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web

from deploy.embedded.clickhouse.access.passwords import PasswordHash
from deploy.embedded.clickhouse.access.users import Users
from deploy.embedded.clickhouse.confinement import confine
from deploy.embedded.clickhouse.disk import Disk
from deploy.embedded.clickhouse.engine import Engine
from deploy.embedded.clickhouse.http.admission import listen
from deploy.embedded.clickhouse.http.front import Front
from deploy.embedded.clickhouse.launcher import RESTART
from deploy.embedded.errors import DiskWasFull
from deploy.embedded.settings import FrontSettings

_logger = logging.getLogger(__name__)
_GRACE_SECONDS = 2


def main() -> int:
    """Serve until SIGINT or SIGTERM, then close the engine; return the exit code."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    task = json.load(sys.stdin)
    directory = Path(task["directory"])
    confine([directory / "clickhouse", directory / "tmp", directory / "backups"], task["port"])
    users = Users({name: PasswordHash(**hashed) for name, hashed in task["users"].items()})
    disk = Disk(directory / "clickhouse")
    engine = Engine(directory, users, disk)
    try:
        front = Front(engine, users, FrontSettings(**task["front"]))
        asyncio.run(_serve(front, engine, task["host"], task["port"]))
    except DiskWasFull as reason:
        _logger.warning("%s", reason)
        return RESTART
    finally:
        disk.stop()
        engine.close()
    return 0


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
        raise DiskWasFull("the disk was full: the engine restarts and checks its parts")


if __name__ == "__main__":
    sys.exit(main())
