"""Migrate a database, with its rows, to the schema in the files.

The files are the truth. `apply` makes a scratch database from them, lets ClickHouse describe both, and changes what
differs. Pending migrations run first. Rows that workers insert meanwhile are either stored or refused at the fence, and
the workers send the refused ones again.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sql import fence, versions
from sql.alterations import Obstacle, Step
from sql.connection import Database
from sql.description import Description, describe
from sql.errors import SchemaDiffers
from sql.migrations import Migration, read_migrations
from sql.objects import SchemaObject, schema_objects
from sql.plan import plan_changes
from sql.retention import Retention, apply_retention

_SPARES = tuple(map(fence.spare_gate, fence.SOURCES))


@dataclass(frozen=True, slots=True)
class Change:
    """What apply did, or would do, with one object, and the statement for it."""

    name: str
    action: str
    statement: str


def describe_files(
    database: Database, retention: Retention, objects: Sequence[SchemaObject] | None = None
) -> dict[str, Description]:
    """Return the description of a scratch database that was made from the files; the scratch database is dropped."""
    scratch = database.beside(f"{database.name}_check_{secrets.token_hex(4)}")
    try:
        scratch.create()
        for step in _creation(scratch, schema_objects() if objects is None else objects):
            scratch.run(step.statement)
        apply_retention(scratch, retention)
        return describe(scratch)
    finally:
        scratch.drop()


def apply_schema(
    database: Database,
    retention: Retention,
    objects: Sequence[SchemaObject] | None = None,
    migrations: Sequence[Migration] | None = None,
    *,
    dry_run: bool = False,
    report: Callable[[Change], None] = lambda _: None,
) -> tuple[Change, ...]:
    """Migrate a database to the schema in the files; return the changes made, or those that a dry run would make.

    Raises SchemaDiffers, without a change, when a difference needs a person.
    """
    upgrade = _Upgrade(
        database,
        retention,
        schema_objects() if objects is None else objects,
        read_migrations() if migrations is None else migrations,
        dry_run,
        report,
    )
    if describe(database):
        versions.refuse_newer(database)
        upgrade.change()
    else:
        upgrade.create()
    if not dry_run and not versions.is_recorded(database):
        versions.record(database)
    return tuple(upgrade.changes)


def _creation(database: Database, objects: Sequence[SchemaObject]) -> list[Step]:
    ordered = sorted(objects, key=lambda schema_object: schema_object.is_gate)
    return [Step(object_.name, "created", object_.statement_in(database.name)) for object_ in ordered]


class _Upgrade:
    """One run of apply."""

    def __init__(
        self,
        database: Database,
        retention: Retention,
        objects: Sequence[SchemaObject],
        migrations: Sequence[Migration],
        dry_run: bool,
        report: Callable[[Change], None],
    ) -> None:
        self._database = database
        self._retention = retention
        self._objects = objects
        self._migrations = migrations
        self._dry_run = dry_run
        self._report = report
        self._wanted: dict[str, Description] = {}
        self.changes: list[Change] = []

    def create(self) -> None:
        """Create all objects in an empty database, and record all migrations as done, since the files include them."""
        first, *others = _creation(self._database, self._objects)
        if not self._dry_run:
            self._database.create()
        self._run_steps([first])
        for migration in () if self._dry_run else self._migrations:
            versions.record(self._database, migration.name)
        self._run_steps(others)
        if not self._dry_run:
            apply_retention(self._database, self._retention)

    def change(self) -> None:
        """Run the pending migrations, then change what differs from the files."""
        self._wanted = describe_files(self._database, self._retention, self._objects)
        done = versions.migrations_done(self._database)
        pending = [migration for migration in self._migrations if migration.name not in done]
        steps = [] if pending else self._steps()
        if pending and self._dry_run:
            self._show(pending)
        elif pending or any(step.fenced for step in steps) or fence.is_closed(self._database):
            self._run_fenced(pending)
        else:
            self._run_steps(steps)

    def _show(self, pending: Sequence[Migration]) -> None:
        """Report pending migrations without running them; the differences after them cannot be known."""
        self._run_steps(
            [Step(migration.name, "migrated", text) for migration in pending for text in migration.statements]
        )
        self.changes.append(Change(self._database.name, "compared", "-- then: what still differs from the files"))
        self._report(self.changes[-1])

    def _run_fenced(self, pending: Sequence[Migration]) -> None:
        if not self._dry_run:
            fence.close_fence(self._database)
            self._database.run(self._objects[0].statement)
        for migration in pending:
            self._run_steps([Step(migration.name, "migrated", statement) for statement in migration.statements])
            versions.record(self._database, migration.name)
        steps = self._steps()
        gates = {object_.name for object_ in self._objects if object_.is_gate}
        self._run_steps([step for step in steps if step.name not in gates])
        if not self._dry_run:
            fence.end_claims(self._database)
        self._run_steps([step for step in steps if step.name in gates])
        for spare in () if self._dry_run else _SPARES:
            self._database.run(f"DROP VIEW IF EXISTS {spare} SYNC")

    def _steps(self) -> list[Step]:
        """Return the steps to the schema in the files; raise SchemaDiffers when an obstacle remains."""
        plan = plan_changes(self._objects, self._database.name, self._wanted, describe(self._database))
        obstacles = [step for step in plan if isinstance(step, Obstacle)]
        if obstacles:
            lines = "\n".join(f"  {obstacle.name}: {obstacle.text}" for obstacle in obstacles)
            raise SchemaDiffers(f"{self._database.name} differs in what apply does not change:\n{lines}")
        return [step for step in plan if isinstance(step, Step)]

    def _run_steps(self, steps: Sequence[Step]) -> None:
        for step in steps:
            change = Change(step.name, step.action, step.statement)
            if not self._dry_run:
                self._database.run(step.statement)
            self.changes.append(change)
            self._report(change)
