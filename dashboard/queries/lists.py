"""Pages of the lists behind the metrics, with the total number of rows.

1. Query parameters become conditions on rows and on conversations (`filters`).
2. One query counts the rows; another reads a page (`list_queries`) from the cursor on (`cursors`).
3. Names and counts of conversations are looked up by hash, and rows get the field names of the API (`rows`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.catalogue import ListName
from dashboard.protection.query_queue import all_of
from dashboard.queries.client import ClickHouseReader
from dashboard.queries.cursors import Cursor, read_cursor, write_cursor
from dashboard.queries.filters import SCOPE, net, select
from dashboard.queries.list_queries import AnyList, Selection
from dashboard.queries.rows import ROWS, Row

BY_HASH = [SCOPE, "conversation_hash IN {hashes:Array(UInt64)}"]
IDS = "conversation_hash, conversation_id"
NAMES = (
    "conversation_hash, argMaxIf(name, (occurred_at, event_id), name != '' AND NOT startsWith(name, 'hmac-sha256:'))"
    " AS name"
)
COUNTS = "conversation_hash, sum(end_user_messages + agent_messages) AS messages, sum(activity.actions) AS actions"


async def list_page(reader: ClickHouseReader, name: ListName, query: AnyList, now_ms: int) -> dict[str, Any]:
    """Return one page of a list, newest first."""
    selection, question = query.selection(), {"list": name, **query.filters()}
    window, cursor = query.window(now_ms), None
    if query.cursor is not None:
        cursor = read_cursor(query.cursor, question, selection.key_types)
        window = replace(window, since_ms=cursor.since_ms, until_ms=cursor.until_ms)
    parameters = {**question, **window.parameters}
    total, rows = await all_of(
        reader.rows(select("count() AS total", f"({selection.select('')})", []), parameters),
        reader.rows(*page(selection, parameters, query.limit, cursor)),
    )
    shown, more = rows[: query.limit], len(rows) > query.limit
    last = Cursor(window.since_ms, window.until_ms, _key(shown[-1], selection)) if more else None
    return {
        "list": name,
        "window": window.shown(),
        "total": total[0]["total"],
        "rows": await complete(reader, name, shown, parameters),
        "next": write_cursor(question, last) if last else None,
    }


def page(
    selection: Selection, parameters: Mapping[str, object], limit: int, cursor: Cursor | None
) -> tuple[str, dict[str, object]]:
    """Return the query of one page plus one row, and its bound values."""
    names = [f"key_{number}" for number in range(len(selection.key))]
    order = ", ".join(f"{name} DESC" for name in names)
    end = f"ORDER BY {order} LIMIT {{rows_asked:UInt32}}"
    after, bound = [], {**parameters, "rows_asked": limit + 1}
    if cursor is not None:
        values = ", ".join(f"{{after_{name}:{kind}}}" for name, kind in zip(names, selection.key_types, strict=True))
        after = [f"({', '.join(names)}) < ({values})"]
        bound |= {f"after_{name}": value for name, value in zip(names, cursor.key, strict=True)}
    return select("*", f"({selection.select(selection.columns)})", after, end), bound


async def complete(
    reader: ClickHouseReader, name: ListName, rows: Sequence[Mapping[str, Any]], parameters: Mapping[str, object]
) -> list[Row]:
    """Return rows as the API has them, with the fields of their conversations."""
    if not rows or name in ("messages", "actions", "customers"):
        return [ROWS[name](row) for row in rows]
    hashes = [row["key_1"] for row in rows]
    if name == "conversations":
        found = await conversation_extras(reader, parameters, hashes)
        missing: Row = {"messages": 0, "actions": 0}
    else:
        found = await by_hash(reader, "conversation_facts", IDS, net(IDS), parameters, hashes)
        missing = {}
    return [{**ROWS[name](row), **missing, **found.get(key, {})} for row, key in zip(rows, hashes, strict=True)]


async def conversation_extras(
    reader: ClickHouseReader, parameters: Mapping[str, object], hashes: Sequence[int]
) -> dict[int, Row]:
    """Return the names and the numbers of messages and actions of conversations, by hash."""
    counts, names = await all_of(
        by_hash(reader, "activity", COUNTS, "GROUP BY conversation_hash", parameters, hashes),
        by_hash(reader, "events", NAMES, "GROUP BY conversation_hash", parameters, hashes),
    )
    return {key: {**counts.get(key, {}), "name": names.get(key, {}).get("name") or None} for key in hashes}


async def by_hash(
    reader: ClickHouseReader,
    table: str,
    columns: str,
    end: str,
    parameters: Mapping[str, object],
    hashes: Sequence[int],
) -> dict[int, Row]:
    """Return rows of a table by conversation hash, without the hash, which stays internal."""
    scope = {name: parameters[name] for name in ("agent_id", "environment")}
    rows = await reader.rows(select(columns, table, BY_HASH, end), {**scope, "hashes": list(set(hashes))})
    return {row.pop("conversation_hash"): row for row in rows}


def _key(row: Mapping[str, Any], selection: Selection) -> tuple[int | str, ...]:
    return tuple(row[f"key_{number}"] for number in range(len(selection.key)))
