"""The app, as far as it needs no server: how a batch is cut to be decoded."""

from stream_processors.app import SLICE, SLICE_BYTES, slices_of
from tests.support.kafka.records import KafkaRecord


def test_what_is_decoded_at_once_is_few_records_and_few_bytes() -> None:
    small, large = KafkaRecord(value=b"{}"), KafkaRecord(value=b" " * (SLICE_BYTES // 2 + 1))
    assert list(slices_of([small] * (2 * SLICE + 1))) == [(0, SLICE), (SLICE, 2 * SLICE), (2 * SLICE, 2 * SLICE + 1)]
    assert list(slices_of([large] * 5)) == [(0, 2), (2, 4), (4, 5)]
    assert list(slices_of([KafkaRecord(value=None)])) == [(0, 1)]
