"""Portions: a flush folds its conversations a few at a time, so that no producer makes it take all memory or the loop.

A late event makes its conversation fold all of its events again, and a conversation that is not in memory is read back
whole. What a flush touches may therefore be a thousand times as large as the flush. Each portion has few events, or one
conversation, whose size is bounded; long ones are folded in a thread, so that the event loop turns meanwhile.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_rows import FlushRows
from stream_processors.conversations.key import ConversationKey
from stream_processors.errors import TooManyEvents
from stream_processors.kafka.records import LogPosition
from stream_processors.pipeline.steps import Batch, Conversations, Keep, drop_repetitions, fold
from stream_processors.state.cache import State

T = TypeVar("T")

# Events of all conversations of a portion, unless it is a single one; read back they take about 100 MiB.
PORTION_EVENTS: Final = 250_000

# Folding so many events takes longer than a switch of threads matters.
LONG: Final = 10_000


async def fold_in_portions(
    batch: Batch, state: State, clickhouse: ClickHouse, position: LogPosition, keep: Keep
) -> tuple[Conversations, list[int], FlushRows]:
    """Fold a batch into its conversations; return the new events, their conversations' hashes, and what changes."""
    fresh: Conversations = {}
    hashes: list[int] = []
    rows = FlushRows()
    waiting = [list(batch.conversations)]
    state.begin_flush(batch.conversations)

    def fold_portion(keys: Sequence[ConversationKey]) -> None:
        new = drop_repetitions(batch, state, keys, keep)
        for key, changes in fold(batch, new, state):
            hashes.append(state.hash_of(key))
            rows.add_changes(key, hashes[-1], changes)
        fresh.update(new)
        state.compact_idle()
        state.spill()

    while waiting:
        keys = waiting.pop()
        half = len(keys) // 2
        if half and state.size(keys) > PORTION_EVENTS:
            waiting += [keys[half:], keys[:half]]
            continue
        try:
            with metrics.STEP_SECONDS.labels("state").time():
                absent = await _run(state.size(keys), partial(state.touch_cached, keys))
                await state.load(absent, clickhouse, position, PORTION_EVENTS if half else None)
        except TooManyEvents:
            waiting += [keys[half:], keys[:half]]
            continue
        with metrics.STEP_SECONDS.labels("fold").time():
            await _run(state.size(keys), partial(fold_portion, keys))
    return fresh, hashes, rows


async def _run(events: int, call: Callable[[], T]) -> T:
    """Make a call that works on so many events, in a thread if they are many."""
    return await asyncio.to_thread(call) if events > LONG else call()
