"""Ranges are exact to the millisecond in every time zone: random ranges against a computation without SQL."""

import random
from collections.abc import Iterator
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client

from tests.support.sql import expected_views as expected
from tests.support.sql.agent import Agent
from tests.support.sql.expected_views import SentMessage
from tests.support.sql.inbox_rows import milliseconds, text

QUARTER_HOUR = 900_000
ZONES = {
    "UTC": "2026-03-29 01:00:00",
    "Europe/Zagreb": "2026-03-29 01:00:00",
    "Asia/Kathmandu": "2026-03-29 01:00:00",
    "Australia/Lord_Howe": "2026-04-04 15:00:00",
    "America/St_Johns": "2010-11-07 02:31:00",
    "Pacific/Apia": "2011-12-30 10:00:00",
}


def conversation_of(chance: random.Random, around: int) -> Iterator[SentMessage]:
    """Return a conversation of up to six messages, some of them exactly at the edge of a quarter-hour."""
    name, customer = f"c{chance.random()}", chance.choice(["", "anna", "ben", f"u{chance.randrange(40)}"])
    start = around + chance.randrange(-3 * 86_400_000, 3 * 86_400_000)
    start = chance.choice([start, start - start % QUARTER_HOUR, around + chance.randrange(-120_000, 120_000)])
    for _ in range(chance.randrange(1, 7)):
        yield SentMessage(start, name, chance.choice(["end_user", "agent"]), customer)
        start += chance.choice([0, 1, 60_000, QUARTER_HOUR, chance.randrange(7_200_000)])


def state(agent: Agent, messages: list[SentMessage]) -> None:
    """Insert the messages with the facts that a worker would derive from them."""
    written = [m for m in messages if m.sender == "end_user"]
    first_written = expected.first_times(written, "conversation")
    customers = {m.conversation: m.customer for m in messages}
    for message in messages:
        agent.message(message.conversation, message.at, message.sender)
    for conversation, at in expected.first_times(messages, "conversation").items():
        first = text(first_written.get(conversation))
        agent.conversation(conversation, at, customer=customers[conversation], first_end_user_message_at=first)
    for conversation, quarter_hour in {(m.conversation, m.at // QUARTER_HOUR) for m in written}:
        agent.wrote(conversation, quarter_hour * QUARTER_HOUR, customers[conversation])
    agent.flush()


def random_range(chance: random.Random, messages: list[SentMessage]) -> tuple[int, int]:
    """Return a range whose edges are messages, quarter-hours or any times; sometimes it is empty."""
    edges = []
    for _ in range(2):
        at = chance.choice(messages).at + chance.choice([0, 0, 1, -1, chance.randrange(-QUARTER_HOUR, QUARTER_HOUR)])
        edges.append(chance.choice([at, at, at - at % QUARTER_HOUR]))
    return (edges[0], edges[1]) if chance.random() < 0.1 else (min(edges), max(edges))


@pytest.mark.parametrize("name", ZONES)
def test_any_range_is_exact_to_the_millisecond_around_a_change_of_the_clock(client: Client, name: str) -> None:
    chance, zone = random.Random(name), ZoneInfo(name)
    agent = Agent(client, f"agent-{uuid4()}")
    messages = [m for _ in range(120) for m in conversation_of(chance, milliseconds(ZONES[name]))]
    state(agent, messages)
    for _ in range(12):
        since, until = random_range(chance, messages)
        assert agent.one("total_messages", since, until, name) == expected.total_messages(messages, since, until)
        assert agent.one("individual_users", since, until, name) == expected.individual_users(messages, since, until)
        cells = {
            (r["weekday"], r["hour"]): (r["messages"], r["conversations"])
            for r in agent.metric("peak_hours", since, until, name)
        }
        assert {cell: counts for cell, counts in cells.items() if any(counts)} == expected.peak_hours(
            messages, since, until, zone
        )
        overview = agent.metric("daily_overview", since, until, name)
        days = {r["day"]: (r["messages"], r["active_conversations"], r["new_conversations"]) for r in overview}
        assert days == expected.daily_overview(messages, since, until, zone)
        assert [r["day"] for r in overview] == expected.days(since, until, zone)
        active = {m.conversation for m in messages if since <= m.at < until}
        assert agent.one("total_conversations", since, until, name)["active_conversations"] == len(active)


def test_a_range_may_contain_all_times(agent: Agent) -> None:
    moments = ["2000-01-01 00:00:00", "2026-04-01 12:00:00.001", "2026-04-01 12:14:59.999"]
    messages = [SentMessage(milliseconds(at), f"c{n}", "end_user", "anna") for n, at in enumerate(moments)]
    state(agent, messages)
    everything = milliseconds("1900-01-01 00:00:00"), milliseconds("2299-12-31 23:59:59.999")
    assert agent.one("total_messages", *everything)["messages"] == 3
    assert agent.one("total_conversations", *everything)["conversations"] == 3
    assert agent.one("individual_users", *everything)["new_users"] == 1
    assert sum(int(str(row["messages"])) for row in agent.metric("daily_overview", *everything)) == 3
