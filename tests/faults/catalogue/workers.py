"""Faults of workers: killed, stopped, paused beyond their session, added and removed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.embedded.stack.processes import Process
from tests.faults.catalogue.kinds import Kind
from tests.faults.site import SESSION_SECONDS, Site

CHURNS = 5
MOST_WORKERS = 4


def _one(site: Site) -> Process:
    return site.chance.choice(site.workers.running)


@contextmanager
def _killed(site: Site) -> Iterator[None]:
    worker = _one(site)
    site.workers.kill(worker)
    yield
    site.workers.start(worker)


@contextmanager
def _killed_in_an_insert(site: Site) -> Iterator[None]:
    worker = _one(site)
    site.clickhouse.insert_seen.clear()
    site.clickhouse.insert_seen.wait(3)
    time.sleep(site.chance.uniform(0, 0.06))
    site.workers.kill(worker)
    yield
    site.workers.start(worker)


@contextmanager
def _all_killed(site: Site) -> Iterator[None]:
    workers = site.workers.running
    for worker in workers:
        site.workers.kill(worker)
    yield
    for worker in workers:
        site.workers.start(worker)


@contextmanager
def _stopped(site: Site) -> Iterator[None]:
    worker = _one(site)
    site.workers.remove(worker)
    yield
    site.workers.start(worker)


@contextmanager
def _paused(site: Site) -> Iterator[None]:
    worker = _one(site)
    worker.pause()
    yield
    worker.resume()


@contextmanager
def _added_and_removed(site: Site) -> Iterator[None]:
    """Rebalances one after the other, the next often before the last one is through."""
    for _ in range(CHURNS):
        running = site.workers.running
        if len(running) < 2 or (len(running) < MOST_WORKERS and site.chance.random() < 0.5):
            site.workers.add()
        else:
            site.workers.remove(_one(site))
        time.sleep(site.chance.uniform(0.2, 4))
    yield


ADDED_AND_REMOVED = Kind("workers added and removed", "workers", _added_and_removed, (0, 0), weight=3)
KINDS = (
    Kind("worker killed", "workers", _killed, from_strike=True, weight=3),
    Kind("worker killed in an insert", "workers", _killed_in_an_insert, from_strike=True, weight=3),
    Kind("all workers killed", "workers", _all_killed),
    Kind("worker stopped", "workers", _stopped),
    Kind("worker paused beyond its session", "workers", _paused, (SESSION_SECONDS + 1, SESSION_SECONDS + 4), weight=3),
    ADDED_AND_REMOVED,
)
