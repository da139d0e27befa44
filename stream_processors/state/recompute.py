"""Refold: the facts of stored events, computed anew."""

from collections import defaultdict

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.fact_rows import FlushRows
from stream_processors.clickhouse.stored_events import events_once
from stream_processors.conversations.conversation import Conversation
from stream_processors.conversations.events import FoldEvent
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.conversations.rules import FoldRules
from stream_processors.state.loader import FOLD_COLUMNS, conversation_key, fold_event


async def recompute_facts(clickhouse: ClickHouse, condition: str, rules: FoldRules) -> dict[str, Segment]:
    """Return the facts of the conversations that fulfil a condition, by kind, as their events make them now."""
    conversations: defaultdict[ConversationKey, list[FoldEvent]] = defaultdict(list)
    for row in await clickhouse.rows(f"SELECT {FOLD_COLUMNS} FROM {events_once(condition)}"):  # noqa: S608 - integers
        conversations[conversation_key(row)].append(fold_event(row, rules))
    rows = FlushRows()
    for key, events in conversations.items():
        rows.add_changes(key, conversation_hash(key), Conversation(rules.session_gap_ms).absorb(events))
    return {segment.kind: segment for segment in rows.segments()}
