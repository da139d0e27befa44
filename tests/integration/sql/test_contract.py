"""Every metric view has exactly the columns of the contract, for any parameters."""

from typing import Final

import pytest
from clickhouse_connect import get_client
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from sql.objects import NAMES, Kind
from tests.support.sql.agent import Agent
from tests.support.sql.clickhouse import ClickHouse
from tests.support.sql.inbox_rows import milliseconds

COUNT, NUMBER, NAME = "UInt64", "Nullable(Float64)", "String"
PERCENTILES: Final = dict.fromkeys(("mean_seconds", "p50_seconds", "p90_seconds", "p95_seconds", "p99_seconds"), NUMBER)
COLUMNS: Final[dict[str, dict[str, str]]] = {
    "total_messages": {"messages": COUNT, "end_user_messages": COUNT, "agent_messages": COUNT},
    "total_conversations": {"conversations": COUNT, "active_conversations": COUNT, "sessions": COUNT},
    "average_response_time": PERCENTILES
    | {
        "exchanges": COUNT,
        "mean_from_last_message_seconds": NUMBER,
        "unanswered": COUNT,
        "not_measured": COUNT,
    },
    "peak_hours": {"weekday": "UInt8", "hour": "UInt8", "messages": COUNT, "conversations": COUNT},
    "daily_overview": {"day": "Date", "messages": COUNT, "active_conversations": COUNT, "new_conversations": COUNT},
    "average_conversation_duration": PERCENTILES
    | {
        "sessions": COUNT,
        "open_sessions": COUNT,
        "single_activity_sessions": COUNT,
        "conversation_mean_seconds": NUMBER,
        "conversations": COUNT,
    },
    "tool_usage": {"action_name": NAME, "calls": COUNT, "failed_calls": COUNT, "conversations": COUNT}
    | PERCENTILES
    | {"timed_calls": COUNT, "unknown_duration_calls": COUNT},
    "world_map": {"country_code": NAME, "conversations": COUNT},
    "world_map_places": {
        "country_code": NAME,
        "region": NAME,
        "city": NAME,
        "latitude": NUMBER,
        "longitude": NUMBER,
        "conversations": COUNT,
    },
    "device_usage": {"device": NAME, "conversations": COUNT},
    "individual_users": dict.fromkeys(("users", "new_users", "returning_users", "anonymous_conversations"), COUNT),
    "sources": {"source": NAME, "conversations": COUNT},
    "languages": {"language": NAME, "conversations": COUNT},
    "language_regions": {"language": NAME, "region": NAME, "conversations": COUNT},
    "human_escalation_rate": {
        "rate": NUMBER,
        "escalated_conversations": COUNT,
        "conversations": COUNT,
        "failed_escalations": COUNT,
    },
    "conversation_feedback": {
        "satisfaction": NUMBER,
        "positive": COUNT,
        "neutral": COUNT,
        "negative": COUNT,
        "unrecognised": COUNT,
        "conversations": COUNT,
        "coverage": NUMBER,
    },
    "unique_interactions": {"rate": NUMBER, "interactions": COUNT, "visited_conversations": COUNT},
}
BREAKDOWNS = {"tool_usage", "world_map", "world_map_places", "device_usage", "sources", "languages", "language_regions"}
TOTALS = sorted(set(COLUMNS) - BREAKDOWNS - {"peak_hours", "daily_overview"})
SINCE, UNTIL = milliseconds("2026-04-01 00:00:00"), milliseconds("2026-05-01 00:00:00")


def test_the_views_are_the_seventeen_of_the_contract() -> None:
    assert set(NAMES[Kind.METRIC]) == set(COLUMNS)


@pytest.mark.parametrize("view", COLUMNS)
def test_a_view_has_the_columns_of_the_contract_in_their_order_and_types(client: Client, view: str) -> None:
    described = client.query(
        f"DESCRIBE (SELECT * FROM {view}(agent_id = 'a', environment = 'production', "
        "since = '2026-04-01 00:00:00', until = '2026-05-01 00:00:00', time_zone = 'UTC'))"
    ).result_rows
    assert [(name, kind) for name, kind, *_ in described] == list(COLUMNS[view].items())


@pytest.mark.parametrize("view", TOTALS)
@pytest.mark.parametrize("until", [UNTIL, SINCE, SINCE - 1], ids=["a month", "an empty range", "a negative range"])
def test_a_view_of_totals_has_one_row_without_data(agent: Agent, view: str, until: int) -> None:
    expected = {name: 0 if kind == COUNT else None for name, kind in COLUMNS[view].items()}
    assert agent.one(view, SINCE, until) == expected


@pytest.mark.parametrize("view", sorted(BREAKDOWNS))
def test_a_breakdown_has_no_rows_without_data(agent: Agent, view: str) -> None:
    assert agent.metric(view, SINCE, UNTIL) == []


def test_peak_hours_has_168_ordered_rows_without_data(agent: Agent) -> None:
    cells = [(row["weekday"], row["hour"], row["messages"]) for row in agent.metric("peak_hours", SINCE, SINCE)]
    assert cells == [(weekday, hour, 0) for weekday in range(1, 8) for hour in range(24)]


def test_daily_overview_has_no_rows_for_an_empty_range(agent: Agent) -> None:
    assert agent.metric("daily_overview", SINCE, SINCE) == []


@pytest.mark.parametrize("view", COLUMNS)
@pytest.mark.parametrize("time_zone", ["Europe/Nowhere", ""], ids=["an unknown name", "an empty name"])
def test_an_unknown_time_zone_is_an_error_in_every_view(agent: Agent, view: str, time_zone: str) -> None:
    with pytest.raises(DatabaseError, match="Cannot load time zone"):
        agent.metric(view, SINCE, UNTIL, time_zone)


@pytest.mark.parametrize("view", COLUMNS)
def test_every_parameter_is_required(client: Client, view: str) -> None:
    with pytest.raises(DatabaseError, match="`time_zone` is not set"):
        client.query(f"SELECT * FROM {view}(agent_id = 'a', environment = 'production', since = now(), until = now())")


def test_the_reader_may_query_every_view(clickhouse: ClickHouse) -> None:
    reader = Agent(get_client(dsn=clickhouse.url(user="reader"), autogenerate_session_id=False), "a")
    for view in COLUMNS:
        reader.metric(view, SINCE, UNTIL, "Europe/Zagreb")
    for view in ("conversations", "sessions", "exchanges"):
        assert reader.count(view) == 0
