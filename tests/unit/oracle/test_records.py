"""The oracle on the border between event and dead letter."""

import pytest

from tests.oracle import DeadLetter, Event, Record, read_record, read_records
from tests.oracle.cases.records import BAD_RECORDS, GOOD_RECORDS, ID, OVERSIZED, BadRecord, GoodRecord, value_of
from tests.oracle.date_times import epoch_ms

ALL_BAD = [*BAD_RECORDS, OVERSIZED]
NOON = epoch_ms("2024-04-02T12:00:00Z")


@pytest.mark.parametrize("bad", ALL_BAD, ids=[bad.fact for bad in ALL_BAD])
def test_an_invalid_record_is_a_dead_letter_with_its_field(bad: BadRecord) -> None:
    read = read_record(Record(bad.value, NOON))
    assert isinstance(read, DeadLetter)
    assert read.fields == bad.fields


@pytest.mark.parametrize("good", GOOD_RECORDS, ids=[good.fact for good in GOOD_RECORDS])
def test_a_valid_record_is_an_event(good: GoodRecord) -> None:
    assert isinstance(read_record(Record(good.value, NOON)), Event)


def test_all_faulty_fields_are_named() -> None:
    read = read_record(Record(value_of({"sender": "me", "content": 5, "occurred_at": ...}), NOON))
    assert isinstance(read, DeadLetter)
    assert read.fields == {"sender", "content", "occurred_at"}


def test_the_first_arrival_of_an_id_stays_in_any_case() -> None:
    values = [value_of({"content": text, "event_id": event_id}) for text, event_id in (("a", ID), ("b", ID.upper()))]
    events, dead_letters = read_records(Record(value, NOON) for value in values)
    assert [event.fields["content"] for event in events] == ["a"]
    assert dead_letters == []


def test_a_dead_letter_does_not_use_up_its_id() -> None:
    values = [value_of({"content": ""}), value_of({})]
    events, dead_letters = read_records(Record(value, NOON) for value in values)
    assert (len(events), len(dead_letters)) == (1, 1)


@pytest.mark.parametrize(
    ("occurred_at", "counts_at"),
    [
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
        ("1999-12-31T23:59:59.999Z", "2024-04-02T12:00:00Z"),
        ("2024-04-02T12:05:00Z", "2024-04-02T12:05:00Z"),
        ("2024-04-02T12:05:00.0009Z", "2024-04-02T12:05:00Z"),
        ("2024-04-02T12:05:00.001Z", "2024-04-02T12:00:00Z"),
    ],
)
def test_a_time_out_of_range_is_replaced_by_the_time_of_receipt(occurred_at: str, counts_at: str) -> None:
    read = read_record(Record(value_of({"occurred_at": occurred_at}), NOON))
    assert isinstance(read, Event)
    assert read.at == epoch_ms(counts_at)


@pytest.mark.parametrize("timestamp", [None, 0, NOON // 1000, NOON + 300_001, 9_999_999_999_999])
def test_a_record_with_an_impossible_time_is_received_when_it_was_first_read(timestamp: int | None) -> None:
    read = read_record(Record(value_of({"occurred_at": "2024-04-02T10:00:00Z"}), timestamp, seen_at=NOON))
    assert isinstance(read, Event)
    assert (read.at, read.received_at) == (epoch_ms("2024-04-02T10:00:00Z"), NOON)
