"""The columns of an event: tables/events.sql lists them, and nothing else does.

Other files contain markers that `expand` replaces with names or declarations made from that list.
"""

import re
import textwrap
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

EVENTS_FILE: Final = Path(__file__).parent / "tables" / "events.sql"

# The block names these once for all of its rows, so the inbox holds them as plain values.
BLOCK_COLUMNS: Final = ("topic", "partition", "log_epoch")

# What people wrote or sent, as text or JSON: the retention empties these columns, the content policy changes them.
CONTENT_COLUMNS: Final = (
    "customer_ip_address",
    "device",
    "source",
    "language",
    "name",
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

_COLUMN: Final = re.compile(r"^    (\w+) (\S.*?)(?: DEFAULT \S+)? COMMENT '((?:[^']|'')*)',?$", re.MULTILINE)
_INDENT: Final = "    "


class Column(NamedTuple):
    """A column as its file declares it."""

    name: str
    type: str
    comment: str


def columns_of(ddl: str) -> list[Column]:
    """Return the columns that a CREATE TABLE statement declares, in order."""
    return [Column(*groups) for groups in _COLUMN.findall(ddl)]


@cache
def event_columns() -> tuple[Column, ...]:
    """Return the columns of `events` but the BLOCK_COLUMNS, in order."""
    columns = columns_of(EVENTS_FILE.read_text(encoding="utf-8"))
    return tuple(column for column in columns if column.name not in BLOCK_COLUMNS)


def expand(ddl: str) -> str:
    """Replace the markers in a file: EVENT_COLUMNS by the names, EVENT_ARRAYS by declarations as arrays."""
    names = ", ".join(column.name for column in event_columns())
    wrapped = textwrap.fill(names, 120, initial_indent=_INDENT, subsequent_indent=_INDENT).strip()
    arrays = f",\n{_INDENT}".join(
        f"{column.name} Array({column.type}) COMMENT 'events: {column.comment}'" for column in event_columns()
    )
    return ddl.replace("@EVENT_COLUMNS@", wrapped).replace("@EVENT_ARRAYS@", arrays)
