"""The worker process: settings, logs, health port, watchdog, and the app until it is stopped."""

import asyncio
import logging
from functools import partial

import faust

from stream_processors.app import ProcessorApp
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.enrichment.devices import load_parser
from stream_processors.enrichment.policy import make_enrichment
from stream_processors.kafka.light_records import make_light_records
from stream_processors.maintenance.audit_schedule import AuditSchedule
from stream_processors.process.health import Heartbeat, serve_health
from stream_processors.process.identity import make_owner_id
from stream_processors.process.logs import configure_logs
from stream_processors.process.memory import tune_gc
from stream_processors.process.watchdog import watch
from stream_processors.settings import WorkerSettings

HEARTBEAT_SECONDS = 0.5

logger = logging.getLogger(__name__)


def run_worker(settings: WorkerSettings) -> int:
    """Run a worker until SIGTERM or SIGINT; return the exit code."""
    make_light_records()
    configure_logs(settings.log_format, settings.log_level)
    clickhouse = ClickHouse(settings.clickhouse_url.get_secret_value(), settings.clickhouse_timeout_seconds)
    heartbeat = Heartbeat()
    port = serve_health(heartbeat, settings.metrics_host, settings.metrics_port)
    logger.info("metrics and health at http://%s:%d", settings.metrics_host, port)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = ProcessorApp(settings, clickhouse, make_enrichment(settings), make_owner_id())
    watch(heartbeat, lambda: app.ownership.partitions if app.ownership else [], settings.watchdog_seconds)
    load_parser()  # before there is work to wait for it
    tune_gc()
    worker = _Worker(app, loop=loop, redirect_stdouts=False, quiet=True)
    worker.spinner = None  # the logs have the details
    heartbeats = loop.create_task(_send_heartbeats(app, heartbeat), name="heartbeat")
    schedule = AuditSchedule(clickhouse, settings.audit_interval_seconds, partial(_owned, app))
    auditing = loop.create_task(schedule.run(), name="audits")
    try:
        worker.execute_from_commandline()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    finally:
        heartbeats.cancel()
        auditing.cancel()
        clickhouse.close()
    return 0


class _Worker(faust.Worker):
    def _setup_logging(self) -> None:
        """Keep the log configuration."""


def _owned(app: ProcessorApp) -> list[int]:
    return [partition.number for partition in app.ownership.partitions] if app.ownership else []


async def _send_heartbeats(app: ProcessorApp, heartbeat: Heartbeat) -> None:
    while True:
        ownership = app.ownership
        partitions = ownership.partitions if ownership is not None else []
        problems = [f"partition {owned.number} is blocked: {owned.blocked}" for owned in partitions if owned.blocked]
        heartbeat.record(ownership is not None and ownership.is_settled, "; ".join(problems))
        for partition in partitions:
            partition.update_starvation()
        await asyncio.sleep(HEARTBEAT_SECONDS)
