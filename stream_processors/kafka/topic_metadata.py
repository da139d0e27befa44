"""Ask the broker for a topic's id and partition count.

A topic that is deleted and created again gets another id. The client's own metadata have no ids and are up to minutes
old. This is Kafka's Metadata request in the version that introduced ids
(https://kafka.apache.org/protocol#The_Messages_Metadata, version 10), or an older one for older brokers.
"""

from io import BytesIO
from typing import Final
from uuid import UUID

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v4
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from stream_processors.kafka.source import TopicDescription


class _Id(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka has no types
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


TEXT: Final = CompactString("utf-8")
TAGS: Final = ("tags", TaggedFields)
NO_ID: Final = bytes(16)


class MetadataResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    """The response: brokers and topics."""

    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(("node_id", Int32), ("host", TEXT), ("port", Int32), ("rack", TEXT), TAGS)),
        ("cluster_id", TEXT),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", TEXT),
                ("topic_id", _Id),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition_index", Int32),
                        ("leader_id", Int32),
                        ("leader_epoch", Int32),
                        ("replica_nodes", CompactArray(Int32)),
                        ("isr_nodes", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        TAGS,
                    ),
                ),
                ("topic_authorized_operations", Int32),
                TAGS,
            ),
        ),
        ("cluster_authorized_operations", Int32),
        TAGS,
    )


class MetadataRequestStruct(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    """The request for topics, without creating them."""

    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = MetadataResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Id), ("name", TEXT), TAGS)),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        TAGS,
    )


class TopicRequest(Request[MetadataRequest_v4 | MetadataRequestStruct]):  # type: ignore[misc]  # aiokafka has no types
    """The request for one topic."""

    API_KEY = 3

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def build(self, request_struct_class: type[RequestStruct]) -> RequestStruct:
        """Return the request in the version of the broker."""
        if request_struct_class is MetadataRequest_v4:
            return MetadataRequest_v4([self._topic], False)
        return MetadataRequestStruct([(NO_ID, self._topic, {})], False, False, False, {})


async def describe_topic(client: AIOKafkaClient, topic: str) -> TopicDescription:
    """Ask a broker for a topic; raises an error of the client if it does not know the topic or does not answer.

    It uses the connection of heartbeats, because answers on the other one wait for the fetch in flight.
    """
    node = client.get_random_node()
    return described(await client.send(node, TopicRequest(topic), group=ConnectionGroup.COORDINATION))


def described(response: Response) -> TopicDescription:
    """Return the content of a response to `TopicRequest`; raises the client's error for an error code."""
    (error_code, topic, *rest), topic_id = response.topics[0], NO_ID
    if isinstance(response, MetadataResponse):
        topic_id, *rest = rest
    partitions = rest[1]
    replicas_at = 4 if isinstance(response, MetadataResponse) else 3
    under_replicated = sum(len(found[replicas_at + 1]) < len(found[replicas_at]) for found in partitions)
    if error_code or not partitions:
        raise for_code(error_code)(topic) if error_code else UnknownTopicOrPartitionError(topic)
    return TopicDescription(len(partitions), None if topic_id == NO_ID else UUID(bytes=topic_id), under_replicated)
