"""The Faust transport for whole polls: an agent gets all records of a partition that a poll returned as one message.

Faust delivers single records and commits by counting single acknowledgements. At tens of thousands of events per second
that costs more than everything else. Here a message is a `Poll`, ClickHouse's range log is the position of a partition,
and the offset committed to Kafka follows it, for monitors of the group's lag.
"""

from typing import Any

import faust
from faust.transport.drivers.aiokafka import Producer, Transport

from stream_processors.kafka.consumer import WholePollConsumer
from stream_processors.kafka.startup import reason_of, start_with_retry


class PollSchema(faust.Schema[Any, Any]):
    """Deliver a `Poll` unchanged: decoding is a step of the pipeline, so that a decoding error loses nothing."""

    def loads_key(self, app: Any, message: Any, **options: Any) -> Any:
        """Return no key: a poll has many."""
        return None

    def loads_value(self, app: Any, message: Any, **options: Any) -> Any:
        """Return the poll."""
        return message.value


class RetryingProducer(Producer):
    """Faust's producer, which waits for Kafka when it starts."""

    async def on_start(self) -> None:
        """Start the client, however long Kafka is unavailable."""
        await start_with_retry(self, super().on_start, self._clear, reason_of(self.transport))

    async def _clear(self) -> None:
        await self._ensure_producer().stop()


class WholePollTransport(Transport):
    """Faust's Kafka transport with the consumer and the producer above."""

    Consumer = WholePollConsumer
    Producer = RetryingProducer
