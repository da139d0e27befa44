"""chDB as the front uses it: one engine a process, a fresh connection a request.

A connection costs 0.2 ms, and its settings, role and database end with it: nothing that one request sets can reach
another. The root connection keeps the engine alive until `close`.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.embedded.disk import Disk
from deploy.embedded.errors import ACCESS_DENIED, UNKNOWN_DATABASE, ClickHouseError
from deploy.embedded.users import User, Users

_READ_ONLY = {"readonly": "2"}


@dataclass(frozen=True, slots=True)
class Result:
    """The bytes of an answer and what the engine counted for it."""

    data: bytes
    result_rows: int = 0
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the engine's parser says of a text: its statements (0: cannot be parsed), and whether they only read."""

    statements: int
    reads: bool


class Session:
    """One request's connection: user, database and settings are in force."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def analyse(self, query: bytes) -> Analysis:
        """Parses a text without running it."""
        try:
            text = query.decode()
        except UnicodeDecodeError as error:
            raise ClickHouseError("The statement is not UTF-8 (BAD_ARGUMENTS)", 36) from error
        found = self._connection._conn.classify_query(text)
        return Analysis(int(found["statement_count"]), found["query_class"].name == "READ_ONLY")

    def query(self, sql: bytes, output_format: str, parameters: Mapping[str, str]) -> Result:
        """Runs one statement to its end."""
        with _clickhouse_errors():
            answer = self._connection.query(sql, output_format, params=dict(parameters))
        return Result(
            data=bytes(answer.bytes() or b""),
            result_rows=answer.rows_read(),
            read_rows=answer.storage_rows_read(),
            read_bytes=answer.storage_bytes_read(),
            written_rows=answer.rows_written(),
            written_bytes=answer.bytes_written(),
        )

    def stream(self, sql: bytes, output_format: str, parameters: Mapping[str, str]) -> Iterator[bytes]:
        """Runs one SELECT and gives its answer block by block; each is a complete piece of the format."""
        with _clickhouse_errors(), self._connection.send_query(sql, output_format, params=dict(parameters)) as blocks:
            for block in blocks:
                yield bytes(block.bytes())

    def insert(self, target: str, settings: str, data_format: str, data: memoryview) -> Result:
        """Inserts inline data in any input format as one block; returns what was written, views included.

        The data reach the engine as a file in memory. chDB's own streaming insert loses every error that is raised
        after the data were parsed, such as that of a view.
        """
        with _file_in_memory(data) as path:
            sql = f"{target} FROM INFILE '{path}' {settings} FORMAT {data_format}"
            return self.query(sql.encode(errors="surrogateescape"), "TabSeparated", {})


class Engine:
    """The ClickHouse engine over one data directory."""

    def __init__(self, directory: Path, users: Users, disk: Disk) -> None:
        os.environ["TZ"] = "UTC"
        import chdb

        self.disk = disk
        self._connect = chdb.connect
        self._path = str(directory / "clickhouse")
        configuration = _write_configuration(directory, users)
        self._root = self._connect(f"{self._path}?config-file={configuration}")  # type: ignore[no-untyped-call]
        self.version = self._value("SELECT version()")
        self.timezone = self._value("SELECT timezone()")

    @contextmanager
    def session(
        self, user: User, database: str, settings: Mapping[str, str], *, changes_allowed: bool = True
    ) -> Iterator[Session]:
        """A connection with the user's role and limits, in this database and with these settings."""
        connection = self._connect(self._path)  # type: ignore[no-untyped-call]
        try:
            with _clickhouse_errors():
                for statement in _opening(user, changes_allowed):
                    connection.query(statement)
                _use(connection, database)
                _set(connection, settings)
            yield Session(connection)
        finally:
            connection.close()

    def cancel_all(self) -> None:
        """Asks every running query to end."""
        self._root.query("KILL QUERY WHERE query NOT LIKE 'KILL%' ASYNC")

    def cancel(self, mark: str) -> None:
        """Ask the query of the session with this `log_comment` to end."""
        self._root.query(f"KILL QUERY WHERE Settings['log_comment'] = {_quoted(mark, chr(39))} ASYNC")

    def close(self) -> None:
        """Ends the engine: its background work stops and its files are whole."""
        self._root.close()

    def _value(self, sql: str) -> str:
        return str(self._root.query(sql, "TabSeparatedRaw").bytes().decode().rstrip("\n"))


def _opening(user: User, changes_allowed: bool) -> Iterator[str]:
    """What a session runs first. A profile brings only its constraints to a chDB session, so its values are set too."""
    yield f"SET profile = '{user.profile}'"
    yield f"SET ROLE {user.name}"
    yield "SET " + _assignments({"implicit_select": "0", **user.settings, **({} if changes_allowed else _READ_ONLY)})


def _use(connection: Any, database: str) -> None:
    """Enters the database; one that the user may not see is unknown, as it is to a user of the server."""
    if not database:
        return
    try:
        with _clickhouse_errors():
            connection.query(f"USE {_quoted(database, '`')}")
    except ClickHouseError as error:
        if error.code != ACCESS_DENIED:
            raise
        text = f"Database {database} does not exist. (UNKNOWN_DATABASE)"
        raise ClickHouseError(text, UNKNOWN_DATABASE) from error


def _set(connection: Any, settings: Mapping[str, str]) -> None:
    """Sets what the request asks for, within the constraints of the user's profile."""
    if "profile" in settings:
        raise ClickHouseError("A user keeps its profile (SETTING_CONSTRAINT_VIOLATION)", 452)
    if settings:
        connection.query("SET " + _assignments(settings))


def _assignments(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{_quoted(name, '`')} = {_quoted(value, chr(39))}" for name, value in settings.items())


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


@contextmanager
def _file_in_memory(data: memoryview) -> Iterator[str]:
    descriptor = os.memfd_create("insert")
    try:
        written = 0
        while written < len(data):
            written += os.write(descriptor, data[written:])
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _write_configuration(directory: Path, users: Users) -> Path:
    users_path, path = directory / "users.xml", directory / "config.xml"
    users_path.write_text(users.engine_configuration())
    path.write_text(f"<clickhouse><users_config>{users_path}</users_config></clickhouse>\n")
    return path


@contextmanager
def _clickhouse_errors() -> Iterator[None]:
    """chDB raises RuntimeError or its own ChdbError, which is a plain Exception, for the same failures."""
    try:
        yield
    except ClickHouseError:
        raise
    except Exception as error:
        raise ClickHouseError(str(error)) from error
