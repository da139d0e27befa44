"""Conversations: whatever the order of arrival, the net of all signed changes is the fold of the events in order."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.conversations import events as kinds
from stream_processors.conversations.compact import CompactConversation
from stream_processors.conversations.conversation import Changes, ConversationState, signed
from stream_processors.conversations.events import FoldEvent, Profile
from stream_processors.conversations.fold import Facts, fold_all
from stream_processors.conversations.key import ConversationKey, conversation_hash
from tests.support.worker.fold_histories import (
    DAY,
    GAP,
    START,
    Net,
    apply_changes,
    event_of,
    histories,
    history_of,
    net_of,
    profiles,
    signed_facts,
    split_at,
)

places = st.lists(st.integers(0, 100), max_size=8)


def facts_of(events: list[FoldEvent]) -> Net:
    return net_of(fold_all(sorted(events), GAP)[1])


def check_net(net: Net, events: list[FoldEvent]) -> None:
    assert net == facts_of(events)
    assert all(count == 1 for counter in net for count in counter.values())


@given(histories(), places)
def test_the_net_of_all_changes_is_the_fold_of_the_sorted_events(events: list[FoldEvent], edges: list[int]) -> None:
    conversation, net, arrived = ConversationState(GAP), net_of(Facts()), []
    for batch in split_at(events, edges):
        arrived += batch
        apply_changes(net, conversation.absorb(batch))
        check_net(net, arrived)
    assert conversation.events == sorted(events)


@given(histories(most=10))
def test_one_event_at_a_time_gives_the_same_as_all_at_once(events: list[FoldEvent]) -> None:
    slowly, net = ConversationState(GAP), net_of(Facts())
    for event in events:
        apply_changes(net, slowly.absorb([event]))
    check_net(net, events)


@given(histories(), places)
def test_an_ordered_history_in_batches_gives_the_same(events: list[FoldEvent], edges: list[int]) -> None:
    conversation, net = ConversationState(GAP), net_of(Facts())
    for batch in split_at(sorted(events), edges):
        apply_changes(net, conversation.absorb(batch))
    check_net(net, events)


@given(histories(), places)
def test_no_change_has_a_fact_twice_or_with_both_signs(events: list[FoldEvent], edges: list[int]) -> None:
    conversation = ConversationState(GAP)
    for batch in split_at(events, edges):
        for changed in signed_facts(conversation.absorb(batch)):
            named = Counter(fact for fact, _ in changed)
            assert all(count == 1 for count in named.values())
            assert {sign for _, sign in changed} <= {1, -1}


@given(histories(), st.integers(0, 14), places)
def test_a_loaded_conversation_continues_like_one_that_stayed_in_memory(
    events: list[FoldEvent], kept: int, edges: list[int]
) -> None:
    past, coming = events[:kept], events[kept:]
    stayed, recalled = ConversationState(GAP), ConversationState(GAP, past)
    if past:
        stayed.absorb(list(past))
    net = facts_of(past)
    for batch in split_at(coming, edges) if coming else []:
        changes = recalled.absorb(list(batch))
        assert as_sets(stayed.absorb(list(batch))) == as_sets(changes)
        apply_changes(net, changes)
    check_net(net, events)
    assert (recalled.events, recalled.ids) == (stayed.events, stayed.ids)


@given(histories(), st.integers(0, 14))
def test_an_expanded_conversation_continues_like_one_never_compacted(events: list[FoldEvent], half: int) -> None:
    stayed, compacted = ConversationState(GAP, hash_=7), ConversationState(GAP, hash_=7)
    for conversation in (stayed, compacted):
        if events[:half]:
            conversation.absorb(events[:half])
    compact = CompactConversation(compacted)
    expanded = compact.expand(GAP)
    assert (len(compact), expanded.hash, expanded.events) == (len(stayed), 7, stayed.events)
    if events[half:]:
        assert as_sets(expanded.absorb(events[half:])) == as_sets(stayed.absorb(events[half:]))


def as_sets(changes: Changes) -> list[set[object]]:
    return [set(changed) for changed in signed_facts(changes)]


@given(histories())
def test_a_conversation_knows_the_ids_of_all_its_events(events: list[FoldEvent]) -> None:
    conversation = ConversationState(GAP, events[:3])
    if events[3:]:
        conversation.absorb(events[3:])
    assert conversation.ids == {event.event_id for event in events}


def test_a_late_message_that_joins_two_sessions_revokes_both() -> None:
    events = history_of(("user", 0), ("user", GAP + 1_000), ("agent", 1_000))
    conversation = ConversationState(GAP, [event for event in events if event.kind == kinds.END_USER_MESSAGE])
    changes = conversation.absorb([event for event in events if event.kind == kinds.AGENT_MESSAGE])
    assert sorted((fact.activities, sign) for fact, sign in changes.sessions) == [(1, -1), (1, -1), (3, 1)]


def test_an_event_that_changes_nothing_changes_nothing() -> None:
    conversation = ConversationState(GAP, history_of(("user", 0), ("agent", 1_000)))
    silent = event_of(kinds.SILENT, START + 5_000, "ff")
    assert conversation.absorb([silent]) == Changes([], [], [], [])


def test_a_conversation_of_silent_events_alone_has_a_fact_of_its_own() -> None:
    changes = ConversationState(GAP).absorb(history_of(("silent", 0)))
    assert [(fact.engaged_at, sign) for fact, sign in changes.conversations] == [(None, 1)]
    assert not changes.sessions
    assert not changes.exchanges
    assert not changes.end_user_activity


@given(profiles)
def test_a_customer_that_becomes_known_moves_all_quarter_hours_to_it(profile: Profile) -> None:
    conversation = ConversationState(GAP, history_of(("user", 0), ("user", DAY)))
    known = profile._replace(customer="ann")
    changes = conversation.absorb([event_of(kinds.ENGAGEMENT, START + 2 * DAY, "ff", known)])
    assert Counter((customer, sign) for (_, customer), sign in changes.end_user_activity) == {
        (None, -1): 2,
        ("ann", 1): 2,
    }


def test_facts_before_and_after_get_no_signed_row() -> None:
    assert signed(["a", "b"], ["b", "c"]) == [("a", -1), ("c", 1)]
    assert signed(["a"], ["a"]) == []
    assert signed([], ["a"]) == [("a", 1)]
    assert signed(["a"], []) == [("a", -1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("a", "b", "c"), ("a", "b", "C"), id="another case"),
        pytest.param(("a", "bc", "d"), ("ab", "c", "d"), id="the parts cut elsewhere"),
        pytest.param(("a", "b", "c"), ("b", "a", "c"), id="the parts swapped"),
        pytest.param(("a1:", "b", "c"), ("a", "1:b", "c"), id="a length inside an id"),
        pytest.param(("a", "", "bc"), ("a", "b", "c"), id="an empty part"),
    ],
)
def test_different_conversations_have_different_hashes(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert conversation_hash(ConversationKey(*one)) != conversation_hash(ConversationKey(*other))


def test_a_hash_is_the_same_in_every_process_and_fits_64_bits() -> None:
    assert conversation_hash(ConversationKey("a", "production", "chat")) == 675_810_930_268_555_862
    assert 0 <= conversation_hash(ConversationKey("ä", "production", "\U0001f600")) < 2**64


def test_the_key_of_a_record_is_the_agent_and_the_conversation() -> None:
    assert ConversationKey("ä", "staging", "c/1").record_key == "ä/c/1".encode()
