"""The plan from a database to the files: a list of steps, after each of which it is safe to stop.

Columns come before the views that read them, targets before the views that fill them, and the gates of the fence last.
A difference that would need rows to be rewritten is an obstacle; an obstacle stops the plan before its first step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sql.alterations import BY_HAND, Obstacle, Plan, Step, plan_extra_columns, plan_table
from sql.definition import TableDefinition
from sql.description import Description
from sql.errors import TableInTheWay
from sql.objects import Kind, SchemaObject

_ENGINES: Final = {Kind.MATERIALIZED_VIEW: "MaterializedView", Kind.VIEW: "View", Kind.METRIC: "View"}


def plan_changes(
    objects: Sequence[SchemaObject], database: str, wanted: dict[str, Description], present: dict[str, Description]
) -> Plan:
    """Return the steps and obstacles between the present objects and the wanted ones."""

    def steps(schema_object: SchemaObject) -> Plan:
        return _plan_object(schema_object, database, wanted[schema_object.name], present.get(schema_object.name))

    tables = [object_ for object_ in objects if object_.kind is Kind.TABLE and object_.name in present]
    return [
        *(step for object_ in objects if not object_.is_gate for step in steps(object_)),
        *(step for table in tables for step in _extra_columns(wanted[table.name], present[table.name], table.name)),
        *(step for object_ in objects if object_.is_gate for step in steps(object_)),
    ]


def _plan_object(schema_object: SchemaObject, database: str, wanted: Description, present: Description | None) -> Plan:
    created = Step(schema_object.name, "created", schema_object.statement_in(database))
    if present is None:
        return [created]
    if schema_object.kind is Kind.TABLE:
        return _plan_table(schema_object.name, wanted, present)
    if present.engine != _ENGINES[schema_object.kind] and not present.engine.endswith("View"):
        # ClickHouse would replace the table by the view, and its rows would be lost.
        raise TableInTheWay(
            f"{schema_object.name} is a table in {database} and a view in the files: "
            "rename the table (or drop it, if its rows are not needed) and apply again"
        )
    if schema_object.kind is Kind.MATERIALIZED_VIEW:
        return list(_materialized_view(schema_object, created, wanted, present))
    return [] if wanted == present else [replace(created, action="replaced")]


def _plan_table(name: str, wanted: Description, present: Description) -> Plan:
    if present.engine.endswith("View"):
        return [Obstacle(name, f"is a view in the database and a table in the files; {BY_HAND}")]
    return plan_table(name, TableDefinition.read(wanted.definition), TableDefinition.read(present.definition))


def _extra_columns(wanted: Description, present: Description, name: str) -> Plan:
    if present.engine.endswith("View"):
        return []
    return plan_extra_columns(name, TableDefinition.read(wanted.definition), TableDefinition.read(present.definition))


def _materialized_view(
    schema_object: SchemaObject, created: Step, wanted: Description, present: Description
) -> Iterator[Step]:
    name = schema_object.name
    if present.engine != wanted.engine or present.target != wanted.target:
        yield Step(name, "dropped", f"DROP VIEW IF EXISTS {name}", fenced=True)
        yield replace(created, action="created", fenced=True)
        return
    if wanted.query != present.query or wanted.columns != present.columns:
        yield Step(name, "query changed", f"ALTER TABLE {name} MODIFY QUERY {wanted.query}")
    if wanted.comment != present.comment:
        yield Step(name, "comment changed", f"ALTER TABLE {name} MODIFY COMMENT {_quoted(wanted.comment)}")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
