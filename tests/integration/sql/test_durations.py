"""Response times, conversation durations and tool calls: means, nearest-rank percentiles, and what is not counted."""

import math
import random
import time
from collections.abc import Sequence

import pytest

from tests.support.sql.agent import Agent
from tests.support.sql.inbox_rows import Row, milliseconds, text

SINCE, UNTIL = milliseconds("2026-04-01 00:00:00"), milliseconds("2026-05-01 00:00:00")
NOON = milliseconds("2026-04-10 12:00:00")
NEVER = "2200-01-01 00:00:00"

# Above 1,024 ms, response times and durations that differ by less than this share are grouped.
STEP = 0.001


def statistics(samples: Sequence[float], step: float = 0) -> dict[str, object]:
    """Return mean and nearest-rank percentiles in seconds of samples in milliseconds, exact to one step."""
    ordered = sorted(samples)
    ranks = {
        name: math.ceil(level * len(ordered) / 100) - 1
        for name, level in (("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99))
    }
    values: dict[str, object] = {"mean_seconds": pytest.approx(math.fsum(ordered) / len(ordered) / 1000, rel=1e-12)}
    return values | {f"{name}_seconds": pytest.approx(ordered[rank] / 1000, rel=step) for name, rank in ranks.items()}


def shown(row: dict[str, object], names: Sequence[str] = ("mean", "p50", "p90", "p95", "p99")) -> dict[str, object]:
    return {f"{name}_seconds": row[f"{name}_seconds"] for name in names}


@pytest.mark.parametrize("number", [1, 2, 3, 10, 20, 99, 100, 101, 200, 1000])
def test_percentiles_are_the_nearest_rank(agent: Agent, number: int) -> None:
    chance = random.Random(number)
    samples = [chance.choice([chance.randrange(5, 100), chance.randrange(5, 10_000_000)]) for _ in range(number)]
    for n, sample in enumerate(samples):
        agent.exchange(f"c{n}", NOON, answered_at=text(NOON + sample))
        agent.session(f"c{n}", NOON, NOON + sample)
        agent.event(f"c{n}", "action", NOON, call_name="search", call_duration_ms=sample)
    agent.flush()
    for view, counted, step in (
        ("average_response_time", "exchanges", STEP),
        ("average_conversation_duration", "sessions", STEP),
        ("tool_usage", "timed_calls", 0),
    ):
        row = agent.one(view, SINCE, UNTIL)
        assert (shown(row), row[counted]) == (statistics(samples, step), number)


@pytest.mark.parametrize("sample", [5, 1_023, 1_024, 1_025, 2_049, 90_001, 10_000_001, 3_000_000_019])
def test_a_percentile_is_exact_in_a_group_with_one_duration(agent: Agent, sample: int) -> None:
    for n, each in enumerate([sample, sample * 2]):
        agent.exchange(f"c{n}", NOON, answered_at=text(NOON + each))
        agent.session(f"c{n}", NOON, NOON + each)
    agent.flush()
    for view in ("average_response_time", "average_conversation_duration"):
        row = agent.one(view, SINCE, UNTIL)
        assert (row["p50_seconds"], row["p99_seconds"]) == (sample / 1000, sample * 2 / 1000)


def test_samples_under_five_milliseconds_are_counted_as_not_measured(agent: Agent) -> None:
    for n, sample in enumerate([0, 4, 5, 15]):
        agent.exchange(f"c{n}", NOON, answered_at=text(NOON + sample))
    agent.flush()
    row = agent.one("average_response_time", SINCE, UNTIL)
    assert (row["not_measured"], row["exchanges"], row["mean_seconds"], row["p50_seconds"]) == (2, 2, 0.01, 0.005)


def test_the_other_mean_is_measured_from_the_last_message_over_the_same_exchanges(agent: Agent) -> None:
    agent.exchange("a", NOON, last_asked_at=text(NOON + 6000), answered_at=text(NOON + 10_000))
    agent.exchange("b", NOON, last_asked_at=text(NOON + 18_000), answered_at=text(NOON + 20_000))
    agent.exchange("c", NOON, last_asked_at=text(NOON + 3), answered_at=text(NOON + 3))
    agent.flush()
    row = agent.one("average_response_time", SINCE, UNTIL)
    assert (row["mean_seconds"], row["mean_from_last_message_seconds"]) == (15.0, 3.0)


def test_a_question_is_unanswered_once_its_session_is_closed(agent: Agent) -> None:
    agent.exchange("closed", NOON, closes_at=text(NOON + 1_800_000))
    agent.exchange("ended", NOON, closes_at="1970-01-01 00:00:00")
    agent.exchange("open", NOON, closes_at=NEVER)
    agent.flush()
    row = agent.one("average_response_time", SINCE, UNTIL)
    assert (row["unanswered"], row["exchanges"], row["mean_seconds"]) == (2, 0, None)


def test_an_exchange_counts_by_the_time_of_its_first_question(agent: Agent) -> None:
    agent.exchange("before", SINCE - 1, answered_at=text(SINCE + 5000))
    agent.exchange("first", SINCE, answered_at=text(SINCE + 1000))
    agent.exchange("last", UNTIL - 1, answered_at=text(UNTIL + 1000))
    agent.exchange("after", UNTIL, answered_at=text(UNTIL + 5000))
    agent.flush()
    assert agent.one("average_response_time", SINCE, UNTIL)["exchanges"] == 2


def test_the_three_counts_of_sessions_sum_to_the_sessions_started(agent: Agent) -> None:
    agent.session("measured", NOON, NOON + 60_000)
    agent.session("single", NOON, NOON, activities=1)
    agent.session("open", NOON, NOON + 60_000, closes_at=NEVER)
    agent.session("open single", NOON, NOON, activities=1, closes_at=NEVER)
    agent.flush()
    row = agent.one("average_conversation_duration", SINCE, UNTIL)
    assert (row["sessions"], row["single_activity_sessions"], row["open_sessions"]) == (1, 1, 2)
    assert agent.one("total_conversations", SINCE, UNTIL)["sessions"] == 4


def test_a_session_closes_by_the_clock_of_clickhouse(agent: Agent) -> None:
    now = time.time_ns() // 1_000_000
    agent.session("past", now - 10_000, now - 9_000, closes_at=text(now - 5_000))
    agent.session("to come", now - 10_000, now - 9_000, closes_at=text(now + 600_000))
    agent.flush()
    row = agent.one("average_conversation_duration", now - 60_000, now + 60_000)
    assert (row["sessions"], row["open_sessions"], row["mean_seconds"]) == (1, 1, 1.0)


def test_an_explicit_end_ends_only_its_session(agent: Agent) -> None:
    span: Row = {"conversation_last_activity_at": text(NOON + 10_000), "conversation_activities": 2}
    agent.session(
        "c", NOON, NOON + 10_000, ended_at=text(NOON + 30_000), **span, conversation_closes_at="1970-01-01 00:00:00"
    )
    agent.flush()
    row = agent.one("average_conversation_duration", SINCE, UNTIL)
    assert (row["mean_seconds"], row["conversation_mean_seconds"], row["conversations"]) == (30.0, 10.0, 1)


@pytest.mark.parametrize(
    ("activities", "closes_at", "counted"),
    [(2, "2026-04-10 14:00:00", 1), (1, "2026-04-10 14:00:00", 0), (2, NEVER, 0)],
    ids=["two activities, all closed", "a single activity", "one session is open"],
)
def test_a_conversation_spans_all_its_closed_sessions(
    agent: Agent, activities: int, closes_at: str, counted: int
) -> None:
    span: Row = {"conversation_last_activity_at": text(NOON + 7_200_000), "conversation_activities": activities}
    agent.session("c", NOON, NOON + 1000, **span, conversation_closes_at=closes_at)
    agent.session("c", NOON + 7_200_000, NOON + 7_200_000, activities=1)
    agent.flush()
    row = agent.one("average_conversation_duration", SINCE, UNTIL)
    assert (row["conversations"], row["conversation_mean_seconds"]) == (counted, 7200.0 if counted else None)


def test_tools_are_counted_by_name_most_calls_first(agent: Agent) -> None:
    for n, (name, duration, failed) in enumerate(
        [("b", 10, 0), ("b", None, 1), ("a", None, 0), ("c", 5, 0), ("c", 7, 1), ("c", 9, 1)]
    ):
        agent.event(f"conversation {n % 2}", "action", NOON, call_name=name, call_duration_ms=duration, failed=failed)
    agent.event("conversation 0", "token_usage", NOON)
    agent.event("conversation 0", "action", UNTIL, call_name="b")
    agent.flush()
    columns = (
        "action_name",
        "calls",
        "failed_calls",
        "conversations",
        "timed_calls",
        "unknown_duration_calls",
        "mean_seconds",
    )
    assert [tuple(row[name] for name in columns) for row in agent.metric("tool_usage", SINCE, UNTIL)] == [
        ("c", 3, 2, 2, 3, 0, 0.007),
        ("b", 2, 1, 2, 1, 1, 0.01),
        ("a", 1, 0, 1, 0, 1, None),
    ]
