"""The lists behind the numbers: one page of a list, with the count of all its rows.

1. The query parameters become conditions (`filters`), a list's own and those of its conversations.
2. One query counts; one reads the keys and columns of a page (`queries`), from where the cursor says (`cursors`).
3. What names the conversations of these rows is looked up by their hashes, and the rows are put into words (`rows`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.catalogue import ListName
from dashboard.protection.query_queue import all_of
from dashboard.queries.client import Reader
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


async def list_page(reader: Reader, name: ListName, query: AnyList, now_ms: int) -> dict[str, Any]:
    """One page of a list, newest first."""
    selection, question = query.selection(), {"list": name, **query.asked()}
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
    """The query of one page and one row more, and what it binds."""
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
    reader: Reader, name: ListName, rows: Sequence[Mapping[str, Any]], parameters: Mapping[str, object]
) -> list[Row]:
    """The rows in words, with what only their conversations know."""
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
    reader: Reader, parameters: Mapping[str, object], hashes: Sequence[int]
) -> dict[int, Row]:
    """What is not among the facts of some conversations: their titles, messages and actions."""
    counts, names = await all_of(
        by_hash(reader, "activity", COUNTS, "GROUP BY conversation_hash", parameters, hashes),
        by_hash(reader, "events", NAMES, "GROUP BY conversation_hash", parameters, hashes),
    )
    return {key: {**counts.get(key, {}), "name": names.get(key, {}).get("name") or None} for key in hashes}


async def by_hash(
    reader: Reader, table: str, columns: str, end: str, parameters: Mapping[str, object], hashes: Sequence[int]
) -> dict[int, Row]:
    """Rows of a table for some conversations, by hash; the hash itself is not shown to anyone."""
    scope = {name: parameters[name] for name in ("agent_id", "environment")}
    rows = await reader.rows(select(columns, table, BY_HASH, end), {**scope, "hashes": list(set(hashes))})
    return {row.pop("conversation_hash"): row for row in rows}


def _key(row: Mapping[str, Any], selection: Selection) -> tuple[int | str, ...]:
    return tuple(row[f"key_{number}"] for number in range(len(selection.key)))
