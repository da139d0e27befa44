"""The schema version of a database, and the migrations that it has been through, in the table schema_versions."""

from sql import SCHEMA_VERSION
from sql.connection import Database
from sql.errors import NewerSchema

_EXISTS = "SELECT count() FROM system.tables WHERE database = {database:String} AND name = 'schema_versions'"


def refuse_newer(database: Database) -> None:
    """Raise NewerSchema when a later release has changed the database, because this one would undo its changes."""
    newest = max((version for version, _ in _rows(database)), default=0)
    if newest > SCHEMA_VERSION:
        raise NewerSchema(
            f"{database.name} has version {newest} of the schema, this program knows versions up to {SCHEMA_VERSION}:"
            " run the release that made it, or a later one"
        )


def migrations_done(database: Database) -> set[str]:
    """Return the names of the migrations that the database has been through."""
    return {name for _, name in _rows(database) if name}


def is_recorded(database: Database) -> bool:
    """Tell whether the database is recorded as completely of this version."""
    return (SCHEMA_VERSION, "") in _rows(database)


def record(database: Database, migration: str = "") -> None:
    """Record that a migration was run or, without one, that the whole database has this version."""
    values = f"({SCHEMA_VERSION}, '{migration}')"
    database.run(f"INSERT INTO schema_versions (version, migration) VALUES {values}")  # noqa: S608 - names of our files


def _rows(database: Database) -> set[tuple[int, str]]:
    if not database.rows(_EXISTS, {"database": database.name})[0][0]:
        return set()
    rows = database.rows(f"SELECT DISTINCT version, migration FROM {database.name}.schema_versions", {})  # noqa: S608
    return {(int(str(version)), str(migration)) for version, migration in rows}
