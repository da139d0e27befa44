"""The load: a number of events as records of the topic, the same ones for the same number, and what they amount to.

All conversations are made before anything is measured and then interleaved by time: about a thousand go on at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from random import Random
from typing import Final

import orjson

from benchmarks.workload.conversations import Draft, Fields, converse
from benchmarks.workload.expectations import Numbers, Tally
from convostream.contract.date_times import format_date_time

SEED: Final = 5

# 2026-04-01T00:00:00Z in milliseconds since 1970.
START: Final = 1_775_001_600_000

LONGEST_BETWEEN_STARTS_MS: Final = 400


@dataclass(frozen=True, slots=True)
class Load:
    """Records in the order in which they are produced, each a key and a value, and the numbers that views must show."""

    records: list[tuple[bytes, bytes]]
    numbers: Numbers

    # How many questions are answered: bursts of a customer's messages with a message of the agent after them.
    answers: int = 0

    @property
    def mean_bytes(self) -> float:
        """The mean size of a value."""
        return sum(len(value) for _, value in self.records) / max(1, len(self.records))

    @property
    def conversations(self) -> int:
        """How many conversations there are."""
        return len({key for key, _ in self.records})


def as_it_is(fields: Fields) -> Fields:
    """Change nothing of an event."""
    return fields


def make_load(events: int, seed: int = SEED, shape: Callable[[Fields], Fields] = as_it_is) -> Load:
    """Return so many events, each in a shape."""
    random, tally, records = Random(seed), Tally(), []
    for draft in sorted(islice(_drafts(random), events), key=lambda each: each.at):
        tally.add(draft.agent_id, draft.conversation_id, draft.fields)
        records.append(
            (
                f"{draft.agent_id}/{draft.conversation_id}".encode(),
                encode(draft.agent_id, draft.conversation_id, draft.at, shape(draft.fields), random),
            )
        )
    return Load(records, tally.numbers(), tally.answers)


def _drafts(random: Random) -> Iterator[Draft]:
    start = START
    for number in count():
        start += random.randrange(LONGEST_BETWEEN_STARTS_MS)
        yield from converse(random, number, start)


def encode(agent_id: str, conversation_id: str, at: int, fields: Fields, random: Random) -> bytes:
    """Return the value of an event's record; `at` is in milliseconds since 1970."""
    common = {
        "event_id": _event_id(at, random),
        "schema_version": 1,
        "agent_id": agent_id,
        "environment": "production",
        "conversation_id": conversation_id,
        "occurred_at": format_date_time(at),
    }
    return orjson.dumps(common | fields)


def _event_id(at: int, random: Random) -> str:
    """Return a UUIDv7: the time, then random bits."""
    digits = f"{at:012x}7{random.getrandbits(12):03x}{8 + random.getrandbits(2):x}{random.getrandbits(60):015x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
