"""Response times: a burst, the first agent message after it, and never across sessions."""

import pytest

from stream_processors.conversations.exchanges import ExchangeFact, Exchanges
from stream_processors.conversations.fold import fold_all
from tests.support.worker.fold_histories import DAY, GAP, START, history_of

Exchange = tuple[int, int, int | None, int | None]


def exchanges_of(*happened: tuple[str, int]) -> list[Exchange]:
    """Return the exchanges by milliseconds since the start of the history."""
    found = sorted(fold_all(history_of(*happened), GAP)[1].exchanges)
    return [
        (
            each.asked_at - START,
            each.last_asked_at - START,
            None if each.answered_at is None else each.answered_at - START,
            each.closes_at - START if each.closes_at else each.closes_at,
        )
        for each in found
    ]


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        pytest.param([("user", 0), ("agent", 7)], [(0, 0, 7, None)], id="a question and its answer"),
        pytest.param(
            [("user", 0), ("user", 3), ("agent", 7)], [(0, 3, 7, None)], id="a burst is asked with its first message"
        ),
        pytest.param(
            [("user", 0), ("agent", 7), ("agent", 9)], [(0, 0, 7, None)], id="a second answer gives no sample"
        ),
        pytest.param([("agent", 0), ("agent", 5)], [], id="an agent message that answers nothing gives none"),
        pytest.param([("agent", 0), ("user", 5), ("agent", 6)], [(5, 5, 6, None)], id="a greeting answers nothing"),
        pytest.param(
            [("user", 0), ("agent", 1), ("user", 2), ("agent", 4)],
            [(0, 0, 1, None), (2, 2, 4, None)],
            id="each burst has its answer",
        ),
        pytest.param(
            [("user", 0), ("action", 1), ("button", 2), ("silent", 3), ("user", 4), ("agent", 5)],
            [(0, 4, 5, None)],
            id="only an agent message ends a burst",
        ),
        pytest.param([("user", 0), ("agent", 0)], [(0, 0, 0, None)], id="tracked together they are still a pair"),
        pytest.param([("agent", 5), ("user", 5)], [(5, 5, 5, None)], id="of one millisecond the question goes first"),
    ],
)
def test_a_burst_is_answered_by_the_first_agent_message(
    happened: list[tuple[str, int]], expected: list[Exchange]
) -> None:
    assert exchanges_of(*happened) == expected


def test_an_unanswered_burst_carries_the_time_at_which_its_session_closes() -> None:
    assert exchanges_of(("user", 0), ("user", 5), ("button", 9)) == [(0, 5, None, 9 + GAP)]


def test_an_end_closes_an_unanswered_burst_at_once() -> None:
    assert exchanges_of(("user", 0), ("end", 5)) == [(0, 0, None, 0)]


def test_nothing_is_paired_across_sessions() -> None:
    assert exchanges_of(("user", 0), ("agent", GAP + 1)) == [(0, 0, None, GAP)]


def test_an_answer_after_exactly_the_gap_still_counts() -> None:
    assert exchanges_of(("user", 0), ("agent", GAP)) == [(0, 0, GAP, None)]


def test_a_re_opened_chat_starts_a_new_burst() -> None:
    assert exchanges_of(("user", 0), ("user", 5 * DAY), ("agent", 5 * DAY + 3)) == [
        (0, 0, None, GAP),
        (5 * DAY, 5 * DAY, 5 * DAY + 3, None),
    ]


def test_other_activity_keeps_the_burst_and_its_session_going() -> None:
    assert exchanges_of(("user", 0), ("action", GAP), ("agent", 2 * GAP)) == [(0, 0, 2 * GAP, None)]


def test_a_new_session_finishes_the_open_burst() -> None:
    exchanges = Exchanges()
    finished: list[ExchangeFact] = []
    exchanges.add_end_user_message(1)
    exchanges.end_session(10, finished)
    exchanges.add_agent_message(11, finished)
    assert finished == [ExchangeFact(1, 1, None, 10)]
    assert exchanges.open_facts(20) == []
