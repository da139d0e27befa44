"""Breakdowns, rates and the plain views: the facts of a conversation after corrections."""

import pytest

from tests.support.sql.agent import Agent
from tests.support.sql.inbox_rows import Row, milliseconds, text

SINCE, UNTIL = milliseconds("2026-04-01 00:00:00"), milliseconds("2026-05-01 00:00:00")
NOON = milliseconds("2026-04-10 12:00:00")
ZAGREB: Row = {"country_code": "HR", "region": "Zagreb", "city": "Zagreb", "latitude": 45.8, "longitude": 15.9}
SPLIT: Row = {"country_code": "HR", "region": "Split", "city": "Split", "latitude": 43.5, "longitude": 16.4}
UNKNOWN = "unknown"


def test_a_breakdown_is_ordered_by_number_then_name_and_unknown_is_a_row(agent: Agent) -> None:
    for n, device in enumerate(["tablet", "desktop", UNKNOWN, "mobile", "mobile"]):
        agent.conversation(f"c{n}", NOON, device_class=device)
    agent.flush()
    rows = [(row["device"], row["conversations"]) for row in agent.metric("device_usage", SINCE, UNTIL)]
    assert rows == [("mobile", 2), ("desktop", 1), ("tablet", 1), (UNKNOWN, 1)]


def test_conversations_count_by_the_time_of_engagement(agent: Agent) -> None:
    for n, engaged_at in enumerate([SINCE - 1, SINCE, UNTIL - 1, UNTIL, None]):
        agent.conversation(f"c{n}", engaged_at, source_name=f"s{n}", visited_at=text(NOON))
    agent.flush()
    assert [row["source"] for row in agent.metric("sources", SINCE, UNTIL)] == ["s1", "s2"]
    assert agent.one("total_conversations", SINCE, UNTIL)["conversations"] == 2


def test_places_are_distinct_with_their_coordinates(agent: Agent) -> None:
    places: tuple[Row, ...] = (ZAGREB, ZAGREB, SPLIT, ZAGREB | {"latitude": 45.9}, {})
    for n, place in enumerate(places):
        agent.conversation(f"c{n}", NOON, **place)
    agent.flush()
    assert [tuple(row.values()) for row in agent.metric("world_map_places", SINCE, UNTIL)] == [
        ("HR", "Zagreb", "Zagreb", 45.8, 15.9, 2),
        ("HR", "Split", "Split", 43.5, 16.4, 1),
        ("HR", "Zagreb", "Zagreb", 45.9, 15.9, 1),
        (UNKNOWN, UNKNOWN, UNKNOWN, None, None, 1),
    ]
    assert [tuple(row.values()) for row in agent.metric("world_map", SINCE, UNTIL)] == [("HR", 4), (UNKNOWN, 1)]


def test_languages_keep_their_region_for_drill_down(agent: Agent) -> None:
    for n, (language, region) in enumerate([("en", "US"), ("en", "GB"), ("en", "US"), ("hr", UNKNOWN)]):
        agent.conversation(f"c{n}", NOON, language_code=language, language_region=region)
    agent.flush()
    assert [tuple(row.values()) for row in agent.metric("languages", SINCE, UNTIL)] == [("en", 3), ("hr", 1)]
    regions = [tuple(row.values()) for row in agent.metric("language_regions", SINCE, UNTIL)]
    assert regions == [("en", "US", 2), ("en", "GB", 1), ("hr", UNKNOWN, 1)]


def test_the_escalation_rate_comes_with_its_counts(agent: Agent) -> None:
    for n, (escalated, failed) in enumerate([(1, 1), (1, 0), (0, 0), (0, 0)]):
        agent.conversation(f"c{n}", NOON, escalated=escalated, escalation_failed=failed)
    agent.flush()
    row = agent.one("human_escalation_rate", SINCE, UNTIL)
    assert row == {"rate": 0.5, "escalated_conversations": 2, "conversations": 4, "failed_escalations": 1}


def test_satisfaction_excludes_unrecognised_ratings(agent: Agent) -> None:
    for n, rating in enumerate(["positive", "positive", "neutral", "negative", "unrecognised", "", "", ""]):
        agent.conversation(f"c{n}", NOON, verdict=rating)
    agent.flush()
    row = agent.one("conversation_feedback", SINCE, UNTIL)
    assert (row["satisfaction"], row["coverage"], row["conversations"]) == (0.5, 0.5, 8)
    assert (row["positive"], row["neutral"], row["negative"], row["unrecognised"]) == (2, 1, 1, 1)


def test_interactions_count_by_the_earliest_visit(agent: Agent) -> None:
    agent.conversation("engaged later", UNTIL + 5, visited_at=text(UNTIL - 1))
    agent.conversation("never engaged", None, visited_at=text(SINCE))
    agent.conversation("never visited", NOON)
    agent.conversation("visited before", NOON, visited_at=text(SINCE - 1))
    agent.flush()
    row = agent.one("unique_interactions", SINCE, UNTIL)
    assert row == {"rate": 0.5, "interactions": 1, "visited_conversations": 2}


def test_a_customer_who_wrote_before_the_range_is_returning(agent: Agent) -> None:
    for name, customer, at in (("a", "anna", SINCE - 1), ("b", "anna", NOON), ("c", "ben", NOON), ("d", "", NOON)):
        agent.message(name, at)
        agent.conversation(name, at, customer=customer, first_end_user_message_at=text(at))
        agent.wrote(name, at, customer)
    agent.flush()
    row = agent.one("individual_users", SINCE, UNTIL)
    assert row == {"users": 2, "new_users": 1, "returning_users": 1, "anonymous_conversations": 1}


def test_a_customer_id_that_arrives_late_replaces_the_anonymous_user(agent: Agent) -> None:
    agent.message("c", NOON)
    agent.wrote("c", NOON, "")
    agent.conversation("c", NOON, first_end_user_message_at=text(NOON))
    agent.flush()
    agent.wrote("c", NOON, "", sign=-1)
    agent.wrote("c", NOON, "anna")
    agent.conversation("c", NOON, first_end_user_message_at=text(NOON), sign=-1)
    agent.conversation("c", NOON, first_end_user_message_at=text(NOON), customer="anna")
    agent.flush()
    for since in (SINCE, NOON):
        row = agent.one("individual_users", since, NOON + 1)
        assert row == {"users": 1, "new_users": 1, "returning_users": 0, "anonymous_conversations": 0}


@pytest.mark.parametrize("merged", [False, True], ids=["before merging", "after merging"])
def test_a_removed_fact_counts_nowhere(agent: Agent, merged: bool) -> None:
    for sign in (-1, 1):  # the correction may be merged before the row that it corrects
        agent.conversation(
            "c", NOON, sign=sign, country_code="HR", verdict="positive", escalated=1, visited_at=text(NOON)
        )
        agent.session("c", NOON, NOON + 5000, sign=sign)
        agent.exchange("c", NOON, sign=sign, answered_at=text(NOON + 5000))
        agent.wrote("c", NOON, "anna", sign=sign)
        agent.flush()
    if merged:
        for table in ("conversation_facts", "session_facts", "exchange_facts", "end_user_activity"):
            agent.client.command(f"OPTIMIZE TABLE {table} FINAL")
    assert agent.metric("world_map", SINCE, UNTIL) == []
    for view in ("average_response_time", "average_conversation_duration", "individual_users", "unique_interactions"):
        assert set(agent.one(view, SINCE, UNTIL).values()) <= {0, None}
    for view in ("conversations", "sessions", "exchanges"):
        assert agent.count(view) == 0


def test_the_plain_views_show_one_row_each_with_the_id_of_the_conversation(agent: Agent) -> None:
    for sign, country in ((1, UNKNOWN), (-1, UNKNOWN), (1, "HR")):
        agent.conversation("c", NOON, sign=sign, country_code=country)
    agent.event("c", "conversation_engaged", NOON, name="An old title")
    agent.event("c", "conversation_engaged", NOON + 1, name="A title")
    agent.event("c", "conversation_engaged", NOON + 2)
    agent.session("c", NOON, NOON + 5000)
    agent.exchange("c", NOON, answered_at=text(NOON + 5000))
    agent.exchange("c", NOON + 6000, closes_at="1970-01-01 00:00:00")
    agent.flush()
    queries = {
        "SELECT conversation_id, country_code, name FROM conversations": [("c", "HR", "A title")],
        "SELECT conversation_id, activities, closed FROM sessions": [("c", 2, 1)],
        "SELECT conversation_id, unanswered FROM exchanges": [("c", 0), ("c", 1)],
    }
    for query, rows in queries.items():
        asked = f"{query} WHERE agent_id = {{agent:String}} ORDER BY ALL"
        assert agent.client.query(asked, parameters={"agent": agent.agent_id}).result_rows == rows


def test_another_environment_is_another_scope(agent: Agent) -> None:
    agent.message("c", NOON)
    agent.conversation("c", NOON)
    agent.session("c", NOON, NOON)
    agent.rows = [row | {"environment": "staging"} for row in agent.rows]
    agent.flush()
    assert set(agent.one("total_conversations", SINCE, UNTIL).values()) == {0}
    assert agent.one("total_messages", SINCE, UNTIL)["messages"] == 0
