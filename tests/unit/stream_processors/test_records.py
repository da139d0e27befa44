"""When a record was received: Kafka's time, its origin's when it was sent on, or unknown."""

from collections.abc import Sequence

import pytest

from stream_processors.records import LATEST_TIME, RECEIVED_AT_HEADER, received_at
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
    ],
)
def test_a_record_that_was_sent_on_keeps_the_time_of_its_origin(
    headers: Sequence[tuple[str, bytes]], expected: int
) -> None:
    assert received_at(KafkaRecord(headers=headers)) == expected


def test_a_header_without_a_value_says_nothing() -> None:
    assert received_at(KafkaRecord(headers=[(RECEIVED_AT_HEADER, None)])) == AT_MS
