"""How long content and dead letters live, as column and table TTLs.

What the derivation and the rollups need (ids, times, derived columns) has no TTL: only content expires. Of dead letters
only refusals expire: that one was replayed or dropped must outlive them, or it would be open again for a while.
"""

import re
from dataclasses import dataclass

from sql.connection import Database

CONTENT_COLUMNS = (
    "customer_ip_address",
    "content",
    "attachments",
    "tools_used",
    "response",
    "error_message",
    "label",
    "value",
    "rating",
    "comment",
    "metadata",
    "extra",
)
# As ClickHouse writes a column's TTL back; no comment of a column contains a backtick.
_CONTENT_TTL = re.compile(r"`(\w+)` [^`]* TTL toDateTime\(received_at\) \+ toIntervalMonth\((\d+)\)")
_DEAD_LETTER_TTL = re.compile(r" TTL toDateTime\(written_at\) \+ toIntervalDay\((\d+)\) WHERE status = 'refused'")
_DEFINITION = (
    "SELECT create_table_query FROM system.tables WHERE database = {database:String} AND name = {table:String}"
)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept; 0 is for ever."""

    content_months: int = 0
    dead_letter_days: int = 0


def apply_retention(database: Database, retention: Retention) -> tuple[str, ...]:
    """Brings the TTLs to what is asked, and returns the names of the tables that had others."""
    statements = {
        "events": _content_statement(_definition(database, "events"), retention.content_months),
        "dead_letter_records": _dead_letter_statement(
            _definition(database, "dead_letter_records"), retention.dead_letter_days
        ),
    }
    for statement in filter(None, statements.values()):
        database.run(statement)
    return tuple(table for table, statement in statements.items() if statement)


def _definition(database: Database, table: str) -> str:
    rows = database.rows(_DEFINITION, {"database": database.name, "table": table})
    return str(rows[0][0])


def _content_statement(definition: str, months: int) -> str:
    present = {column: int(number) for column, number in _CONTENT_TTL.findall(definition)}
    if months:
        ttl = f"TTL toDateTime(received_at) + INTERVAL {months} MONTH"
        changes = [f"MODIFY COLUMN {c} {ttl}" for c in CONTENT_COLUMNS if present.get(c) != months]
    else:
        changes = [f"MODIFY COLUMN {column} REMOVE TTL" for column in present]
    return f"ALTER TABLE events {', '.join(changes)}" if changes else ""


def _dead_letter_statement(definition: str, days: int) -> str:
    found = _DEAD_LETTER_TTL.search(definition)
    present = int(found[1]) if found else 0
    if present == days:
        return ""
    ttl = f"TTL toDateTime(written_at) + INTERVAL {days} DAY DELETE WHERE status = 'refused'" if days else "REMOVE TTL"
    return f"ALTER TABLE dead_letter_records {'MODIFY ' if days else ''}{ttl}"
