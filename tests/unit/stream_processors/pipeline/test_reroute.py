"""Reroute: the headers of copies, and records that are too large to be produced again."""

import pytest

from stream_processors.errors import InvalidRecord
from stream_processors.kafka.records import ORIGIN_HEADER, RECEIVED_AT_HEADER, LogPosition, Record
from stream_processors.kafka.source import Headers
from stream_processors.pipeline.reroute import MisroutedRecord, _forward, forwarded_headers
from tests.support.kafka.in_memory_source import InMemorySource
from tests.support.kafka.records import AT_MS, KafkaRecord

POSITION = LogPosition("agent-events", 2, 1, 70)
ORIGIN = (ORIGIN_HEADER, b"agent-events:2:77")
TIME = (RECEIVED_AT_HEADER, str(AT_MS).encode())
FORGED = ((ORIGIN_HEADER, b"agent-events:0:1"), (RECEIVED_AT_HEADER, b"1600000000000"))


def item(*headers: tuple[str, bytes | None], is_proved: bool = False) -> MisroutedRecord:
    return MisroutedRecord(KafkaRecord(partition=2, offset=77, headers=headers), AT_MS, b"a/c", 3, is_proved)


@pytest.mark.parametrize(
    ("record", "headers"),
    [
        pytest.param(item(), [ORIGIN, TIME], id="its origin and time"),
        pytest.param(item(("trace", None)), [("trace", None), ORIGIN, TIME], id="beside its own headers"),
        pytest.param(item(*FORGED), [ORIGIN, TIME], id="instead of what it says without a proof"),
        pytest.param(item(*FORGED, is_proved=True), [*FORGED], id="a true first origin stays"),
    ],
)
def test_a_copy_names_where_its_record_was_first(record: MisroutedRecord, headers: Headers) -> None:
    assert forwarded_headers(record, "agent-events") == headers


class FeedWithLimit(InMemorySource):
    """Kafka takes records with headers of so many bytes."""

    limit = 0

    async def forward(self, record: Record, key: bytes, partition: int, headers: Headers) -> None:
        """Take a record that is small enough."""
        if sum(len(value or b"") for _, value in headers) > self.limit:
            raise InvalidRecord("too_large", "value: too large")
        await super().forward(record, key, partition, headers)


@pytest.mark.parametrize(("limit", "code"), [(500, None), (100, None), (0, "too_large")])
async def test_what_is_too_large_goes_without_its_headers_or_is_a_dead_letter(limit: int, code: str | None) -> None:
    feed = FeedWithLimit({number: [] for number in range(4)})
    feed.limit = limit
    letter = await _forward(item(("large", b"x" * 200)), POSITION, feed)
    assert (letter.code if letter else None, len(feed.forwarded)) == (code, 0 if code else 1)
    if not code:
        assert (len(feed.forwarded[0].headers), feed.forwarded[0].partition) == (3 if limit == 500 else 2, 3)
