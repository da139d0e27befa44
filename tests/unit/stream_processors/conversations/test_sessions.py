"""Sessions: gaps, explicit ends, and the span that a conversation's first session carries."""

import pytest

from stream_processors.conversations.fold import fold_all
from stream_processors.conversations.sessions import CLOSED_BY_AN_END, SessionFact, Sessions
from tests.support.worker.fold_histories import DAY, GAP, START, history_of

MINUTE = 60_000


def sessions_of(*happened: tuple[str, int]) -> list[SessionFact]:
    return sorted(fold_all(history_of(*happened), GAP)[1].sessions, key=lambda session: session.started_at)


def shape(sessions: list[SessionFact]) -> list[tuple[int, int, int]]:
    return [(each.started_at - START, each.last_activity_at - START, each.activities) for each in sessions]


@pytest.mark.parametrize(
    ("gap", "sessions"),
    [
        pytest.param(GAP - 1, 1, id="a millisecond less than the gap does not split"),
        pytest.param(GAP, 1, id="a gap of exactly 30 minutes does not split"),
        pytest.param(GAP + 1, 2, id="a millisecond more splits"),
    ],
)
def test_a_longer_gap_than_the_setting_splits(gap: int, sessions: int) -> None:
    assert len(sessions_of(("user", 0), ("agent", gap))) == sessions


@pytest.mark.parametrize("word", ["user", "agent", "action", "button"])
def test_messages_actions_and_buttons_are_activity(word: str) -> None:
    assert shape(sessions_of((word, 0))) == [(0, 0, 1)]


@pytest.mark.parametrize("word", ["visit", "engaged", "rating", "silent", "end"])
def test_no_other_event_extends_a_session(word: str) -> None:
    assert shape(sessions_of(("user", 0), (word, GAP), ("user", 2 * GAP))) == [(0, 0, 1), (2 * GAP, 2 * GAP, 1)]


def test_activity_of_the_same_millisecond_is_one_session_without_length() -> None:
    assert shape(sessions_of(("user", 0), ("agent", 0), ("button", 0))) == [(0, 0, 3)]


def test_an_open_session_closes_a_gap_after_its_last_activity() -> None:
    assert sessions_of(("user", 0), ("agent", 5))[0].closes_at == START + 5 + GAP


@pytest.mark.parametrize(
    ("ends", "ended_at", "is_closed"),
    [
        pytest.param([9_999], None, False, id="before the last activity it counts for nothing"),
        pytest.param([10_000], 10_000, True, id="at the last activity it counts"),
        pytest.param([10_000 + GAP], 10_000 + GAP, True, id="exactly the gap later it counts"),
        pytest.param([10_001 + GAP], None, True, id="more than the gap later it closes, but is no end of the session"),
        pytest.param([15_000, 12_000, 20_000], 12_000, True, id="the earliest at or after the last activity counts"),
        pytest.param([5_000, 12_000], 12_000, True, id="one before the last activity does not hide a later one"),
        pytest.param([10_000, 10_000], 10_000, True, id="two at once are one"),
    ],
)
def test_an_end_at_or_after_the_last_activity_closes(ends: list[int], ended_at: int | None, is_closed: bool) -> None:
    (session,) = sessions_of(("user", 0), ("agent", 10_000), *(("end", end) for end in ends))
    assert session.ended_at == (None if ended_at is None else START + ended_at)
    assert session.closes_at == (CLOSED_BY_AN_END if is_closed else START + 10_000 + GAP)


def test_activity_after_an_end_and_within_the_gap_belongs_to_the_same_session() -> None:
    (session,) = sessions_of(("user", 0), ("end", MINUTE), ("user", 2 * MINUTE))
    assert (session.ended_at, session.closes_at, session.activities) == (None, START + 2 * MINUTE + GAP, 2)


@pytest.mark.parametrize(
    ("end", "first_is_ended", "second_is_ended"),
    [
        pytest.param(DAY - 1, True, False, id="before the next session it closes the one before"),
        pytest.param(DAY, False, True, id="at the start of the next session it closes that one alone"),
        pytest.param(DAY + 1, False, True, id="after it as well"),
    ],
)
def test_an_end_belongs_to_one_session(end: int, first_is_ended: bool, second_is_ended: bool) -> None:
    closed = [each.closes_at == CLOSED_BY_AN_END for each in sessions_of(("user", 0), ("user", DAY), ("end", end))]
    assert closed == [first_is_ended, second_is_ended]


@pytest.mark.parametrize("first", ["button", "end"])
def test_an_end_at_the_millisecond_of_the_activity_counts_whichever_id_is_lower(first: str) -> None:
    second = "end" if first == "button" else "button"
    assert [each.ended_at for each in sessions_of((first, 0), (second, 0))] == [START]


def test_a_conversation_of_ends_alone_has_no_session() -> None:
    assert sessions_of(("end", 0), ("end", 5)) == []


def test_an_end_before_the_first_activity_is_ignored() -> None:
    assert sessions_of(("end", 0), ("user", 5))[0].closes_at == START + 5 + GAP


def test_the_first_session_alone_carries_the_span_of_the_conversation() -> None:
    first, second, third = sessions_of(("user", 0), ("user", DAY), ("agent", DAY + 9), ("user", 2 * DAY))
    assert first.conversation_last_activity_at == START + 2 * DAY
    assert first.conversation_activities == 4
    assert first.conversation_closes_at == START + 2 * DAY + GAP
    assert second[5:] == third[5:] == (None, None, None)


def test_a_conversation_closes_with_the_latest_of_its_sessions() -> None:
    first, _ = sessions_of(("user", 0), ("user", DAY), ("end", DAY))
    assert first.conversation_closes_at == START + GAP


def test_a_conversation_all_of_whose_sessions_have_an_end_is_closed_at_once() -> None:
    first, _ = sessions_of(("user", 0), ("end", 0), ("user", DAY), ("end", DAY))
    assert first.conversation_closes_at == CLOSED_BY_AN_END


def test_a_finished_session_is_returned_unless_it_is_the_first() -> None:
    sessions = Sessions(GAP)
    finished: list[SessionFact] = []
    left = [sessions.add_activity(at, finished) for at in (0, DAY, 2 * DAY)]
    assert [each and each.started_at for each in left] == [None, 0, DAY]
    assert [each.started_at for each in finished] == [DAY]
    assert [each.started_at for each in sessions.open_facts()] == [0, 2 * DAY]
