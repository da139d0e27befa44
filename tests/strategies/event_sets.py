"""Hypothesis strategies: event sets and questions about them, shrinking to few, plain and orderly events."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.oracle import History, Question, Record, Sent
from tests.oracle.date_times import epoch_ms
from tests.strategies.choices import DrawnChoices
from tests.strategies.questions import questions
from tests.strategies.random_events import play

NOW = epoch_ms("2026-07-01T12:00:00Z")
CALENDARS = range(epoch_ms("0002-01-01T00:00:00Z"), epoch_ms("2299-01-01T00:00:00Z"))
"""No question goes beyond: a record without a time of receipt may have occurred at the end of the year 9999."""
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
    """Records to send, in order of arrival."""
    count = draw(st.integers(1, conversations))
    return play(DrawnChoices(draw), count, agent_ids, now, events, bad_percent)


@st.composite
def deliveries(draw: DrawFn, *, conversations: int = 3, events: int = 8) -> list[Record]:
    """Records as a broker holds them, received within a minute of each other, some of them without a time."""
    sent = draw(event_sets(conversations=conversations, events=events))
    received = [draw(st.one_of(st.integers(NOW, NOW + 60_000), st.just(None))) for _ in sent]
    return [
        Record(each.value, at, offset=offset, key=each.key)
        for offset, (each, at) in enumerate(zip(sent, received, strict=True))
    ]


@st.composite
def asked(draw: DrawFn, history: History, *, agent_id: str = AGENTS[0], environment: str = "production") -> Question:
    """A question about one scope of a history."""
    scope = (agent_id, environment)
    moments = [event.at for event in history.events if event.key[:2] == scope and event.at in CALENDARS]
    (question,) = questions(DrawnChoices(draw), scope, moments, NOW, 1)
    return question
