"""Faults of the servers: killed, restarted and paused; and a log that begins anew."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import START_SECONDS
from tests.faults.catalogue.kinds import Kind
from tests.faults.site import CLICKHOUSE_TIMEOUT_SECONDS, SESSION_SECONDS, Site

MOST_REPEATED = 300


def _start(process: Process) -> None:
    process.start()
    process.wait_until_ready(START_SECONDS)


@contextmanager
def _clickhouse_killed(site: Site) -> Iterator[None]:
    site.stack.clickhouse.kill()
    yield
    _start(site.stack.clickhouse)


@contextmanager
def _clickhouse_killed_in_an_insert(site: Site) -> Iterator[None]:
    site.clickhouse.insert_seen.clear()
    site.clickhouse.insert_seen.wait(3)
    time.sleep(site.chance.uniform(0, 0.15))
    site.stack.clickhouse.kill()
    yield
    _start(site.stack.clickhouse)


@contextmanager
def _clickhouse_restarted(site: Site) -> Iterator[None]:
    site.stack.clickhouse.stop()
    yield
    _start(site.stack.clickhouse)


@contextmanager
def _clickhouse_paused(site: Site) -> Iterator[None]:
    site.stack.clickhouse.pause()
    yield
    site.stack.clickhouse.resume()


@contextmanager
def _broker_paused(site: Site) -> Iterator[None]:
    site.broker.pause()
    yield
    site.broker.resume()


@contextmanager
def _broker_killed(site: Site) -> Iterator[None]:
    """Apache Kafka keeps its log; the embedded broker has it in memory alone, so it loses everything."""
    if site.broker_kind == "embedded":
        with _log_begins_anew(site):
            yield
    else:
        site.broker.kill()
        yield
        _start(site.broker)


@contextmanager
def _log_begins_anew(site: Site) -> Iterator[None]:
    site.end_life()
    yield
    site.begin_life(site.chance.randrange(MOST_REPEATED))


@contextmanager
def _log_begins_anew_behind_the_workers(site: Site) -> Iterator[None]:
    """The new log grows while no worker looks, as far as the load goes beyond the places where they stand."""
    frozen = site.workers.running
    ends = site.load.highest()
    site.end_life()
    for worker in frozen:
        worker.pause()
    site.begin_life(MOST_REPEATED)
    site.load.rush_beyond(ends, SESSION_SECONDS / 2)
    yield
    for worker in frozen:
        worker.resume()


@contextmanager
def _partitions_added(site: Site) -> Iterator[None]:
    """Conversations change their partition, those that are under way too; the embedded broker cannot do it."""
    site.add_partitions()
    yield


KINDS = (
    Kind("ClickHouse killed", "clickhouse", _clickhouse_killed, weight=3),
    Kind("ClickHouse killed in an insert", "clickhouse", _clickhouse_killed_in_an_insert, weight=5),
    Kind("ClickHouse restarted", "clickhouse", _clickhouse_restarted),
    Kind("ClickHouse paused", "clickhouse", _clickhouse_paused, (1, CLICKHOUSE_TIMEOUT_SECONDS + 4)),
    Kind("broker paused", "broker", _broker_paused, (1, SESSION_SECONDS + 3)),
    Kind("broker killed", "broker", _broker_killed, weight=3),
    Kind("partitions added", "broker", _partitions_added, (0, 1), from_strike=True, needs_kafka=True),
    Kind("log made anew", "broker", _log_begins_anew, weight=1),
    Kind("log made anew, workers paused", "broker", _log_begins_anew_behind_the_workers, (0, 4)),
)
