"""Fold the conversations of a flush, a portion at a time, so that no producer can exhaust the memory or block the loop.

A late event makes its conversation fold all of its events again, and a conversation that is not cached is loaded whole.
A flush may therefore touch a thousand times as many events as it brings. A portion has a bounded number of events, or
one conversation, whose size is bounded. Long conversations are folded in a thread, so that the event loop keeps
running.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, TypeVar

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_rows import FlushRows
from stream_processors.conversations.conversation import Changes
from stream_processors.conversations.key import ConversationKey
from stream_processors.dead_letters.storage import Keep
from stream_processors.errors import TooManyEvents
from stream_processors.kafka.records import DeadLetter, LogPosition
from stream_processors.pipeline.batch import Conversations, FlushBatch
from stream_processors.state.cache import FULL_CODE, MAX_EVENTS, State

T = TypeVar("T")

FULL_REASON: Final = f"the conversation has {MAX_EVENTS:,} events, and takes no more"

# Events of all conversations of a portion, unless it is a single one; loaded they take about 100 MiB.
PORTION_EVENTS: Final = 250_000

# Folding this many events takes longer than the cost of a thread.
LONG: Final = 10_000


async def fold_conversations(
    batch: FlushBatch, state: State, clickhouse: ClickHouse, position: LogPosition, keep: Keep
) -> tuple[Conversations, list[int], FlushRows]:
    """Fold a batch into its conversations; return the new events, their conversations' hashes, and the changed facts.

    `keep` says what is stored of an event that its conversation has no room for.
    """
    new: Conversations = {}
    hashes: list[int] = []
    rows = FlushRows()
    portions = [list(batch.conversations)]
    state.begin_flush(batch.conversations)

    def fold_portion(keys: Sequence[ConversationKey]) -> None:
        new_of_portion = drop_duplicates(batch, state, keys, keep)
        for key, changes in fold(batch, new_of_portion, state):
            hashes.append(state.hash_of(key))
            rows.add_changes(key, hashes[-1], changes)
        new.update(new_of_portion)
        state.compact_idle()
        state.spill()

    while portions:
        keys = portions.pop()
        half = len(keys) // 2
        if half and state.size(keys) > PORTION_EVENTS:
            portions += [keys[half:], keys[:half]]
            continue
        try:
            with metrics.STEP_SECONDS.labels("state").time():
                absent = await _run(state.size(keys), partial(state.touch_cached, keys))
                await state.load(absent, clickhouse, position, PORTION_EVENTS if half else None)
        except TooManyEvents:
            portions += [keys[half:], keys[:half]]
            continue
        with metrics.STEP_SECONDS.labels("fold").time():
            await _run(state.size(keys), partial(fold_portion, keys))
    return new, hashes, rows


async def _run(events: int, call: Callable[[], T]) -> T:
    """Make a call that works on a number of events, in a thread if there are many."""
    return await asyncio.to_thread(call) if events > LONG else call()


def drop_duplicates(batch: FlushBatch, state: State, keys: Iterable[ConversationKey], keep: Keep) -> Conversations:
    """Return the events whose ids are new to their conversations; of several with one id the first to arrive stays.

    Events for which a conversation has no room become dead letters.
    """
    new_events: Conversations = {}
    fold_events, duplicates = batch.fold_events, 0
    for key in keys:
        indexes, known = batch.conversations[key], state.get(key).ids
        ids = {fold_events[index].event_id for index in indexes}
        is_all_new = len(ids) == len(indexes) and ids.isdisjoint(known)
        new = indexes if is_all_new else _first_of_new_ids(batch, indexes, known)
        duplicates += len(indexes) - len(new)
        if len(known) + len(new) > state.max_events:
            new = _refuse_surplus(batch, key, new, max(0, state.max_events - len(known)), keep)
        if new:
            new_events[key] = new
    metrics.REPETITIONS.inc(duplicates)
    return new_events


def _first_of_new_ids(batch: FlushBatch, indexes: Sequence[int], known: Collection[str]) -> list[int]:
    new: dict[str, int] = {}
    for index in _in_order_of_arrival(batch, indexes):
        event_id = batch.fold_events[index].event_id
        if event_id not in known:
            new.setdefault(event_id, index)
    return list(new.values())


def _refuse_surplus(
    batch: FlushBatch, key: ConversationKey, indexes: Sequence[int], room: int, keep: Keep
) -> list[int]:
    """Return the events that arrived first, as many as there is room for; the others become dead letters."""
    ordered = _in_order_of_arrival(batch, indexes)
    surplus = set(ordered[room:])
    batch.conversations[key] = [index for index in indexes if index not in surplus]
    batch.dead_letters += [
        DeadLetter(record, batch.received_at[index], FULL_CODE, FULL_REASON, keep(record))
        for index, record in ((index, batch.event_records[index]) for index in sorted(surplus))
    ]
    return ordered[:room]


def _in_order_of_arrival(batch: FlushBatch, indexes: Sequence[int]) -> list[int]:
    return sorted(indexes, key=lambda index: batch.event_records[index].offset)


def fold(batch: FlushBatch, new: Conversations, state: State) -> Iterator[tuple[ConversationKey, Changes]]:
    """Fold new events into their conversations; yield the changes of each conversation's facts."""
    fold_events = batch.fold_events
    for key, indexes in new.items():
        state.count_events(len(indexes))
        yield key, state.get(key).absorb([fold_events[index] for index in indexes])
