"""When a record was received: Kafka's time, its origin's when it was sent on, or unknown."""

from collections.abc import Sequence

import pytest

from stream_processors.positions import LogPosition
from stream_processors.records import (
    DEAD_LETTER_HEADER,
    LATEST_TIME,
    RECEIVED_AT_HEADER,
    UNKNOWN_TIME,
    place_text,
    received_at,
    replayed_letter,
)
from tests.unit.stream_processors.kafka_records import AT_MS, KafkaRecord


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        pytest.param(AT_MS, AT_MS, id="Kafka's timestamp"),
        pytest.param(0, 0, id="1970 is a time"),
        pytest.param(None, None, id="no timestamp"),
        pytest.param(-1, None, id="the -1 of a record without one"),
        pytest.param(LATEST_TIME, LATEST_TIME, id="the last millisecond that ClickHouse can hold"),
        pytest.param(LATEST_TIME + 1, LATEST_TIME, id="a later one is that last millisecond"),
        pytest.param(2**62, LATEST_TIME, id="microseconds taken for milliseconds"),
    ],
)
def test_a_record_was_received_at_its_timestamp(timestamp: int | None, expected: int | None) -> None:
    assert received_at(KafkaRecord(timestamp=timestamp)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param([(RECEIVED_AT_HEADER, b"1600000000000")], 1_600_000_000_000, id="the origin's time"),
        pytest.param([("traceparent", b"1600000000000")], AT_MS, id="another header says nothing"),
        pytest.param([("a", b""), (RECEIVED_AT_HEADER, b"1600000000000")], 1_600_000_000_000, id="among others"),
        pytest.param([(RECEIVED_AT_HEADER, b"")], AT_MS, id="an empty one"),
        pytest.param([(RECEIVED_AT_HEADER, b"yesterday")], AT_MS, id="a text"),
        pytest.param([(RECEIVED_AT_HEADER, b"-5")], AT_MS, id="a negative one"),
        pytest.param([(RECEIVED_AT_HEADER, b"\xff\xfe")], AT_MS, id="any bytes"),
        pytest.param([(RECEIVED_AT_HEADER, b"9" * 5_000)], LATEST_TIME, id="one beyond all time"),
        pytest.param([(RECEIVED_AT_HEADER, b"0")], 0, id="1970 is a time there too"),
        pytest.param([(RECEIVED_AT_HEADER, UNKNOWN_TIME)], None, id="the origin's time is unknown"),
    ],
)
def test_a_record_that_was_sent_on_keeps_the_time_of_its_origin(
    headers: Sequence[tuple[str, bytes]], expected: int | None
) -> None:
    assert received_at(KafkaRecord(headers=headers)) == expected


def test_a_header_without_a_value_says_nothing() -> None:
    assert received_at(KafkaRecord(headers=[(RECEIVED_AT_HEADER, None)])) == AT_MS


@pytest.mark.parametrize(
    "letter",
    [
        pytest.param(LogPosition("agent-events", 3, 1, 5), id="an ordinary one"),
        pytest.param(LogPosition("a.b_c-d" * 35, 10**9 - 1, 10**18 - 1, 10**18 - 1), id="the largest names"),
    ],
)
def test_the_header_of_a_letter_is_read_as_it_was_written(letter: LogPosition) -> None:
    assert replayed_letter(KafkaRecord(headers=[("a", b""), (DEAD_LETTER_HEADER, place_text(letter))])) == letter


@pytest.mark.parametrize(
    "value",
    [
        None, b"", b"agent-events", b"agent-events:3:1", b"agent-events:3:1:5:6", b":3:1:5", b"a b:3:1:5", b"a:-3:1:5",
        b"a:3:1:5\n", b"a:3:1:99999999999999999999", b"a:9999999999:1:5", "a:\u0663:1:5".encode(), b"\xff\x00", b"'",
    ],
)  # fmt: skip
def test_a_broken_header_names_no_letter(value: bytes | None) -> None:
    assert replayed_letter(KafkaRecord(headers=[(DEAD_LETTER_HEADER, value)])) is None


def test_of_several_headers_the_last_names_the_letter() -> None:
    headers = [(DEAD_LETTER_HEADER, b"a:1:1:1"), (DEAD_LETTER_HEADER, b"a:2:1:1")]
    assert replayed_letter(KafkaRecord(headers=headers)) == LogPosition("a", 2, 1, 1)
    assert replayed_letter(KafkaRecord()) is None
