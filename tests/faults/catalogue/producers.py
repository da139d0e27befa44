"""Faults of producers: a hostile one that forges timestamps, headers, partitions and sizes."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import orjson
from aiokafka import AIOKafkaProducer

from tests.faults.catalogue.kinds import FaultKind
from tests.faults.fault_stack import FaultStack
from tests.faults.log import FEWEST_PARTITIONS
from tests.oracle import Sent
from tests.support.strategies.random_events import generate

CONVERSATIONS: Final = 60
MONTH_MS: Final = 30 * 24 * 3_600_000
EARLIEST_MS: Final = 946_684_800_000
LARGEST_VALUE: Final = 1024**2

Headers = list[tuple[str, bytes]]


@contextmanager
def _hostile(stack: FaultStack) -> Iterator[None]:
    """Send records of 300 months with forged timestamps and headers to any partition."""
    now = int(time.time() * 1000)
    records = generate(stack.chance.randrange(10**6), CONVERSATIONS, agent_ids=["faulty-0"], now=now, bad_percent=10)
    asyncio.run(_send(stack, [*records, _large(stack)], now))
    yield


def _large(stack: FaultStack) -> Sent:
    """Return a valid event of the largest size, which workers have to reroute from most partitions."""
    number = stack.chance.randrange(10**12)
    fields = {
        "event_id": f"00000000-0000-4000-8000-{number:012}",
        "type": "message",
        "sender": "end_user",
        "agent_id": "faulty-0",
        "conversation_id": f"large-{number}",
        "occurred_at": "2026-01-01T00:00:00Z",
        "content": "",
    }
    content = "x" * (LARGEST_VALUE - len(orjson.dumps(fields)))
    return Sent("faulty-0", f"large-{number}", orjson.dumps({**fields, "content": content}))


async def _send(stack: FaultStack, records: Sequence[Sent], now: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.bootstrap, max_request_size=2 * LARGEST_VALUE)
    await producer.start()
    try:
        for each in records:
            partition = stack.chance.randrange(FEWEST_PARTITIONS) if stack.chance.randrange(3) == 0 else None
            at = _time(stack, now)
            await producer.send(stack.topic, each.value, each.key, partition, at, _headers(stack, now))
    finally:
        await producer.stop()


def _time(stack: FaultStack, now: int) -> int:
    """Return a timestamp since 2000, or an impossible one; Apache Kafka rejects those of the far future."""
    impossible = (0, now // 1000, 10**13) if stack.broker_kind == "embedded" else (0, now // 1000)
    months = range(EARLIEST_MS, now, MONTH_MS)
    return int(stack.chance.choice((stack.chance.choice(months), stack.chance.choice(months), *impossible, now)))


def _headers(stack: FaultStack, now: int) -> Headers:
    """Return forged headers of our own names."""
    place = f"{stack.chance.randrange(4)}:{stack.chance.randrange(500)}"
    forged: list[Headers] = [
        [],
        [("convostream-received-at", b"9999999999999999"), ("convostream-origin", b"agent-events:1:99999999")],
        [("convostream-received-at", str(_time(stack, now)).encode())],
        [("convostream-origin", f"{stack.topic}:{place}".encode())],
        [("convostream-dead-letter", f"{stack.topic}:{place.replace(':', ':1:')}".encode())],
        [("convostream-origin", b"\xff\x00"), ("convostream-dead-letter", b"")],
    ]
    return stack.chance.choice(forged)


KINDS = (FaultKind("hostile producer", "broker", _hostile, (0, 1)),)
