"""What a broker says of a topic, in the version that it speaks."""

from uuid import UUID

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.protocol.metadata import MetadataResponse_v4

from stream_processors.kafka.topic_metadata import MetadataResponse, TopicRequest, described

METADATA = 3
ID = UUID("6cfa6080-c812-4993-9e0b-969a8162666d")
BROKERS = [(1, "localhost", 9092, None)]


def partition(number: int) -> tuple[object, ...]:
    return 0, number, 1, [1], [1]


@pytest.mark.parametrize(("newest", "chosen"), [(13, 10), (10, 10), (9, 4), (4, 4)])
def test_a_broker_is_asked_in_the_newest_version_that_it_and_we_speak(newest: int, chosen: int) -> None:
    request = TopicRequest("t").prepare({METADATA: (0, newest)})
    assert chosen == request.API_VERSION


def test_a_newer_broker_names_the_id() -> None:
    parts: list[object] = [(0, number, 1, 0, [1, 2], [1, 2], [], {}) for number in range(3)]
    topics: list[object] = [(0, "t", ID.bytes, False, parts, 0, {})]
    answer = MetadataResponse(0, [(*BROKERS[0], {})], "c", 1, topics, 0, {})
    assert described(MetadataResponse.decode(answer.encode())) == (3, ID, 0)


def test_a_partition_whose_replicas_fall_behind_is_counted() -> None:
    parts: list[object] = [(0, 0, 1, 0, [1, 2], [1], [], {}), (0, 1, 1, 0, [1, 2], [2, 1], [], {})]
    newer = MetadataResponse(0, [(*BROKERS[0], {})], "c", 1, [(0, "t", ID.bytes, False, parts, 0, {})], 0, {})
    older = MetadataResponse_v4(0, BROKERS, "c", 1, [(0, "t", False, [(0, 0, 1, [1, 2, 3], [2, 3])])])
    assert described(MetadataResponse.decode(newer.encode())).under_replicated == 1
    assert described(MetadataResponse_v4.decode(older.encode())).under_replicated == 1


def test_an_older_broker_names_none() -> None:
    topics = [(0, "t", False, [partition(0), partition(1)])]
    answer = MetadataResponse_v4(0, BROKERS, "c", 1, topics)
    assert described(MetadataResponse_v4.decode(answer.encode())) == (2, None, 0)


def test_a_topic_that_is_not_there_is_an_error_that_may_pass() -> None:
    unknown = UnknownTopicOrPartitionError.errno
    for code in (unknown, 0):
        topic: tuple[object, ...] = (code, "t", False, [])
        with pytest.raises(UnknownTopicOrPartitionError):
            described(MetadataResponse_v4(0, BROKERS, "c", 1, [topic]))
