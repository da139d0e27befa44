"""Brings a database to what the files say, without touching what already agrees.

What is missing is created and what holds no rows is replaced. A table or a materialized view that differs is left as
it is: changing it could lose rows, so that is for a person to decide (`check` says what differs).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sql.connection import Database
from sql.errors import TableInTheWay
from sql.objects import SchemaObject, schema_objects
from sql.retention import Retention, apply_retention

_VIEWS = "SELECT name, create_table_query FROM system.tables WHERE database = {database:String}"
_FORMATTED = "SELECT formatQuerySingleLine({statement:String})"


@dataclass(frozen=True, slots=True)
class Change:
    """What apply did with one object."""

    name: str
    action: Literal["created", "replaced", "retention changed"]


def apply_schema(
    database: Database, retention: Retention, objects: Iterable[SchemaObject] | None = None
) -> tuple[Change, ...]:
    """Creates what is missing, replaces views that differ and sets the retention; returns what was done."""
    database.create()
    present = {str(name): str(text) for name, text in database.rows(_VIEWS, {"database": database.name})}
    changes = [
        change
        for schema_object in (schema_objects() if objects is None else objects)
        if (change := _apply_object(database, schema_object, present.get(schema_object.name)))
    ]
    changed = apply_retention(database, retention)
    return (*changes, *(Change(name, "retention changed") for name in changed))


def _apply_object(database: Database, schema_object: SchemaObject, present: str | None) -> Change | None:
    if present is not None and not (schema_object.replaceable and _differs(database, schema_object, present)):
        return None
    if present is not None and present.startswith("CREATE TABLE"):
        # ClickHouse would put the view in the table's place, and the rows would be gone.
        raise TableInTheWay(
            f"{schema_object.name} is a table in {database.name} and a view in the files: "
            "rename the table (or drop it, if nobody needs its rows) and apply again"
        )
    database.run(schema_object.statement_in(database.name))
    return Change(schema_object.name, "created" if present is None else "replaced")


def _differs(database: Database, schema_object: SchemaObject, present: str) -> bool:
    formatted = str(database.rows(_FORMATTED, {"statement": schema_object.statement})[0][0])
    wanted = formatted.replace("CREATE OR REPLACE VIEW", "CREATE VIEW", 1)
    return _plain(wanted) != _plain(present.replace(f"{database.name}.", ""))


def _plain(statement: str) -> str:
    """Returns a statement without the quotes that ClickHouse puts around the full name of a view with parameters."""
    return statement.replace("`", "")
