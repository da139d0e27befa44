"""The thread in which the Kafka client reads: its start, its permissions, and calls that do not wait for a poll."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from convostream.kafka.diagnosis import explain
from stream_processors.kafka.startup import reason_of, start_with_retry

# How long a fetch waits for records. A partition that is read from now on waits for the fetch in flight.
LONGEST_WAIT_MS: Final = 200

# How often missing Kafka permissions are logged and checked again.
REFUSED_SECONDS: Final = 1.0

REFUSALS: Final = (TopicAuthorizationFailedError, GroupAuthorizationFailedError)

T = TypeVar("T")


class WholePollThread(AIOKafkaConsumerThread):
    """Faust's consumer thread; a failed commit does not crash it, because the next one has the same position."""

    def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> AIOKafkaConsumer:
        consumer = super()._create_consumer(loop)
        consumer._fetch_max_wait_ms = LONGEST_WAIT_MS  # Faust uses 1.5 s and has no option for it
        # Faust sets this only for workers that write in transactions themselves.
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_start(self) -> None:
        """Start the client, however long Kafka is unavailable."""
        await start_with_retry(self, super().on_start, self._clear, reason_of(self.transport))

    async def _clear(self) -> None:
        await self._ensure_consumer().stop()

    async def _fetch_records(self, *arguments: Any, **options: Any) -> Any:
        """Return the records of the next poll; while Kafka refuses it, nothing, after a pause."""
        try:
            return await super()._fetch_records(*arguments, **options)
        except REFUSALS as error:
            self.log.error("Kafka does not let this worker read: %s", explain(error))  # noqa: TRY400
            await asyncio.sleep(REFUSED_SECONDS)
            return {}

    async def report_refusal(self) -> None:
        """Log why Kafka refuses group membership, if it does: the client only reports it on request."""
        try:
            await self.at_once(_check_group)
        except KafkaError as error:
            self.log.error("Kafka does not let this worker into its group: %s", explain(error))  # noqa: TRY400

    def state_of(self, tp: TP) -> Any:
        """Return the client's state of a partition; None if it is not assigned."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        key = TopicPartition(*tp)
        return assignment.state_value(key) if assignment is not None and key in assignment.tps else None

    async def at_once(self, call: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        """Call the client without waiting for the poll in flight, as Faust would."""

        async def in_thread() -> T:
            return await call(self._ensure_consumer())

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(in_thread(), self.thread_loop))

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit offsets; tell whether Kafka accepted them."""
        positions = {TopicPartition(*tp): offset for tp, offset in offsets.items()}
        try:
            await self.at_once(lambda client: client.commit(positions))
        except KafkaError as error:
            self.log.warning("the group's offsets were not committed (%s); the next commit carries them", error)
            return False
        return True


async def _check_group(client: AIOKafkaConsumer) -> None:
    if client._coordinator is not None:
        client._coordinator.check_errors()
