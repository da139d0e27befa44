"""Hypothesis strategies for event sets and questions about them, which shrink to few, plain and ordered events."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.oracle import History, Question, Record, Sent
from tests.oracle.date_times import epoch_ms
from tests.support.strategies.choices import DrawnChoices
from tests.support.strategies.questions import questions
from tests.support.strategies.random_events import choose_records

NOW = epoch_ms("2026-07-01T12:00:00Z")
AGENTS = ("agent-a", "agent-b")


@st.composite
def event_sets(
    draw: DrawFn,
    *,
    conversations: int = 3,
    events: int = 8,
    agent_ids: Sequence[str] = AGENTS,
    now: int = NOW,
    bad_percent: int = 5,
) -> list[Sent]:
    """Draw records to send, in order of arrival."""
    count = draw(st.integers(1, conversations))
    return choose_records(DrawnChoices(draw), count, agent_ids, now, events, bad_percent)


@st.composite
def deliveries(draw: DrawFn, *, conversations: int = 3, events: int = 8) -> list[Record]:
    """Draw records as a broker stores them, received within a minute, some without a timestamp."""
    sent = draw(event_sets(conversations=conversations, events=events))
    received = [draw(st.one_of(st.integers(NOW, NOW + 60_000), st.just(None))) for _ in sent]
    return [
        Record(each.value, at, offset=offset, key=each.key, seen_at=NOW + 60_000)
        for offset, (each, at) in enumerate(zip(sent, received, strict=True))
    ]


@st.composite
def questions_about(
    draw: DrawFn, history: History, *, agent_id: str = AGENTS[0], environment: str = "production"
) -> Question:
    """Draw a question about one scope of a history."""
    scope = (agent_id, environment)
    moments = [event.at for event in history.events if event.key[:2] == scope]
    (question,) = questions(DrawnChoices(draw), scope, moments, NOW, 1)
    return question
