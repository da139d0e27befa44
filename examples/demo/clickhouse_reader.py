"""Read the metric views and the state of the tables over ClickHouse's HTTP interface, as any reader does."""

import time
from collections.abc import Callable, Mapping
from typing import Final

import clickhouse_connect

from examples.demo.schedule import TimeRange
from examples.demo.sdk_calls import AGENT_ID, ENVIRONMENT
from sql.address import parse_address

_EVENTS: Final = "SELECT count() FROM events WHERE agent_id = {agent:String}"

# An event can be read before the facts that follow from it. Its range is confirmed once both are written.
_UNCONFIRMED: Final = "SELECT countIf(NOT confirmed) FROM latest_ranges"
_PAUSE_SECONDS: Final = 0.2

Row = Mapping[str, object]


class NotWritten(Exception):
    """Events were sent, and the worker did not write them in time."""


def statement(view: str, time_range: TimeRange) -> str:
    """Return the query for a metric view; every text in it is checked or a constant."""
    return (
        f"SELECT * FROM convostream.{view}(agent_id='{AGENT_ID}', environment='{ENVIRONMENT}', "  # noqa: S608
        f"since='{time_range.since:%Y-%m-%d %H:%M:%S}', until='{time_range.until:%Y-%m-%d %H:%M:%S}', "
        f"time_zone='{time_range.time_zone}')"
    )


class ClickHouseReader:
    """ClickHouse as the user `reader`, who may only read."""

    def __init__(self, url: str) -> None:
        self._client = clickhouse_connect.get_client(**parse_address(url).arguments, autogenerate_session_id=False)

    def view(self, name: str, time_range: TimeRange) -> list[Row]:
        """Return the rows of a metric view."""
        return list(self._client.query(statement(name, time_range)).named_results())

    def count_events(self) -> int:
        """Return how many events of the demo are in the tables."""
        return self._number(_EVENTS, {"agent": AGENT_ID})

    def wait_for_events(
        self, expected: int, seconds: float, progress: Callable[[int], None], check: Callable[[], None]
    ) -> None:
        """Wait until this many events, and all facts that follow from them, can be read.

        Raise NotWritten after the given time. `check` is called while waiting, and may raise an error of its own.
        """
        deadline = time.monotonic() + seconds
        while (count := self.count_events()) < expected or self._number(_UNCONFIRMED):
            progress(count)
            check()
            if time.monotonic() > deadline:
                raise NotWritten(f"{count:,} of {expected:,} events were written in {seconds:.0f} s")
            time.sleep(_PAUSE_SECONDS)
        progress(count)

    def _number(self, query: str, parameters: Mapping[str, object] | None = None) -> int:
        return int(self._client.query(query, parameters=dict(parameters or {})).result_rows[0][0])
