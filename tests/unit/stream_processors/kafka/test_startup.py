"""A worker's Kafka clients wait at their start for a broker that is away."""

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from stream_processors.kafka.startup import RETRY_SECONDS, start_with_retry


class Client:
    """A service whose broker answers at the n-th start; told to stop after some pauses."""

    def __init__(self, answers_at: int, pauses: int = 100) -> None:
        self._answers_at = answers_at
        self._pauses = pauses
        self.starts = 0
        self.cleared = 0
        self.slept: list[float] = []

    @property
    def should_stop(self) -> bool:
        return len(self.slept) >= self._pauses

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def start(self) -> None:
        self.starts += 1
        if self.starts < self._answers_at:
            raise KafkaConnectionError("no broker")

    async def reason(self, error: Exception) -> str:
        return str(error)

    async def clear(self) -> None:
        self.cleared += 1


async def test_a_start_is_tried_again_until_a_broker_answers() -> None:
    client = Client(answers_at=4)
    await start_with_retry(client, client.start, client.clear, client.reason)
    assert (client.starts, client.cleared, client.slept) == (4, 3, [RETRY_SECONDS] * 3)


async def test_a_stop_ends_the_wait_for_a_broker_and_the_worker_in_good_order() -> None:
    client = Client(answers_at=100, pauses=2)
    with pytest.raises(SystemExit, match="0"):
        await start_with_retry(client, client.start, client.clear, client.reason)
    assert client.cleared == client.starts == 3


async def test_what_does_not_pass_is_raised_at_once() -> None:
    client = Client(answers_at=1)

    async def refuse() -> None:
        raise TopicAuthorizationFailedError("agent-events")

    with pytest.raises(TopicAuthorizationFailedError):
        await start_with_retry(client, refuse, client.clear, client.reason)
    assert not client.slept
