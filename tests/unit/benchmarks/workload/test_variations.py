"""Other loads than the usual one are what their names say, and their numbers are known."""

from collections import Counter

import orjson
import pytest

from benchmarks.workload import variations as shapes
from benchmarks.workload.load import make_load
from convostream.contract.events import validate_event

EVENTS = 4_000


def test_small_and_large_messages_are_valid_and_of_other_sizes() -> None:
    small, usual, large = (load.mean_bytes for load in (shapes.small(EVENTS), make_load(EVENTS), shapes.large(EVENTS)))
    assert small < 0.8 * usual < 0.2 * large
    for _, value in shapes.large(200).records:
        validate_event(orjson.loads(value))


def test_one_percent_comes_again_and_one_percent_is_no_event() -> None:
    load = shapes.disordered(EVENTS)
    bad = load.numbers["", "events", "dead_letters"]
    assert bad == EVENTS // 100
    events = [value for _, value in load.records if value.endswith(b"}")]
    assert len(events) == len(load.records) - bad
    repeated = [value for value, times in Counter(events).items() if times > 1]
    assert len(repeated) == pytest.approx(EVENTS / 100, abs=25)
    assert len(set(events)) == EVENTS == load.numbers["", "events", "stored"]


def test_what_is_late_comes_after_later_events() -> None:
    times = [orjson.loads(value)["occurred_at"] for _, value in shapes.disordered(EVENTS).records if value[-1:] == b"}"]
    assert times != sorted(times)


def test_one_conversation_in_ten_of_what_comes_had_begun_before() -> None:
    before, load = shapes.cold(EVENTS)
    known = {key for key, _ in before.records}
    coming = {key for key, _ in load.records}
    assert len(known & coming) / len(coming) == pytest.approx(0.1, abs=0.03)
    assert len(load.records) == pytest.approx(EVENTS, rel=0.05)
    assert len(before.records) + len(load.records) == load.numbers["", "events", "stored"]


def test_the_first_events_of_a_conversation_that_comes_back_came_before() -> None:
    before, load = shapes.cold(EVENTS)
    cold = {key for key, _ in before.records} & {key for key, _ in load.records}
    early = Counter(key for key, _ in before.records if key in cold)
    assert set(early.values()) == {shapes.EARLY}
