"""Random events with hostile texts, written once; a new API client for each test."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from tests.oracle import History, Question
from tests.support.dashboard.api_client import Api, running_api
from tests.support.stack.harness import Harness, history, unique_agent
from tests.support.strategies.random_events import generate
from tests.support.strategies.timelines import DAY, HOUR, MINUTE

SEED = 7
CONVERSATIONS = 80


@dataclass(frozen=True, slots=True)
class DeliveredEvents:
    """The delivered records of one agent, and questions about them."""

    agent_id: str
    history: History
    questions: Sequence[Question]


@pytest.fixture(scope="session")
def delivered_events(harness: Harness) -> DeliveredEvents:
    """Send a random set of events of one agent."""
    agent_id, now = unique_agent("dashboard"), harness.now()
    known = history(harness.send(generate(SEED, CONVERSATIONS, agent_ids=[agent_id], now=now)))
    harness.drain()
    return DeliveredEvents(agent_id, known, tuple(_questions(agent_id, now)))


def _questions(agent_id: str, now: int) -> list[Question]:
    """Yield all data, a range with partial hours in a time zone at :45, and the day of a clock change."""
    march = 1_774_738_800_000  # 2026-03-28T23:00Z, midnight in Zagreb
    return [
        Question(agent_id, "production", now - 400 * DAY, now + DAY, "Europe/Zagreb", now),
        Question(agent_id, "production", now - 20 * DAY - 7 * HOUR - 1, now - 50 * MINUTE + 1, "Asia/Kathmandu", now),
        Question(agent_id, "production", march, march + 23 * HOUR, "Europe/Zagreb", now),
        Question(agent_id, "staging", now - 60 * DAY, now, "Australia/Lord_Howe", now),
    ]


@pytest.fixture
async def api(harness: Harness) -> AsyncIterator[Api]:
    """Return a client of the API without a token."""
    async with running_api(harness) as served:
        yield served
