"""Loading from ClickHouse: which conversations exist, their events, and the facts that these events make."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.clickhouse.fact_rows import FlushRows
from stream_processors.clickhouse.fact_tables import events_once
from stream_processors.conversations import events as kinds
from stream_processors.conversations.conversation import ConversationState
from stream_processors.conversations.events import SENDER_KINDS, Call, FoldEvent, Profile, rank_of
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.conversations.rules import FoldRules
from stream_processors.conversations.values import Language, Place
from stream_processors.errors import TooManyEvents
from stream_processors.kafka.records import LogPosition

FOLD_COLUMNS: Final = (
    "agent_id, environment, conversation_id, event_id, type, toUnixTimestamp64Milli(occurred_at) AS occurred_at_ms,"
    " sender, rated_by, verdict, call_name, failed, customer, has_public_address, country_code, region, city,"
    " latitude, longitude, device_class, source_name, language_code, language_region"
)
EVENTS_SQL: Final = (
    f"SELECT {FOLD_COLUMNS} FROM events WHERE conversation_hash IN ({{hashes}})"  # noqa: S608 - hashes are integers
    " AND NOT (topic = {topic:String} AND partition = {partition:UInt32}"
    " AND log_epoch = {log_epoch:UInt64} AND offset >= {offset:UInt64})"
)


class ConversationIndex:
    """The hashes of all conversations of a partition, so that a new conversation costs no query.

    They are a sorted array, 8 bytes each, and a set of those added since.
    """

    # A hash takes ten times as much memory in a set; merging this many into millions takes milliseconds.
    MAX_RECENT = 20_000

    def __init__(self, hashes: npt.NDArray[np.uint64]) -> None:
        self._sorted = np.unique(hashes)
        self._recent: set[int] = set()

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def existing(self, hashes: list[int]) -> list[int]:
        """Return those of the hashes that belong to existing conversations."""
        flags = self._are_sorted(np.array(hashes, dtype=np.uint64))
        return [hash_ for hash_, is_sorted in zip(hashes, flags, strict=True) if is_sorted or hash_ in self._recent]

    def add(self, hashes: Iterable[int]) -> None:
        """Add the hashes of conversations that exist from now on."""
        self._recent.update(hashes)
        if len(self._recent) > self.MAX_RECENT:
            recent = np.sort(np.fromiter(self._recent, dtype=np.uint64, count=len(self._recent)))
            fresh = recent[~self._are_sorted(recent)]
            self._sorted = np.insert(self._sorted, np.searchsorted(self._sorted, fresh), fresh)
            self._recent.clear()

    def _are_sorted(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Tell for each hash whether the sorted array contains it."""
        if not len(self._sorted):
            return np.zeros(len(hashes), dtype=bool)
        indices = np.searchsorted(self._sorted, hashes).clip(max=len(self._sorted) - 1)
        flags: npt.NDArray[np.bool_] = self._sorted[indices] == hashes
        return flags


async def load_events(
    clickhouse: ClickHouse, hashes: list[int], before: LogPosition, rules: FoldRules, most: int | None = None
) -> dict[ConversationKey, list[FoldEvent]]:
    """Return the events of conversations, given by hash, as they were before a position of the log.

    In the log epoch of the position, events from its offset on are left out: an unwritten flush may have stored some
    of them already, but its state must not contain them. Raises TooManyEvents when there are more than `most`.
    """
    if not hashes:
        return {}
    sql = EVENTS_SQL.replace("{hashes}", ",".join(map(str, hashes)))
    if most is not None:
        sql += f" LIMIT {most + 1}"
    events: defaultdict[ConversationKey, list[FoldEvent]] = defaultdict(list)

    def take(row: Row) -> None:
        events[_key_of(row)].append(fold_event(row, rules))

    await clickhouse.scan_texts(sql, before._asdict(), take)
    if most is not None and sum(map(len, events.values())) > most:
        raise TooManyEvents(f"these conversations have more than {most} events")
    return events


async def recompute_facts(clickhouse: ClickHouse, condition: str, rules: FoldRules) -> dict[str, Segment]:
    """Return the facts, by kind, that the stored events make of the conversations that fulfil a condition."""
    conversations: defaultdict[ConversationKey, list[FoldEvent]] = defaultdict(list)
    for row in await clickhouse.rows(f"SELECT {FOLD_COLUMNS} FROM {events_once(condition)}"):  # noqa: S608 - integers
        conversations[_key_of(row)].append(fold_event(row, rules))
    rows = FlushRows()
    for key, events in conversations.items():
        rows.add_changes(key, conversation_hash(key), ConversationState(rules.session_gap_ms).absorb(events))
    return {segment.kind: segment for segment in rows.segments()}


def fold_event(row: Row, rules: FoldRules) -> FoldEvent:
    """Return the fold's view of a row of `events` with the `FOLD_COLUMNS`."""
    kind, detail = _kind_and_detail(row, rules)
    return FoldEvent(row["occurred_at_ms"], rank_of(kind), row["event_id"], kind, detail)


def _key_of(row: Row) -> ConversationKey:
    return ConversationKey(row["agent_id"], row["environment"], row["conversation_id"])


def _kind_and_detail(row: Row, rules: FoldRules) -> tuple[int, Profile | Call | str | None]:
    match row["type"]:
        case "message":
            return SENDER_KINDS[row["sender"]], None
        case "action":
            return kinds.ACTION, Call(rules.escalation_actions.includes(row["call_name"]), bool(row["failed"]))
        case "button":
            return kinds.BUTTON, None
        case "conversation_visited":
            return kinds.VISIT, _profile(row)
        case "conversation_engaged":
            return kinds.ENGAGEMENT, _profile(row)
        case "feedback" if row["rated_by"] != "staff":
            return kinds.RATING, row["verdict"]
        case "conversation_ended":
            return kinds.END, None
        case _:
            return kinds.SILENT, None


def _profile(row: Row) -> Profile:
    return Profile(
        customer=row["customer"] or None,
        place=_place(row) if row["has_public_address"] else None,
        device=row["device_class"] or None,
        source=row["source_name"] or None,
        language=Language(row["language_code"], row["language_region"]) if row["language_code"] else None,
        rating=row["verdict"] or None,
    )


def _place(row: Row) -> Place:
    return Place(row["country_code"], row["region"], row["city"], row["latitude"], row["longitude"])
