"""Recall: the events of conversations that are known but no longer in memory, read back from `events`.

Of the partition's own log epoch only events below an offset are read: what a flush that is under way may already have
written is not yet part of the state that the flush was made from.
"""

from collections import defaultdict
from typing import Final

from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.conversations import events as kinds
from stream_processors.conversations.events import SENDER_KINDS, Call, FoldEvent, Profile, rank_of
from stream_processors.conversations.key import ConversationKey
from stream_processors.conversations.rules import FoldRules
from stream_processors.conversations.values import Language, Place
from stream_processors.errors import TooManyEvents
from stream_processors.kafka.records import LogPosition

FOLD_COLUMNS: Final = (
    "agent_id, environment, conversation_id, event_id, type, toUnixTimestamp64Milli(occurred_at) AS occurred_at_ms,"
    " sender, rated_by, verdict, call_name, failed, customer, has_public_address, country_code, region, city,"
    " latitude, longitude, device_class, source_name, language_code, language_region"
)
RECALL_SQL: Final = (
    f"SELECT {FOLD_COLUMNS} FROM events WHERE conversation_hash IN ({{hashes}})"  # noqa: S608 - hashes are integers
    " AND NOT (topic = {topic:String} AND partition = {partition:UInt32}"
    " AND log_epoch = {log_epoch:UInt64} AND offset >= {offset:UInt64})"
)


async def recall(
    clickhouse: ClickHouse, hashes: list[int], before: LogPosition, rules: FoldRules, most: int | None = None
) -> dict[ConversationKey, list[FoldEvent]]:
    """Return the events of the conversations with these hashes, as they were before a position of the log.

    Raises TooManyEvents when there are more than `most`.
    """
    if not hashes:
        return {}
    sql = RECALL_SQL.replace("{hashes}", ",".join(map(str, hashes)))
    if most is not None:
        sql += f" LIMIT {most + 1}"
    events: defaultdict[ConversationKey, list[FoldEvent]] = defaultdict(list)

    def take(row: Row) -> None:
        events[conversation_key(row)].append(fold_event(row, rules))

    await clickhouse.scan_texts(sql, before._asdict(), take)
    if most is not None and sum(map(len, events.values())) > most:
        raise TooManyEvents(f"more than {most} events are to be read back")
    return events


def conversation_key(row: Row) -> ConversationKey:
    """Return the conversation of a row of `events`."""
    return ConversationKey(row["agent_id"], row["environment"], row["conversation_id"])


def fold_event(row: Row, rules: FoldRules) -> FoldEvent:
    """Return the fold's view of a row of `events` with the `FOLD_COLUMNS`."""
    kind, detail = _kind_and_detail(row, rules)
    return FoldEvent(row["occurred_at_ms"], rank_of(kind), row["event_id"], kind, detail)


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
