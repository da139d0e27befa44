"""What a send of confluent-kafka and of aiokafka costs its caller, beside the tracking calls of the SDK.

Neither can begin without a broker (aiokafka's start raises), so each begins with one that answers, which is then
killed (down) or stopped in its tracks (hung). What is sent is ready: making and checking an event, which a tracking
call does as well, is not in these figures. A call that takes longer than a second is cancelled and counts as refused.
"""

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer

from benchmarks.scenarios import emit

State: TypeAlias = Literal["up", "down", "hung"]
STATES: Final[tuple[State, ...]] = ("up", "down", "hung")
MANNERS: Final = (("burst", False), ("paced", True))
TOPIC: Final = "agent-events"
VALUE: Final = b"x" * 350
LONGEST_CALL_SECONDS: Final = 1.0
LONGEST_RUN_SECONDS: Final = 5.0
Break: TypeAlias = Callable[[], None]


def measure_client_sends(calls: int) -> Sequence[emit.Row]:
    """Measure both clients in every state and manner."""
    rows = []
    for client in (_confluent_kafka, _aiokafka):
        for state in STATES:
            for manner, paced in MANNERS:
                with emit.broker_process() as (address, broker):
                    costs, refused = client(address, lambda: _break(broker, state), paced, calls)  # noqa: B023  (used at once)
                name = client.__name__.strip("_").replace("_", "-")
                rows.append(emit.row_of(f"{name}: {state}, {manner}", costs, refused))
    return rows


def _break(broker: "subprocess.Popen[bytes]", state: State) -> None:
    if state != "up":
        broker.send_signal(signal.SIGKILL if state == "down" else signal.SIGSTOP)
        time.sleep(0.2)


def _confluent_kafka(address: str, break_broker: Break, paced: bool, calls: int) -> tuple[list[int], int]:
    """Its docs: produce() puts the message into a queue, poll(0) serves callbacks."""
    producer = Producer({"bootstrap.servers": address, "log_level": 0})
    producer.produce(TOPIC, VALUE, b"first")
    producer.flush(10)
    break_broker()
    costs: list[int] = []
    refused, end = 0, time.monotonic() + LONGEST_RUN_SECONDS
    while len(costs) < calls and time.monotonic() < end:
        time.sleep(emit.PACE_SECONDS if paced else 0)
        begin = time.perf_counter_ns()
        try:
            producer.produce(TOPIC, VALUE, b"key")
        except BufferError:
            refused += 1
        producer.poll(0)
        costs.append(time.perf_counter_ns() - begin)
    producer.purge()
    return costs, refused


def _aiokafka(address: str, break_broker: Break, paced: bool, calls: int) -> tuple[list[int], int]:
    return asyncio.run(_send_with_aiokafka(address, break_broker, paced, calls))


async def _send_with_aiokafka(address: str, break_broker: Break, paced: bool, calls: int) -> tuple[list[int], int]:
    """Its docs: send() returns when the message is in a batch; the future it returns is the delivery."""
    producer = AIOKafkaProducer(bootstrap_servers=address)
    await producer.start()
    await producer.send_and_wait(TOPIC, VALUE, b"first")
    break_broker()
    costs: list[int] = []
    refused, end = 0, time.monotonic() + LONGEST_RUN_SECONDS
    while len(costs) < calls and time.monotonic() < end:
        await asyncio.sleep(emit.PACE_SECONDS if paced else 0)
        begin = time.perf_counter_ns()
        try:
            async with asyncio.timeout(LONGEST_CALL_SECONDS):
                await producer.send(TOPIC, VALUE, b"key")
        except TimeoutError:
            refused += 1
        costs.append(time.perf_counter_ns() - begin)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(producer.stop(), LONGEST_CALL_SECONDS)
    return costs, refused
