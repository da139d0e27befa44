"""What a database says about its objects, without its own name, so that two databases can be compared."""

import re
from collections import defaultdict
from dataclasses import dataclass

from sql.connection import Database

_COLUMNS = """
    SELECT table, name, type, trim(default_kind || ' ' || default_expression), comment
    FROM system.columns WHERE database = {database:String} ORDER BY table, position"""
_OBJECTS = """
    SELECT name, engine, engine_full, as_select, comment, create_table_query
    FROM system.tables WHERE database = {database:String} ORDER BY name"""

_TARGET = re.compile(r"CREATE MATERIALIZED VIEW \S+ TO (\S+)")


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the database describes it."""

    type: str
    default: str
    comment: str


@dataclass(frozen=True, slots=True)
class Description:
    """One table or view as the database describes it."""

    engine: str
    storage: str
    query: str
    comment: str
    definition: str
    columns: dict[str, Column]

    @property
    def target(self) -> str:
        """The table that a materialized view writes to."""
        match = _TARGET.match(self.definition)
        return match[1] if match else ""


def describe(database: Database) -> dict[str, Description]:
    """Return the descriptions of all objects of a database, by name."""
    parameters: dict[str, object] = {"database": database.name}
    columns: dict[str, dict[str, Column]] = defaultdict(dict)
    for table, name, *rest in database.rows(_COLUMNS, parameters):
        columns[str(table)][str(name)] = Column(*map(str, rest))
    descriptions = {}
    for row in database.rows(_OBJECTS, parameters):
        name, engine, *texts = (str(value).replace(f"{database.name}.", "") for value in row)
        storage, query, comment, definition = texts
        descriptions[name] = Description(engine, storage, query, comment, definition, columns[name])
    return descriptions
