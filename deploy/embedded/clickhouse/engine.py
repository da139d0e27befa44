"""chDB as this server uses it: one engine a process, and one connection a request.

A connection costs 0.2 ms. Its settings, role and database end with it, so no request can affect another. The root
connection keeps the engine alive until `close`.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xml.sax.saxutils import escape

from deploy.embedded.clickhouse.access.users import User, Users
from deploy.embedded.clickhouse.disk import Disk
from deploy.embedded.errors import ACCESS_DENIED, UNKNOWN_DATABASE, ClickHouseError

READ_ONLY = "READ_ONLY"
CONTROL = "CONTROL"
# The only user of chDB runs the queries of all users, so `capacity.py` enforces these limits.
_ENFORCED_ELSEWHERE = {"readonly", "max_concurrent_queries_for_user", "max_memory_usage_for_user"}
# Marks a query in system.processes. The setting has no effect, because nothing is cached.
_MARK = "query_cache_tag"
# Temporary files and backups stay inside the data directory.
_CONFIGURATION = """<clickhouse>
<users_config>{directory}/tmp/users.xml</users_config>
<tmp_path>{directory}/tmp/</tmp_path>
<storage_configuration><disks>
<backups><type>local</type><path>{directory}/backups/</path></backups>
</disks></storage_configuration>
<backups><allowed_disk>backups</allowed_disk></backups>
</clickhouse>
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The bytes of a result and the engine's counts."""

    data: bytes
    result_rows: int = 0
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """The number of statements in a text (0 if it cannot be parsed), and their class, as the engine's parser says."""

    statements: int
    kind: str


@dataclass(frozen=True, slots=True)
class EngineSession:
    """The connection of one request, with its user, database and settings."""

    connection: Any

    def analyse(self, query: bytes) -> Analysis:
        """Parse a text without running it."""
        result = self.connection._conn.classify_query(query)
        return Analysis(int(result["statement_count"]), result["query_class"].name)

    def explain(self, kind: str, query: bytes, parameters: Mapping[str, str]) -> str:
        """Return the dump of a statement. Neither AST nor QUERY TREE with run_passes = 0 executes any of it."""
        explained = self.query(f"EXPLAIN {kind} ".encode() + query, "TSVRaw", parameters)
        return explained.data.decode(errors="replace")

    def format(self, query: bytes) -> bytes:
        """Return a statement as the engine writes it, on one line; raise ClickHouseError if it is not a statement."""
        try:
            return self.query(b"SELECT formatQuerySingleLine(unhex('%s'))" % query.hex().encode(), "TSVRaw", {}).data[
                :-1
            ]
        except ClickHouseError as error:
            text = error.message.partition(": In scope SELECT formatQuerySingleLine")[0]
            raise ClickHouseError(f"{text}. (SYNTAX_ERROR)", error.code) from error

    def set(self, settings: Mapping[str, str]) -> None:
        """Change settings for the rest of the session."""
        with _clickhouse_errors():
            self.connection.query("SET " + _assignments(settings))

    def query(self, sql: bytes, output_format: str, parameters: Mapping[str, str]) -> Result:
        """Run one statement to its end."""
        with _clickhouse_errors():
            result = self.connection.query(sql, output_format, params=dict(parameters))
        return Result(
            data=bytes(result.bytes() or b""),
            result_rows=result.rows_read(),
            read_rows=result.storage_rows_read(),
            read_bytes=result.storage_bytes_read(),
            written_rows=result.rows_written(),
            written_bytes=result.bytes_written(),
        )

    def stream(self, sql: bytes, output_format: str, parameters: Mapping[str, str]) -> Iterator[bytes]:
        """Run one SELECT and yield its result block by block; each block is complete in its format."""
        with _clickhouse_errors(), self.connection.send_query(sql, output_format, params=dict(parameters)) as blocks:
            for block in blocks:
                yield bytes(block.bytes())


class Engine:
    """The ClickHouse engine over one data directory."""

    def __init__(self, directory: Path, users: Users, disk: Disk) -> None:
        os.environ["TZ"] = "UTC"
        import chdb

        self.disk = disk
        # chDB's annotations are incomplete.
        self._connect: Callable[[str], Any] = cast(Any, chdb.connect)
        self._path = str(directory / "clickhouse")
        configuration = _write_configuration(directory, users, self._setting_names())
        self._root = self._connect(f"{self._path}?config-file={configuration}")
        self.version = self.rows("SELECT version()")[0]
        self.timezone = self.rows("SELECT timezone()")[0]

    @contextmanager
    def session(
        self, user: User, mark: str, database: str, settings: Mapping[str, str], *, changes_allowed: bool = True
    ) -> Iterator[EngineSession]:
        """Open a connection with the user's role and limits, in this database and with these settings.

        `cancel` finds its queries by the mark.
        """
        session = EngineSession(self._connect(self._path))
        try:
            with _clickhouse_errors():
                _enter(session, user, mark, database)
                _constrain(session, user, changes_allowed)
                _set(session.connection, settings)
            yield session
        finally:
            session.connection.close()

    def rows(self, sql: str) -> list[str]:
        """Return one text column. The query must not contain text from a user."""
        return str(self._root.query(sql, "TabSeparatedRaw").bytes().decode()).splitlines()

    def cancel(self, mark: str) -> None:
        """Ask the query of the session with this mark to stop, if there is one."""
        self._root.query(f"KILL QUERY WHERE Settings['{_MARK}'] = {_quoted(mark, chr(39))} ASYNC")

    def cancel_all(self) -> None:
        """Ask all running queries to stop."""
        self._root.query("KILL QUERY WHERE query NOT LIKE 'KILL%' ASYNC")

    def close(self) -> None:
        """Stop the engine and its background work; its files are then complete."""
        self._root.close()

    def _setting_names(self) -> list[str]:
        """Return the names of all settings, from an engine in memory: the real one needs them in its configuration."""
        connection = self._connect(":memory:")
        try:
            return str(connection.query("SELECT name FROM system.settings", "TabSeparatedRaw")).split()
        finally:
            connection.close()


def _enter(session: EngineSession, user: User, mark: str, database: str) -> None:
    """Begin a session: set the values of the user's profile, because a profile brings only its constraints to chDB."""
    values = {name: value for name, value in user.settings.items() if name not in _ENFORCED_ELSEWHERE}
    session.set({"implicit_select": "0", _MARK: mark, **values})
    session.connection.query(f"SET ROLE {user.name}")
    _use(session.connection, user, database)


def _constrain(session: EngineSession, user: User, changes_allowed: bool) -> None:
    session.connection.query(f"SET profile = '{user.profile}'")
    if user.is_read_only or not changes_allowed:
        # With 2 the constraints decide which settings a client may set; with 1 chDB would refuse all of them.
        session.set({"readonly": "2"})


def _use(connection: Any, user: User, database: str) -> None:
    """Enter the database. Report one that the user may not see as unknown, as a server does.

    `system` is unknown too to a user who may not read all of it: the policy recognises its tables by that name.
    """
    if not database:
        return
    unknown = ClickHouseError(f"Database {database} does not exist. (UNKNOWN_DATABASE)", UNKNOWN_DATABASE)
    if database == "system" and "*" not in user.system_tables:
        raise unknown
    try:
        with _clickhouse_errors():
            connection.query(f"USE {_quoted(database, '`')}")
    except ClickHouseError as error:
        if error.code != ACCESS_DENIED:
            raise
        raise unknown from error


def _set(connection: Any, settings: Mapping[str, str]) -> None:
    """Apply the settings of the request, within the constraints of the user's profile."""
    if "profile" in settings:
        raise ClickHouseError("A user keeps its profile (SETTING_CONSTRAINT_VIOLATION)", 452)
    if settings:
        connection.query("SET " + _assignments(settings))


def _assignments(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{_quoted(name, '`')} = {_quoted(value, chr(39))}" for name, value in settings.items())


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


@contextmanager
def file_in_memory(data: memoryview) -> Iterator[str]:
    """Write data to an anonymous file for the engine to read; yield its path."""
    descriptor = os.memfd_create("insert")
    try:
        written = 0
        while written < len(data):
            written += os.write(descriptor, data[written:])
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _write_configuration(directory: Path, users: Users, setting_names: list[str]) -> Path:
    users_path, path = directory / "tmp" / "users.xml", directory / "tmp" / "config.xml"
    users_path.write_text(users.engine_configuration(setting_names))
    path.write_text(_CONFIGURATION.format(directory=escape(str(directory))))
    return path


@contextmanager
def _clickhouse_errors() -> Iterator[None]:
    """Translate errors: chDB raises RuntimeError, or its own ChdbError, which is a plain Exception."""
    try:
        yield
    except ClickHouseError:
        raise
    except Exception as error:
        raise ClickHouseError(str(error)) from error
