"""Other loads than the usual one: small and large messages, disorder, and conversations that come back cold."""

import math
from collections import Counter
from random import Random
from typing import Final

from benchmarks.workload.conversations import Fields
from benchmarks.workload.load import Load, make_load
from benchmarks.workload.produce import Keyed

# Characters of a large message.
LARGE_TEXT: Final = 4_000

SHARE: Final = 0.01

# By so many records something is late or comes again, at most.
LONGEST_DELAY: Final = 50_000

# So many events of a cold conversation came before.
EARLY: Final = 3


def small(events: int) -> Load:
    """Return a load of messages and actions without a body."""
    return make_load(events, shape=_small)


def large(events: int) -> Load:
    """Return a load whose messages have 4,000 characters."""
    return make_load(events, shape=_large)


def disordered(events: int) -> Load:
    """Return a load of which 1 % is late and 1 % comes again, and with 1 % of records that are no events."""
    load, random = make_load(events), Random(events)
    placed: list[tuple[int, Keyed]] = []
    for place, record in enumerate(load.records):
        placed.append((place + _delay(random), record))
        if random.random() < SHARE:
            placed.append((place + random.randrange(1, LONGEST_DELAY), record))
    bad = [(place, (key, value[:-20])) for place, (key, value) in random.sample(placed, round(events * SHARE))]
    records = [record for _, record in sorted(placed + bad, key=lambda each: each[0])]
    return Load(records, {**load.numbers, ("", "events", "dead_letters"): len(bad)})


def cold(events: int) -> tuple[Load, Load]:
    """Return what comes first, and about so many events, of which one conversation in ten had begun there.

    The numbers of the second load are those of both.
    """
    load = make_load(events * 33 // 16)
    before: list[Keyed] = []
    after: list[Keyed] = []
    seen: Counter[bytes] = Counter()
    for record in load.records:
        seen[record[0]] += 1
        (before if seen[record[0]] <= _came_before(record[0]) else after).append(record)
    return Load(before, {}), Load(after, load.numbers)


def _came_before(key: bytes) -> float:
    """How many events of a conversation came before, by its number: of 20 one is cold, nine are new, ten are over."""
    turn = int(key.rpartition(b"/c-")[2][:7]) % 20
    return EARLY if turn == 0 else 0 if turn < 10 else math.inf


def _delay(random: Random) -> int:
    return random.randrange(1, LONGEST_DELAY) if random.random() < SHARE else 0


def _small(fields: Fields) -> Fields:
    kept = {name: value for name, value in fields.items() if name not in {"metadata", "tools_used", "response"}}
    return kept | {"content": "ok"} if "content" in kept else kept


def _large(fields: Fields) -> Fields:
    text = fields.get("content")
    return fields | {"content": (text * LARGE_TEXT)[:LARGE_TEXT]} if isinstance(text, str) else fields
