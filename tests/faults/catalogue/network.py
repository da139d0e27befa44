"""Faults of the network between the workers and the servers, and false ClickHouse answers sent by a proxy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.faults.catalogue.kinds import Block, FaultKind
from tests.faults.fault_stack import CLICKHOUSE_TIMEOUT_SECONDS, SESSION_SECONDS, FaultStack
from tests.faults.proxy import Proxy
from tests.faults.proxy_behaviour import OPEN, Behaviour, refusal

REFUSALS = {
    "too many parts": refusal(252, "TOO_MANY_PARTS"),
    "memory limit": refusal(241, "MEMORY_LIMIT_EXCEEDED"),
    "time-out": refusal(159, "TIMEOUT_EXCEEDED"),
}


def _to_clickhouse(stack: FaultStack) -> Proxy:
    return stack.clickhouse


def _to_broker(stack: FaultStack) -> Proxy:
    return stack.kafka


def _with_behaviour(proxy_of: Callable[[FaultStack], Proxy], behaviour: Behaviour) -> Block:
    @contextmanager
    def block(stack: FaultStack) -> Iterator[None]:
        proxy_of(stack).behave(behaviour)
        yield
        proxy_of(stack).behave(OPEN)

    return block


def _with_resets(proxy_of: Callable[[FaultStack], Proxy], percent: int) -> Block:
    @contextmanager
    def block(stack: FaultStack) -> Iterator[None]:
        proxy_of(stack).behave(Behaviour(reset_percent=percent, chance=stack.chance))
        yield
        proxy_of(stack).behave(OPEN)

    return block


KINDS = (
    FaultKind(
        "network to ClickHouse cut", "clickhouse", _with_behaviour(_to_clickhouse, Behaviour(refuses=True)), (1, 6)
    ),
    FaultKind(
        "network to ClickHouse hangs",
        "clickhouse",
        _with_behaviour(_to_clickhouse, Behaviour(hangs=True)),
        (1, CLICKHOUSE_TIMEOUT_SECONDS + 3),
    ),
    FaultKind(
        "network to ClickHouse slow",
        "clickhouse",
        _with_behaviour(_to_clickhouse, Behaviour(bytes_per_second=40_000)),
        (3, 6),
    ),
    FaultKind("network to ClickHouse reset in bodies", "clickhouse", _with_resets(_to_clickhouse, 30), (3, 6)),
    FaultKind(
        "answers of inserts lost",
        "clickhouse",
        _with_behaviour(_to_clickhouse, Behaviour(answer=b"")),
        (1, 4),
        weight=4,
    ),
    *(
        FaultKind(
            f"ClickHouse says {name} {'after' if asks else 'instead of'} an insert",
            "clickhouse",
            _with_behaviour(_to_clickhouse, Behaviour(answer=answer, asks_server=asks)),
            (1, 3),
            weight=1,
        )
        for name, answer in REFUSALS.items()
        for asks in (True, False)
    ),
    FaultKind(
        "network to the broker cut",
        "broker",
        _with_behaviour(_to_broker, Behaviour(refuses=True)),
        (1, SESSION_SECONDS + 3),
    ),
    FaultKind(
        "network to the broker hangs",
        "broker",
        _with_behaviour(_to_broker, Behaviour(hangs=True)),
        (1, SESSION_SECONDS + 3),
    ),
    FaultKind(
        "network to the broker slow", "broker", _with_behaviour(_to_broker, Behaviour(bytes_per_second=20_000)), (3, 6)
    ),
    FaultKind("network to the broker reset in bodies", "broker", _with_resets(_to_broker, 10), (3, 6)),
)
