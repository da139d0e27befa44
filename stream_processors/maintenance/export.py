"""Export: all that is stored of a person, as one line of JSON per row, with its table and its columns by name.

The lines are in a stable order: by table, then by conversation and time. Signed facts are netted, so each fact appears
once. The bytes of dead letters are in Base64.
"""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Final

import orjson

from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.clickhouse.fact_tables import ACTIVITY_COUNTS, FACT_TABLES, KEY_COLUMNS, FactTable
from stream_processors.errors import OperatorError
from stream_processors.maintenance.erasure import TABLES_WITH_IDS
from stream_processors.maintenance.person import Person
from stream_processors.maintenance.person_dead_letters import scan_dead_letters

EVENTS_SQL: Final = "SELECT * FROM events WHERE {own} ORDER BY conversation_id, occurred_at, event_id"
ACTIVITY_SQL: Final = (
    f"SELECT {', '.join(KEY_COLUMNS)}, {', '.join(f'sum({name}) AS {name}' for name in ACTIVITY_COUNTS)}"  # noqa: S608
    f" FROM activity WHERE {{own}} GROUP BY {', '.join(KEY_COLUMNS)} ORDER BY {', '.join(KEY_COLUMNS)}"
)
BYTES: Final = ("raw", "key")

# Takes a line without its line break; runs in another thread.
Write = Callable[[bytes], None]


async def export(clickhouse: ClickHouse, person: Person, write: Write) -> dict[str, int]:
    """Pass all rows of a person to `write`; return their number by table.

    Raises OperatorError when ClickHouse breaks off the answer.
    """
    queries = {"events": EVENTS_SQL, **{table.name: _facts_sql(table) for table in FACT_TABLES}}
    queries["activity"] = ACTIVITY_SQL
    counts = {table: await _export_table(clickhouse, person, table, sql, write) for table, sql in queries.items()}
    counts["dead_letter_records"] = await _export_dead_letters(clickhouse, person, write)
    return counts


async def _export_table(clickhouse: ClickHouse, person: Person, table: str, sql: str, write: Write) -> int:
    start, lines = b'{"table":"%s","row":' % table.encode(), 0

    def take(line: bytes) -> None:
        nonlocal lines
        if not (line.startswith(b"{") and line.endswith(b"}")):  # an error text after valid rows
            raise OperatorError(f"ClickHouse broke off the rows of {table}: export again")
        lines += 1
        write(start + line + b"}")

    own = person.rows_sql(with_ids=table in TABLES_WITH_IDS)
    await clickhouse.lines(sql.replace("{own}", own), person.parameters, take)
    return lines


async def _export_dead_letters(clickhouse: ClickHouse, person: Person, write: Write) -> int:
    done = set[tuple[object, ...]]()

    def take(row: Row) -> None:
        position = tuple(row.values())[:4]
        if position not in done:
            done.add(position)
            write(orjson.dumps({"table": "dead_letter_records", "row": _dead_letter(row)}))

    await scan_dead_letters(clickhouse, person, await person.conversation_ids(clickhouse), take)
    return len(done)


def _dead_letter(row: Row) -> dict[str, object]:
    """Return a dead letter in a form that JSON can hold."""
    values = {name: _plain(value) for name, value in row.items() if name not in (*BYTES, "headers")}
    values |= {f"{name}_base64": _base64(row[name]) for name in BYTES}
    values["headers_base64"] = [[name.decode(errors="replace"), _base64(value)] for name, value in row["headers"]]
    return values


def _plain(value: object) -> object:
    match value:
        case bytes():
            return value.decode(errors="replace")
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case _:
            return value


def _base64(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _facts_sql(table: FactTable) -> str:
    names = ", ".join(table.columns)
    return (
        f"SELECT {names} FROM {table.name} WHERE {{own}}"  # noqa: S608 - our own names
        f" GROUP BY {names} HAVING sum(sign) > 0 ORDER BY {', '.join((*KEY_COLUMNS, names))}"
    )
