"""chDB as the front uses it: one engine a process, a fresh connection a request.

A connection costs 0.2 ms, and its settings and its database end with it; so nothing that one request sets can reach
another. The root connection keeps the engine alive until `close`.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.embedded.errors import ClickHouseError
from deploy.embedded.users import User, Users

STREAMED_FORMATS = {
    name.lower()
    for name in (
        "Native",
        "TabSeparated",
        "TSV",
        "TabSeparatedRaw",
        "TSVRaw",
        "CSV",
        "RowBinary",
        "JSONEachRow",
        "JSONCompactEachRow",
    )
}


@dataclass(frozen=True, slots=True)
class Result:
    """The bytes of an answer and what the engine counted for it."""

    data: bytes
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0


class Session:
    """One request's connection: user, database and settings are in force; it is closed with the request."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def statement_count(self, query: bytes) -> int:
        """How many statements the engine sees in this text; 0 when it cannot be parsed."""
        return int(self._connection._conn.classify_query(query.decode(errors="surrogateescape"))["statement_count"])

    def reads(self, query: bytes) -> bool:
        """Whether the engine takes this statement for one that answers rows."""
        found = self._connection._conn.classify_query(query.decode(errors="surrogateescape"))
        return str(getattr(found["query_class"], "name", "")) == "READ_ONLY"

    def query(self, sql: bytes, output_format: str, parameters: Mapping[str, str]) -> Result:
        """Runs one statement to its end."""
        with _clickhouse_errors():
            answer = self._connection.query(sql, output_format, params=dict(parameters))
        return Result(
            bytes(answer.bytes() or b""),
            answer.storage_rows_read(),
            answer.storage_bytes_read(),
            answer.rows_written(),
            answer.bytes_written(),
        )

    def stream(self, sql: bytes, output_format: str, parameters: Mapping[str, str]) -> Iterator[bytes]:
        """Runs one query and gives its answer block by block; each is a complete piece of the format."""
        with _clickhouse_errors(), self._connection.send_query(sql, output_format, params=dict(parameters)) as blocks:
            for block in blocks:
                yield bytes(block.bytes())

    def insert(self, statement: str, data_format: str, data: bytes) -> Result:
        """Inserts inline data in any input format; returns what was written, views included."""
        with _clickhouse_errors(), self._connection.send_insert(statement, data_format) as insert:
            insert.append(data)
            written = insert.finish()
        return Result(b"", written_rows=written.rows_written, written_bytes=written.bytes_written)


class Engine:
    """The ClickHouse engine over one data directory."""

    def __init__(self, directory: Path, users: Users) -> None:
        os.environ["TZ"] = "UTC"
        import chdb

        self._connect = chdb.connect
        self._path = str(directory / "clickhouse")
        configuration = _write_configuration(directory, users)
        self._root = self._connect(f"{self._path}?config-file={configuration}")

    @contextmanager
    def session(self, user: User, database: str, settings: Mapping[str, str]) -> Iterator[Session]:
        """A connection with the user's role and limits, in this database and with these settings."""
        connection = self._connect(self._path)
        try:
            with _clickhouse_errors():
                for statement in _opening(user, database, settings):
                    connection.query(statement)
            yield Session(connection)
        finally:
            connection.close()

    def value(self, sql: str) -> str:
        """The single value of a query of the front itself."""
        return str(self._root.query(sql, "TabSeparatedRaw").bytes().decode().rstrip("\n"))

    def close(self) -> None:
        """Ends the engine: its background work stops and its files are whole."""
        self._root.close()


def _opening(user: User, database: str, settings: Mapping[str, str]) -> Iterator[str]:
    values = dict(user.settings)
    readonly = values.pop("readonly", None)
    yield f"SET profile = '{user.name}'"
    if values:
        yield f"SET {_assignments(values)}"
    yield f"SET ROLE {user.name}"
    if database:
        yield f"USE {_quoted(database, '`')}"
    if settings:
        yield f"SET {_assignments(settings)}"
    if readonly:
        yield f"SET readonly = {readonly}"


def _assignments(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{_quoted(name, '`')} = {_quoted(value, chr(39))}" for name, value in settings.items())


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


def _write_configuration(directory: Path, users: Users) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    users_path, path = directory / "users.xml", directory / "config.xml"
    users_path.write_text(users.engine_configuration())
    path.write_text(f"<clickhouse><users_config>{users_path}</users_config></clickhouse>\n")
    return path


@contextmanager
def _clickhouse_errors() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, Exception) as error:  # noqa: BLE001  (chDB raises several types for one thing)
        if isinstance(error, ClickHouseError):
            raise
        raise ClickHouseError(str(error)) from error
