"""How long content and dead letters are kept, as TTLs of columns and tables.

Only content expires. What the fold and the rollups need (ids, times, derived columns) has no TTL. Dead letters expire
with the content, or earlier. Only their refusals do: the rows of a replay or a drop must outlive them, or the dead
letter would be pending again for a while.
"""

import re
from dataclasses import dataclass

from sql.connection import Database
from sql.event_columns import CONTENT_COLUMNS

# TTLs as ClickHouse writes them; no comment of a column contains a backtick. The times stay DateTime64, because a
# DateTime overflows in 2106.
_COLUMN_TTL = re.compile(r"`(\w+)` [^`]* TTL ((?:toDateTime\(received_at\)|received_at) \+ toIntervalMonth\(\d+\))")
_TABLE_TTL = re.compile(r" ORDER BY \([^()]*\) TTL (.*?) SETTINGS ")
_DEFINITION = (
    "SELECT create_table_query FROM system.tables WHERE database = {database:String} AND name = {table:String}"
)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long content and dead letters are kept; 0 is for ever."""

    content_months: int = 0
    dead_letter_days: int = 0


def apply_retention(database: Database, retention: Retention) -> tuple[str, ...]:
    """Set the TTLs; return the names of the tables that had others."""
    statements = {
        "events": _content_statement(_definition(database, "events"), retention.content_months),
        "dead_letter_records": _dead_letter_statement(_definition(database, "dead_letter_records"), retention),
    }
    for statement in filter(None, statements.values()):
        database.run(statement)
    return tuple(table for table, statement in statements.items() if statement)


def _definition(database: Database, table: str) -> str:
    rows = database.rows(_DEFINITION, {"database": database.name, "table": table})
    return str(rows[0][0])


def _content_statement(definition: str, months: int) -> str:
    present = dict(_COLUMN_TTL.findall(definition))
    if months:
        ttl = f"received_at + toIntervalMonth({months})"
        changes = [f"MODIFY COLUMN {column} TTL {ttl}" for column in CONTENT_COLUMNS if present.get(column) != ttl]
    else:
        changes = [f"MODIFY COLUMN {column} REMOVE TTL" for column in present]
    return f"ALTER TABLE events {', '.join(changes)}" if changes else ""


def _dead_letter_statement(definition: str, retention: Retention) -> str:
    present = _TABLE_TTL.search(definition)
    intervals = [
        f"toInterval{unit}({number})"
        for unit, number in (("Day", retention.dead_letter_days), ("Month", retention.content_months))
        if number
    ]
    ttl = ", ".join(f"written_at + {interval} WHERE status = 'refused'" for interval in intervals)
    if ttl == (present[1] if present else ""):
        return ""
    return f"ALTER TABLE dead_letter_records {f'MODIFY TTL {ttl}' if ttl else 'REMOVE TTL'}"
