"""The fold: all facts of a conversation, compared with the definitions and with the order that rule 9 asks for."""

from hypothesis import given
from hypothesis import strategies as st

from stream_processors.conversations import events as kinds
from stream_processors.conversations.events import FoldEvent, rank_of
from stream_processors.conversations.fold import Facts, Finished, Fold, fold_all
from tests.support.worker.fold_histories import DAY, GAP, START, event_of, histories, history_of, net_of
from tests.support.worker.reference_fold import facts_by_definition


@given(histories(), st.sampled_from([60_000, 900_000, GAP, DAY]))
def test_the_fold_gives_the_facts_of_the_definitions(events: list[FoldEvent], gap: int) -> None:
    assert net_of(fold_all(sorted(events), gap)[1]) == net_of(facts_by_definition(events, gap))


@given(histories())
def test_the_facts_of_a_kind_are_distinct(events: list[FoldEvent]) -> None:
    for counter in net_of(fold_all(sorted(events), GAP)[1]):
        assert set(counter.values()) <= {1}


@given(histories(), st.integers(0, 14))
def test_finished_facts_stay_whatever_follows(events: list[FoldEvent], kept: int) -> None:
    ordered = sorted(events)
    fold, finished = Fold(GAP), Finished()
    for event in ordered[:kept]:
        fold.step(event, finished)
    _, facts = fold_all(ordered, GAP)
    assert set(finished.sessions) <= set(facts.sessions)
    assert set(finished.exchanges) <= set(facts.exchanges)


def test_no_events_give_no_facts() -> None:
    assert fold_all([], GAP)[1] == Facts()


def test_events_are_ordered_by_time_then_end_user_messages_then_id() -> None:
    ordered = [
        event_of(kinds.BUTTON, START - 1, "ff"),
        event_of(kinds.END_USER_MESSAGE, START, "aa"),
        event_of(kinds.END_USER_MESSAGE, START, "bb"),
        event_of(kinds.VISIT, START, "00"),
        event_of(kinds.AGENT_MESSAGE, START, "0a"),
        event_of(kinds.END, START, "a0"),
        event_of(kinds.END_USER_MESSAGE, START + 1, "00"),
    ]
    arrived = ordered[::-1]
    assert sorted(arrived) == ordered


def test_only_end_user_messages_precede_other_events_of_the_millisecond() -> None:
    assert [kind for kind in range(kinds.SILENT + 1) if rank_of(kind) == 0] == [kinds.END_USER_MESSAGE]


def test_a_visit_a_rating_an_end_and_silent_events_engage_nothing() -> None:
    _, facts = fold_all(history_of(("visit", 0), ("rating", 1), ("end", 2), ("silent", 3)), GAP)
    fact = facts.conversations[0]
    assert (fact.engaged_at, fact.visited_at) == (None, START)
    assert facts.sessions == []


def test_each_engaging_event_engages() -> None:
    for word in ("user", "agent", "action", "button", "engaged"):
        _, facts = fold_all(history_of(("visit", 0), (word, 1_000)), GAP)
        assert facts.conversations[0].engaged_at == START + 1_000, word


def test_an_engagement_is_no_activity() -> None:
    assert fold_all(history_of(("engaged", 0)), GAP)[1].sessions == []


def test_the_quarter_hours_are_those_with_a_message_of_the_end_user() -> None:
    _, facts = fold_all(
        history_of(("user", 0), ("user", 899_999), ("agent", 900_000), ("button", 1_800_000), ("user", 2_700_000)), GAP
    )
    first = START // 900_000
    assert facts.end_user_activity == [(first, None), (first + 3, None)]


def test_open_facts_give_the_quarter_hours_from_an_index_on() -> None:
    fold, _ = fold_all(history_of(("user", 0), ("user", DAY), ("user", 2 * DAY)), GAP)
    assert [quarter for quarter, _ in fold.open_facts(2).end_user_activity] == [(START + 2 * DAY) // 900_000]
