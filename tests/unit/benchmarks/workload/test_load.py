"""The events of the benchmark are valid, the same at every run, and what the documents say of them."""

from collections import Counter, defaultdict
from itertools import pairwise

import orjson
import pytest

from benchmarks.workload.conversations import AGENTS, FEWEST, MOST
from benchmarks.workload.load import Load, make_load
from benchmarks.workload.produce import parted
from convostream.contract.events import Event, validate_event

EVENTS = 12_000


@pytest.fixture(scope="module")
def load() -> Load:
    return make_load(EVENTS)


@pytest.fixture(scope="module")
def events(load: Load) -> list[Event]:
    return [validate_event(orjson.loads(value)) for _, value in load.records]


def test_the_same_number_gives_the_same_events(load: Load) -> None:
    assert make_load(EVENTS) == load


def test_there_are_as_many_events_as_were_asked_for_and_each_has_an_id_of_its_own(events: list[Event]) -> None:
    assert len({event.event_id for event in events}) == len(events) == EVENTS


def test_an_event_is_about_350_bytes_on_average(load: Load) -> None:
    assert load.mean_bytes == pytest.approx(350, abs=15)


def test_a_conversation_has_6_to_14_events_apart_from_one_that_is_cut(events: list[Event]) -> None:
    lengths = Counter(event.conversation_id for event in events)
    assert max(lengths.values()) == MOST
    assert sum(length < FEWEST for length in lengths.values()) <= 1


def test_conversations_are_interleaved_in_the_order_of_time(events: list[Event]) -> None:
    neighbours = list(pairwise(events))
    assert all(before.occurred_at <= after.occurred_at for before, after in neighbours)
    assert sum(before.conversation_id != after.conversation_id for before, after in neighbours) > 0.9 * EVENTS


def test_all_agents_and_the_usual_types_occur(events: list[Event]) -> None:
    assert {event.agent_id for event in events} == set(AGENTS)
    assert {event.type for event in events} == {
        "conversation_visited",
        "conversation_engaged",
        "message",
        "action",
        "feedback",
        "conversation_ended",
    }


def test_some_conversations_have_more_than_one_session(events: list[Event]) -> None:
    latest: dict[str, int] = {}
    parted_by_a_pause = set()
    for event in events:
        if event.occurred_at - latest.get(event.conversation_id, event.occurred_at) > 30 * 60_000:
            parted_by_a_pause.add(event.conversation_id)
        latest[event.conversation_id] = event.occurred_at
    assert 0.02 < len(parted_by_a_pause) / len(latest) < 0.08


def test_a_conversation_lies_on_one_partition_in_its_order(load: Load) -> None:
    parts = parted(load.records, 4)
    assert sum(map(len, parts)) == EVENTS
    homes = defaultdict(set)
    for number, part in enumerate(parts):
        for key, _ in part:
            homes[key].add(number)
    assert {len(home) for home in homes.values()} == {1}
    in_order = {id(record): place for place, record in enumerate(load.records)}
    assert all([in_order[id(each)] for each in part] == sorted(in_order[id(each)] for each in part) for part in parts)
