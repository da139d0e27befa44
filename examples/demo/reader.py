"""Reads the metric views, as any reader of the product does: a SELECT over ClickHouse's HTTP interface."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

import clickhouse_connect

from examples.demo.sdk_calls import AGENT_ID, ENVIRONMENT


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query returned."""

    columns: tuple[str, ...]
    values: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A range of time and the zone in which its days and hours are meant."""

    since: datetime
    until: datetime
    time_zone: str

    def statement(self, view: str) -> str:
        """The query for a view; what stands in it was checked or comes from this code."""
        return (
            f"SELECT * FROM convostream.{view}(agent_id='{AGENT_ID}', environment='{ENVIRONMENT}', "  # noqa: S608
            f"since='{self.since:%Y-%m-%d %H:%M:%S}', until='{self.until:%Y-%m-%d %H:%M:%S}', "
            f"time_zone='{self.time_zone}')"
        )


class Reader:
    """ClickHouse as the user `reader`, who may only look."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._client = clickhouse_connect.get_client(
            host=parts.hostname,
            port=parts.port or 8123,
            username=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            database=parts.path.strip("/"),
            autogenerate_session_id=False,
        )

    def ask(self, query: str, parameters: Mapping[str, object] | None = None) -> Rows:
        """The rows of a query."""
        answer = self._client.query(query, parameters=dict(parameters or {}))
        return Rows(tuple(answer.column_names), tuple(tuple(row) for row in answer.result_rows))

    def number(self, query: str, parameters: Mapping[str, object] | None = None) -> int:
        """The one whole number that a query returns."""
        value = self.ask(query, parameters).values[0][0]
        if not isinstance(value, int):
            raise TypeError(f"not a whole number: {value!r}")
        return value

    def view(self, name: str, question: Question) -> Rows:
        """The rows of a metric view."""
        return self.ask(question.statement(name))
