"""Routes of one conversation: its events in the order of the metrics, its sessions and its response times.

A page is limited by the number and the bytes of its events: the keys and sizes are read first, then the events up to
the last key that fits. The page contains the sessions and exchanges of its events.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.convertors import Convertor, register_url_convertor

from dashboard.errors import NotThere
from dashboard.protection.query_queue import all_of
from dashboard.queries.client import ClickHouseReader
from dashboard.queries.cursors import Cursor, read_cursor, write_cursor
from dashboard.queries.event_rows import Row, event_row
from dashboard.queries.filters import SCOPE, select
from dashboard.queries.list_queries import CONVERSATION_COLUMNS, EXCHANGE_COLUMNS, NET, SESSION_COLUMNS
from dashboard.queries.lists import conversation_extras
from dashboard.queries.rows import conversation_row, exchange_row, session_row
from dashboard.queries.time_range import Absent, ScopeQuery
from dashboard.queries.times import clickhouse_text
from dashboard.routes.dependencies import ReaderNow
from dashboard.routes.problems import described
from dashboard.routes.schemas import ConversationResponse

PAGE_BYTES: Final = 8 * 1024**2
KEY_TYPES: Final = ("Int64", "UInt8", "String")
ORDER: Final = (
    "toUnixTimestamp64Milli(occurred_at) AS key_0, toUInt8(NOT (sender = 'end_user')) AS key_1, event_id AS key_2"
)
KEY: Final = "(key_0, key_1, key_2)"
BYTES: Final = "length(content) + length(response) + length(tools_used) + length(metadata) + length(extra) AS bytes"
OF_CONVERSATION: Final = [SCOPE, "conversation_hash = {conversation_hash:UInt64}"]
BEGUN: Final = "{} <= {{last:DateTime64(3, 'UTC')}}"
NOT_OVER: Final = "{} >= {{first:DateTime64(3, 'UTC')}}"

router = APIRouter(prefix="/api", tags=["conversations"])


class AnyText(Convertor[str]):
    """A path segment of any text, including slashes and line breaks."""

    regex = "(?s:.+)"

    def convert(self, value: str) -> str:
        """Return the text unchanged."""
        return value

    def to_string(self, value: str) -> str:
        """Return the text unchanged."""
        return value


register_url_convertor("text", AnyText())


class TranscriptQuery(ScopeQuery):
    """The parameters of one conversation."""

    limit: Annotated[int, Field(ge=1, le=2000, description="Events of a page.")] = 500
    cursor: Annotated[str, Field(max_length=40_000)] | Absent = Field(
        None, description="The `next` value of the previous page."
    )


class NamedTranscriptQuery(TranscriptQuery):
    """The same with the conversation id as a parameter, for ids that a path cannot carry."""

    conversation_id: Annotated[str, Field(min_length=1, max_length=255, examples=["c-1842"])]


ConversationId = Annotated[str, Path(min_length=1, max_length=255, examples=["c-1842"])]


@router.get("/conversations", responses=described(404, 422, 503), response_model=ConversationResponse)
async def conversation_by_parameter(
    query: Annotated[NamedTranscriptQuery, Query()], reader: ReaderNow
) -> dict[str, object]:
    """Return one conversation, with its id as a parameter."""
    return await transcript(reader, query.conversation_id, query)


@router.get(
    "/conversations/{conversation_id:text}", responses=described(404, 422, 503), response_model=ConversationResponse
)
async def conversation(
    conversation_id: ConversationId, query: Annotated[TranscriptQuery, Query()], reader: ReaderNow
) -> dict[str, object]:
    """Return one conversation: its events in order, its sessions and its response times."""
    return await transcript(reader, conversation_id, query)


async def transcript(reader: ClickHouseReader, conversation_id: str, query: TranscriptQuery) -> dict[str, object]:
    """Return a page of a conversation's events with their sessions and exchanges."""
    scope = {"agent_id": query.agent_id, "environment": query.environment}
    conversation, key = await _find(reader, scope, conversation_id)
    question = {**scope, "conversation_id": conversation_id}
    cursor = read_cursor(query.cursor, question, KEY_TYPES) if query.cursor else None
    parameters = {**scope, "conversation_hash": key}
    keys, more = await _keys(reader, parameters, query.limit, cursor)
    events, sessions, exchanges = await _page(reader, parameters, keys)
    return {
        "conversation": conversation,
        "sessions": [{**session_row(row), "conversation_id": conversation_id} for row in sessions],
        "exchanges": [{**exchange_row(row), "conversation_id": conversation_id} for row in exchanges],
        "events": _answered(events, exchanges),
        "next": write_cursor(question, Cursor(0, 0, keys[-1])) if more else None,
    }


async def _find(reader: ClickHouseReader, scope: Mapping[str, object], conversation_id: str) -> tuple[Row, int]:
    columns = f"{CONVERSATION_COLUMNS}, conversation_hash"
    sql = select(columns, "conversation_facts", [SCOPE, "conversation_id = {conversation_id:String}"], NET)
    rows = await reader.rows(sql, {**scope, "conversation_id": conversation_id})
    if not rows:
        raise NotThere("no conversation has this id in this agent and environment")
    key: int = rows[0]["conversation_hash"]
    extras = await conversation_extras(reader, scope, [key])
    return {**conversation_row(rows[0]), "messages": 0, "actions": 0, **extras[key]}, key


async def _keys(
    reader: ClickHouseReader, parameters: Mapping[str, object], limit: int, cursor: Cursor | None
) -> tuple[list[tuple[int | str, ...]], bool]:
    """Return the keys of the events of a page, and whether more follow."""
    inner = select(f"{ORDER}, {BYTES}", "events", OF_CONVERSATION)
    after, bound = [], {**parameters, "rows_asked": limit + 1}
    if cursor is not None:
        after = [f"{KEY} > ({_bound('after')})"]
        bound |= {f"after_{number}": value for number, value in enumerate(cursor.key)}
    end = "ORDER BY key_0, key_1, key_2 LIMIT {rows_asked:UInt32}"
    rows = await reader.rows(select("key_0, key_1, key_2, bytes", f"({inner})", after, end), bound)
    size = 0
    kept: list[tuple[int | str, ...]] = []
    for row in rows[:limit]:
        size += row["bytes"]
        if kept and size > PAGE_BYTES:
            break
        kept.append((row["key_0"], row["key_1"], row["key_2"]))
    return kept, len(kept) < len(rows)


async def _page(
    reader: ClickHouseReader, parameters: Mapping[str, object], keys: Sequence[tuple[int | str, ...]]
) -> tuple[list[Row], list[Row], list[Row]]:
    """Return the events from the first to the last key, and their sessions and exchanges."""
    if not keys:
        return [], [], []
    ends = {f"from_{number}": value for number, value in enumerate(keys[0])}
    ends |= {f"to_{number}": value for number, value in enumerate(keys[-1])}
    times = {name: clickhouse_text(int(key[0])) for name, key in (("first", keys[0]), ("last", keys[-1]))}
    inner = select(f"*, {ORDER}", "events", OF_CONVERSATION)
    between = [f"{KEY} >= ({_bound('from')})", f"{KEY} <= ({_bound('to')})"]
    sessions = [*OF_CONVERSATION, BEGUN.format("started_at"), NOT_OVER.format("last_activity_at")]
    exchanges = [
        *OF_CONVERSATION,
        BEGUN.format("asked_at"),
        NOT_OVER.format("ifNull(answered_at, last_asked_at)"),
    ]
    events, session_rows, exchange_rows = await all_of(
        reader.rows(select("*", f"({inner})", between, "ORDER BY key_0, key_1, key_2"), {**parameters, **ends}),
        reader.rows(
            select(SESSION_COLUMNS, "session_facts", sessions, f"{NET} ORDER BY started_at"), {**parameters, **times}
        ),
        reader.rows(
            select(EXCHANGE_COLUMNS, "exchange_facts", exchanges, f"{NET} ORDER BY asked_at"), {**parameters, **times}
        ),
    )
    return events, session_rows, exchange_rows


def _bound(name: str) -> str:
    return ", ".join(f"{{{name}_{number}:{kind}}}" for number, kind in enumerate(KEY_TYPES))


def _answered(events: Sequence[Row], exchanges: Sequence[Row]) -> list[Row]:
    """Return events for the API; a message that answers a question has its response time."""
    waits = {row["answered_at"]: exchange_row(row)["seconds"] for row in exchanges if row["answered_at"]}
    rows = []
    for event in events:
        row = event_row(event)
        if event["type"] == "message" and event["sender"] == "agent":
            row["response_seconds"] = waits.pop(event["occurred_at"], None)
        rows.append(row)
    return rows
