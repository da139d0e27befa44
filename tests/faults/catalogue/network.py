"""Faults of the network between the workers and the servers, and answers of ClickHouse that a proxy makes up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.faults.behaviour import OPEN, Behaviour, refusal
from tests.faults.catalogue.kinds import Block, Kind
from tests.faults.proxy import Proxy
from tests.faults.site import CLICKHOUSE_TIMEOUT_SECONDS, SESSION_SECONDS, Site

REFUSALS = {
    "too many parts": refusal(252, "TOO_MANY_PARTS"),
    "memory limit": refusal(241, "MEMORY_LIMIT_EXCEEDED"),
    "time-out": refusal(159, "TIMEOUT_EXCEEDED"),
}


def _to_clickhouse(site: Site) -> Proxy:
    return site.clickhouse


def _to_broker(site: Site) -> Proxy:
    return site.kafka


def _behaving(proxy_of: Callable[[Site], Proxy], behaviour: Behaviour) -> Block:
    @contextmanager
    def block(site: Site) -> Iterator[None]:
        proxy_of(site).behave(behaviour)
        yield
        proxy_of(site).behave(OPEN)

    return block


def _resetting(proxy_of: Callable[[Site], Proxy], percent: int) -> Block:
    @contextmanager
    def block(site: Site) -> Iterator[None]:
        proxy_of(site).behave(Behaviour(reset_percent=percent, chance=site.chance))
        yield
        proxy_of(site).behave(OPEN)

    return block


KINDS = (
    Kind("network to ClickHouse cut", "clickhouse", _behaving(_to_clickhouse, Behaviour(refuses=True)), (1, 6)),
    Kind(
        "network to ClickHouse hangs",
        "clickhouse",
        _behaving(_to_clickhouse, Behaviour(hangs=True)),
        (1, CLICKHOUSE_TIMEOUT_SECONDS + 3),
    ),
    Kind(
        "network to ClickHouse slow",
        "clickhouse",
        _behaving(_to_clickhouse, Behaviour(bytes_per_second=40_000)),
        (3, 6),
    ),
    Kind("network to ClickHouse reset in bodies", "clickhouse", _resetting(_to_clickhouse, 30), (3, 6)),
    Kind("answers of inserts lost", "clickhouse", _behaving(_to_clickhouse, Behaviour(answer=b"")), (1, 4), weight=4),
    *(
        Kind(
            f"ClickHouse says {name} {'after' if asks else 'instead of'} an insert",
            "clickhouse",
            _behaving(_to_clickhouse, Behaviour(answer=answer, asks_server=asks)),
            (1, 3),
            weight=1,
        )
        for name, answer in REFUSALS.items()
        for asks in (True, False)
    ),
    Kind(
        "network to the broker cut", "broker", _behaving(_to_broker, Behaviour(refuses=True)), (1, SESSION_SECONDS + 3)
    ),
    Kind(
        "network to the broker hangs", "broker", _behaving(_to_broker, Behaviour(hangs=True)), (1, SESSION_SECONDS + 3)
    ),
    Kind("network to the broker slow", "broker", _behaving(_to_broker, Behaviour(bytes_per_second=20_000)), (3, 6)),
    Kind("network to the broker reset in bodies", "broker", _resetting(_to_broker, 10), (3, 6)),
)
