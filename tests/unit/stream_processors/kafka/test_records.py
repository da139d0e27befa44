"""When a record was received: Kafka's time, its origin's when it was sent on, or unknown."""

import pytest

from stream_processors.conversations.values import CLOCK_TOLERANCE_MS, EARLIEST_TIME
from stream_processors.kafka.records import (
    DEAD_LETTER_HEADER,
    ORIGIN_HEADER,
    RECEIVED_AT_HEADER,
    LogPosition,
    Origin,
    named_origin,
    place_text,
    replayed_letter,
    times_of_receipt,
)
from tests.support.kafka.records import AT_MS, KafkaRecord

LATEST = AT_MS + CLOCK_TOLERANCE_MS


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        pytest.param(AT_MS - 5, AT_MS - 5, id="Kafka's timestamp"),
        pytest.param(EARLIEST_TIME, EARLIEST_TIME, id="the first millisecond of 2000"),
        pytest.param(EARLIEST_TIME - 1, AT_MS, id="the millisecond before"),
        pytest.param(LATEST, LATEST, id="five minutes ahead of the worker"),
        pytest.param(LATEST + 1, AT_MS, id="a millisecond more"),
        pytest.param(0, AT_MS, id="1970"),
        pytest.param(AT_MS // 1000, AT_MS, id="seconds taken for milliseconds"),
        pytest.param(AT_MS * 1000, AT_MS, id="microseconds taken for milliseconds"),
        pytest.param(9_999_999_999_999, AT_MS, id="the year 2286"),
        pytest.param(2**63 - 1, AT_MS, id="beyond all time"),
        pytest.param(None, AT_MS, id="no timestamp"),
        pytest.param(-1, AT_MS, id="the -1 of a record without one"),
    ],
)
def test_a_record_was_received_at_its_timestamp_or_when_it_was_first_seen(timestamp: int | None, expected: int) -> None:
    record, usual = KafkaRecord(timestamp=timestamp), KafkaRecord(offset=1, timestamp=AT_MS - 1)
    assert times_of_receipt([record, usual], AT_MS, {}) == [expected, AT_MS - 1]


def test_headers_say_nothing_and_what_was_proved_says_all() -> None:
    claimed = KafkaRecord(headers=[(RECEIVED_AT_HEADER, b"1600000000000"), (ORIGIN_HEADER, b"agent-events:1:2")])
    assert times_of_receipt([claimed], AT_MS + 1, {}) == [AT_MS]
    assert times_of_receipt([claimed], AT_MS + 1, {0: 1_600_000_000_000}) == [1_600_000_000_000]


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        (b"agent-events:1:2", Origin("agent-events", 1, 2)),
        (Origin("a.b", 9, 10**18 - 1).header(), Origin("a.b", 9, 10**18 - 1)),
        *((value, None) for value in (None, b"", b"a:1", b"a:1:2:3", b"a b:1:2", b"a:-1:2", b"a:1:2\n", b"\xff:1:2")),
        (b"a:1:9999999999999999999", None),
    ],
)
def test_the_header_of_an_origin_is_read_as_it_was_written(value: bytes | None, origin: Origin | None) -> None:
    assert named_origin(KafkaRecord(headers=[("a", b""), (ORIGIN_HEADER, value)])) == origin
    assert named_origin(KafkaRecord(headers=[("other", value)])) is None


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
