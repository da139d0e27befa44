"""The queries of metric views: one agent, the month of its events."""

from collections.abc import Mapping, Sequence
from typing import Final

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from sql.address import parse_address
from sql.objects import NAMES, Kind

VIEWS: Final = NAMES[Kind.METRIC]
SINCE: Final = "2026-04-01 00:00:00"
UNTIL: Final = "2026-05-01 00:00:00"


def client_of(url: str) -> Client:
    """Return a client of ClickHouse for many threads."""
    return clickhouse_connect.get_client(**parse_address(url).arguments, autogenerate_session_id=False)


def statement(view: str, agent: str, time_zone: str = "UTC", since: str = SINCE, until: str = UNTIL) -> str:
    """Return the query of a view, as a user writes it."""
    return (
        f"SELECT * FROM {view}(agent_id='{agent}', environment='production', "  # noqa: S608  (names of ours)
        f"since='{since}', until='{until}', time_zone='{time_zone}')"
    )


def query(
    client: Client, view: str, agent: str, since: str = SINCE, until: str = UNTIL
) -> Sequence[Mapping[str, object]]:
    """Return the rows of a view."""
    return list(client.query(statement(view, agent, since=since, until=until)).named_results())
