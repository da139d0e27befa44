"""Sessions with another gap and another time of the query."""

import pytest

from tests.oracle import History, Question, Record, Settings
from tests.oracle.cases import Script
from tests.oracle.date_times import epoch_ms

TEN = epoch_ms("2024-04-02T10:00:00Z")
MINUTE = 60_000


def _sessions(script: Script, now: int, gap_minutes: int = 30) -> tuple[object, object]:
    history = History([Record(sent.value, now) for sent in script.sent], Settings(session_gap_minutes=gap_minutes))
    question = Question("agent", "production", 0, now + 60 * MINUTE, "UTC", now)
    (row,) = history.view("average_conversation_duration", question)
    return row[5], row[6]


@pytest.mark.parametrize(
    ("minutes", "open_sessions"), [(0, 1), (30, 1), (30 + 1 / MINUTE, 0), (31, 0)], ids=lambda value: str(value)
)
def test_a_session_closes_once_more_than_the_gap_has_passed(minutes: float, open_sessions: int) -> None:
    script = Script("agent", TEN)
    script.user(TEN - MINUTE)
    script.agent(TEN)
    now = TEN + round(minutes * MINUTE)
    assert _sessions(script, now) == (1 - open_sessions, open_sessions)


def test_a_later_session_alone_does_not_close() -> None:
    script = Script("agent", TEN)
    script.user(TEN - 10 * MINUTE)
    script.user(TEN + 4 * MINUTE)
    assert _sessions(script, TEN, gap_minutes=12) == (0, 2)


def test_the_gap_is_a_setting() -> None:
    script = Script("agent", TEN)
    for minute in (0, 1, 3):
        script.user(TEN + minute * MINUTE)
    later = TEN + 600 * MINUTE
    assert _sessions(script, later, gap_minutes=2) == (1, 0)
    assert _sessions(script, later, gap_minutes=1) == (1, 0)
    assert _sessions(script, later, gap_minutes=1440) == (0, 1)
