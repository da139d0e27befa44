"""A start that waits for Kafka: the client's own gives up at the first broker that does not answer.

A worker that is started while its broker is away, or restarts, then waits for it, as it does when the broker goes away
later.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from aiokafka.errors import KafkaConnectionError

RETRY_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Starting(Protocol):
    """What is being started, which may be told to stop meanwhile."""

    @property
    def should_stop(self) -> bool:
        """Whether it has been told to stop."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait, at most until it is told to stop."""
        ...


async def start_with_retry(
    service: Starting,
    start: Callable[[], Awaitable[None]],
    clear: Callable[[], Awaitable[None]],
    reason: Callable[[Exception], Awaitable[str]],
) -> None:
    """Start a client of Kafka; as long as no broker answers, `clear` away what was begun and start again.

    What `reason` says of a failure is logged.

    Raises SystemExit when the worker is told to stop meanwhile: it has begun nothing that had to be ended.
    """
    while True:
        try:
            return await start()
        except KafkaConnectionError as error:
            await clear()
            if service.should_stop:
                raise SystemExit(0) from None
            logger.warning("Kafka does not answer (%s); trying again", await reason(error))
            await service.sleep(RETRY_SECONDS)
