"""Positions: where a partition goes on, for every relation between its latest range and what Kafka still holds."""

from dataclasses import replace

import pytest

from stream_processors.kafka.records import LogPosition
from stream_processors.partitions.ranges import (
    Fingerprint,
    Range,
    ReadBatch,
    Start,
    resolve_start,
    resume_after_expiry,
    start_new_epoch,
)
from tests.support.kafka.records import AT_MS, KafkaRecord

CONFIRMED = Range("t", 0, 3, 100, 199, 50, 2, "1-abc", Fingerprint(5, 6), confirmed=True)
OPEN = replace(CONFIRMED, confirmed=False)
SINGLE = replace(OPEN, first=199)


def doubtful(offset: int) -> Start:
    return Start(3, offset, verify=CONFIRMED, log_may_be_truncated=True)


@pytest.mark.parametrize(
    ("latest", "log_start", "log_end", "expected"),
    [
        pytest.param(None, 0, 0, Start(1, 0), id="nothing was ever written, and the log is empty"),
        pytest.param(None, 40, 90, Start(1, 40), id="nothing was ever written, the log begins where it begins"),
        pytest.param(
            CONFIRMED, 0, 200, Start(3, 199, verify=CONFIRMED), id="all was written: the last record is looked at again"
        ),
        pytest.param(CONFIRMED, 0, 900, Start(3, 199, verify=CONFIRMED), id="more has come since"),
        pytest.param(CONFIRMED, 199, 900, Start(3, 199, verify=CONFIRMED), id="Kafka's oldest record is the last one"),
        pytest.param(CONFIRMED, 200, 900, Start(3, 200), id="Kafka's oldest record is the next one: nothing is lost"),
        pytest.param(CONFIRMED, 200, 200, Start(3, 200), id="Kafka has deleted all that was written, and no more"),
        pytest.param(CONFIRMED, 201, 900, Start(3, 201, lost=1), id="one record was deleted before it was read"),
        pytest.param(CONFIRMED, 500, 900, Start(3, 500, lost=300), id="many were"),
        pytest.param(CONFIRMED, 500, 500, Start(3, 500, lost=300), id="all were"),
        pytest.param(CONFIRMED, 0, 199, doubtful(199), id="the log ends before the last record, or says so"),
        pytest.param(CONFIRMED, 0, 0, doubtful(199), id="the log is empty, or says so"),
        pytest.param(CONFIRMED, 50, 60, doubtful(199), id="it begins later and ends before"),
        pytest.param(OPEN, 0, 900, Start(3, 100, replay=OPEN), id="an unconfirmed range is written again"),
        pytest.param(OPEN, 100, 200, Start(3, 100, replay=OPEN), id="also when it is all that Kafka holds"),
        pytest.param(
            OPEN,
            0,
            199,
            Start(3, 100, replay=OPEN, log_may_be_truncated=True),
            id="if the log brings it although it ends before",
        ),
        pytest.param(SINGLE, 199, 200, Start(3, 199, replay=SINGLE), id="a range of one record is written again"),
        pytest.param(OPEN, 150, 900, Start(3, 200, partially_expired=OPEN), id="a part of it is left in Kafka"),
        pytest.param(OPEN, 500, 900, Start(3, 500, partially_expired=OPEN), id="nothing of it is left in Kafka"),
    ],
)
def test_where_a_partition_goes_on(latest: Range | None, log_start: int, log_end: int, expected: Start) -> None:
    assert resolve_start(latest, log_start, log_end) == expected


@pytest.mark.parametrize("latest", [CONFIRMED, OPEN], ids=["confirmed", "unconfirmed"])
@pytest.mark.parametrize("log_start", [0, 100, 150, 199, 200, 300])
@pytest.mark.parametrize("length", [0, 1, 50, 1_000])
def test_reading_never_begins_before_the_log_and_never_passes_over_what_it_holds(
    latest: Range, log_start: int, length: int
) -> None:
    start = resolve_start(latest, log_start, log_start + length)
    assert start.offset >= log_start
    assert start.offset <= max(log_start, latest.last + 1)
    assert start.replay is None or start.verify is None


def remainder(first: int, *, was_partly_written: bool, log_may_be_truncated: bool = False, lost: int = 0) -> Start:
    """Where to go on when Kafka holds a range from an offset on."""
    left = replace(OPEN, first=first)
    return Start(
        3,
        first,
        left,
        log_may_be_truncated=log_may_be_truncated,
        lost=lost,
        partially_expired=OPEN,
        was_partly_written=was_partly_written,
    )


@pytest.mark.parametrize(
    ("log_start", "log_end", "was_partly_written", "expected"),
    [
        pytest.param(
            150, 900, True, remainder(150, was_partly_written=True), id="it was written: the rest is compared"
        ),
        pytest.param(200, 900, True, Start(3, 200), id="it landed, and nothing is left"),
        pytest.param(500, 900, True, Start(3, 500, lost=300), id="it landed, what followed is gone"),
        pytest.param(
            150, 900, False, remainder(150, was_partly_written=False, lost=50), id="it was not: the rest is written"
        ),
        pytest.param(500, 900, False, Start(3, 500, lost=400), id="it did not land, and all of it is gone"),
        pytest.param(
            150,
            160,
            True,
            remainder(150, was_partly_written=True, log_may_be_truncated=True),
            id="it landed, but the log ends before, or says so",
        ),
    ],
)
def test_after_a_range_that_kafka_no_longer_holds_whole(
    log_start: int, log_end: int, was_partly_written: bool, expected: Start
) -> None:
    assert resume_after_expiry(OPEN, log_start, log_end, was_partly_written) == expected


@pytest.mark.parametrize("latest", [CONFIRMED, OPEN], ids=["confirmed", "unconfirmed"])
def test_another_record_at_the_last_offset_begins_a_new_epoch_from_the_start_of_the_log(latest: Range) -> None:
    assert start_new_epoch(latest, 0) == Start(4, 0, is_new_log=True)
    assert start_new_epoch(latest, 150) == Start(4, 150, is_new_log=True)


def test_a_token_names_the_topic_the_partition_the_epoch_and_the_offsets() -> None:
    assert CONFIRMED.token == "t:0:3:100-199"
    assert OPEN.token == CONFIRMED.token


def test_a_range_begins_at_the_position_of_its_first_record() -> None:
    assert LogPosition("t", 0, 3, 100)._asdict() == {"topic": "t", "partition": 0, "log_epoch": 3, "offset": 100}


def fingerprint(record: KafkaRecord) -> Fingerprint:
    return Fingerprint.of(record.timestamp, record.key, record.value)


RECORD = KafkaRecord(offset=9, key=b"a/c", value=b"{}")
KNOWN = Range("t", 0, 1, 5, 9, 3, 2, "1-abc", fingerprint(RECORD))


def batch_of(last: KafkaRecord) -> ReadBatch:
    """A batch that ends with a record."""
    return ReadBatch(5, last.offset, fingerprint(last))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(KafkaRecord(offset=9, key=b"a/c", value=b"{} "), id="another value"),
        pytest.param(KafkaRecord(offset=9, key=b"a/d", value=b"{}"), id="another key"),
        pytest.param(KafkaRecord(offset=9, key=b"a/c", value=b"{}", timestamp=AT_MS + 1), id="another time"),
        pytest.param(KafkaRecord(offset=9, key=b"a/c", value=None), id="no value"),
        pytest.param(KafkaRecord(offset=9, key=None, value=b"{}"), id="no key"),
        pytest.param(KafkaRecord(offset=8, key=b"a/c", value=b"{}"), id="another offset"),
    ],
)
def test_another_record_is_not_the_last_of_a_range(other: KafkaRecord) -> None:
    assert batch_of(RECORD).ends(KNOWN)
    assert not batch_of(other).ends(KNOWN)


@pytest.mark.parametrize("timestamp", [None, -1, 0], ids=["None", "-1", "0"])
def test_a_record_without_a_time_or_a_value_has_a_fingerprint_that_clickhouse_can_hold(timestamp: int | None) -> None:
    taken = fingerprint(KafkaRecord(key=None, value=None, timestamp=timestamp))
    assert taken.time == 0
    assert 0 <= taken.hash < 2**64


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    assert fingerprint(RECORD) == fingerprint(KafkaRecord(offset=7, partition=3, key=b"a/c", value=b"{}"))
    assert fingerprint(RECORD).time == AT_MS
    assert fingerprint(RECORD).hash == 15_202_078_515_890_294_859
