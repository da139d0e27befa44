"""The column tables of README.md, made from the files. `python -m sql.readme` writes them again."""

import re
from typing import Final

from sql.event_columns import columns_of
from sql.objects import ROOT, schema_objects

README: Final = ROOT / "README.md"
FOR_READERS: Final = ("events", "conversations", "sessions", "exchanges", "dead_letters")
_ROWS: Final = re.compile(r"\A(\|.*\n)*")
_HEAD: Final = "| column | type | meaning |\n|---|---|---|\n"


def with_column_tables(text: str) -> str:
    """Return the text of the README with the current columns of all tables and views for readers."""
    ddl = {schema_object.name: schema_object.ddl for schema_object in schema_objects()}
    for name in FOR_READERS:
        rows = [
            f"| `{column.name}` | `{column.type}` | {column.comment.replace(chr(39) * 2, chr(39))} |\n"
            for column in columns_of(ddl[name])
        ]
        before, start, after = text.partition(f"### `{name}`\n{_HEAD}")
        text = before + start + "".join(rows) + _ROWS.sub("", after, count=1)
    return text


if __name__ == "__main__":
    README.write_text(with_column_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
