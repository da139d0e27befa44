"""How far a partition was read counts further than its last record only when all that was handed on was taken."""

from faust.types import TP

from stream_processors.kafka.read_positions import ReadPositions
from tests.support.kafka.records import KafkaRecord

PARTITION = TP("agent-events", 0)


def read(first: int, last: int) -> list[KafkaRecord]:
    return [KafkaRecord(0, offset) for offset in range(first, last + 1)]


def test_markers_and_aborted_records_behind_the_last_one_are_read() -> None:
    positions = ReadPositions()
    positions.begin(PARTITION, 0)
    positions.note_records(PARTITION, read(0, 4), is_current=True)
    positions.note_position(PARTITION, 14)
    assert positions.read_to(PARTITION, 5) == 14
    positions.note_records(PARTITION, read(14, 15), is_current=True)
    assert positions.read_to(PARTITION, 5) == 5  # records have come that were not taken yet
    assert positions.read_to(PARTITION, 16) == 16


def test_a_poll_from_before_a_seek_counts_only_where_it_goes_on_from_there() -> None:
    positions = ReadPositions()
    positions.begin(PARTITION, 10)
    positions.note_records(PARTITION, read(0, 4), is_current=False)
    positions.note_position(PARTITION, 12)
    assert positions.read_to(PARTITION, 5) == 5
    assert positions.read_to(PARTITION, 10) == 12
    positions.note_records(PARTITION, read(10, 12), is_current=False)
    positions.note_position(PARTITION, 20)
    assert positions.read_to(PARTITION, 13) == 20


def test_nothing_is_known_of_a_partition_that_was_not_begun() -> None:
    positions = ReadPositions()
    positions.note_records(PARTITION, read(0, 4), is_current=False)
    positions.note_position(PARTITION, 9)
    assert positions.read_to(PARTITION, 5) == 5
