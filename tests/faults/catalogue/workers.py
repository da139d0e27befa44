"""Faults of workers: killed, stopped, paused beyond their session timeout, added and removed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.embedded.stack.processes import Process
from tests.faults.catalogue.kinds import FaultKind
from tests.faults.fault_stack import SESSION_SECONDS, FaultStack

CHURNS = 5
MOST_WORKERS = 4


def _one(stack: FaultStack) -> Process:
    return stack.chance.choice(stack.workers.running)


@contextmanager
def _killed(stack: FaultStack) -> Iterator[None]:
    worker = _one(stack)
    stack.workers.kill(worker)
    yield
    stack.workers.start(worker)


@contextmanager
def _killed_in_an_insert(stack: FaultStack) -> Iterator[None]:
    worker = _one(stack)
    stack.clickhouse.insert_seen.clear()
    stack.clickhouse.insert_seen.wait(3)
    time.sleep(stack.chance.uniform(0, 0.06))
    stack.workers.kill(worker)
    yield
    stack.workers.start(worker)


@contextmanager
def _all_killed(stack: FaultStack) -> Iterator[None]:
    workers = stack.workers.running
    for worker in workers:
        stack.workers.kill(worker)
    yield
    for worker in workers:
        stack.workers.start(worker)


@contextmanager
def _stopped(stack: FaultStack) -> Iterator[None]:
    worker = _one(stack)
    stack.workers.remove(worker)
    yield
    stack.workers.start(worker)


@contextmanager
def _paused(stack: FaultStack) -> Iterator[None]:
    worker = _one(stack)
    worker.pause()
    yield
    worker.resume()


@contextmanager
def _added_and_removed(stack: FaultStack) -> Iterator[None]:
    """Rebalance several times, often before the previous rebalance has finished."""
    for _ in range(CHURNS):
        running = stack.workers.running
        if len(running) < 2 or (len(running) < MOST_WORKERS and stack.chance.random() < 0.5):
            stack.workers.add()
        else:
            stack.workers.remove(_one(stack))
        time.sleep(stack.chance.uniform(0.2, 4))
    yield


ADDED_AND_REMOVED = FaultKind("workers added and removed", "workers", _added_and_removed, (0, 0), weight=3)
KINDS = (
    FaultKind("worker killed", "workers", _killed, recovers_from_start=True, weight=3),
    FaultKind("worker killed in an insert", "workers", _killed_in_an_insert, recovers_from_start=True, weight=3),
    FaultKind("all workers killed", "workers", _all_killed),
    FaultKind("worker stopped", "workers", _stopped),
    FaultKind(
        "worker paused beyond its session", "workers", _paused, (SESSION_SECONDS + 1, SESSION_SECONDS + 4), weight=3
    ),
    ADDED_AND_REMOVED,
)
