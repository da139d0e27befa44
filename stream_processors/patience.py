"""Patience: a call to ClickHouse or Kafka that fails for a while is tried again for ever, with growing pauses."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from stream_processors import metrics
from stream_processors.errors import BlockRefused, ProcessorError

T = TypeVar("T")
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 10.0
REFUSED_PAUSE_SECONDS: Final = 15.0

logger = logging.getLogger(__name__)


async def persist(what: str, call: Callable[[], Awaitable[T]], partition: int) -> T:
    """Return what a call returns, however often it has to be tried.

    What ClickHouse refuses for good is tried as well, rarely and loudly: after a person has mended the schema or the
    rights, the partition goes on by itself. Errors that say who has to act (`ProcessorError`) are raised at once.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            result = await call()
        except BlockRefused as error:
            metrics.BLOCKED.labels(partition).set(1)
            logger.error("partition %d waits: ClickHouse refuses to %s: %s", partition, what, error)  # noqa: TRY400
            await asyncio.sleep(REFUSED_PAUSE_SECONDS)
        except ProcessorError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a client raises for a server or network that is away
            logger.warning("partition %d tries again to %s: %s", partition, what, summary(error))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        else:
            metrics.BLOCKED.labels(partition).set(0)
            return result
        metrics.RETRIES.labels(what).inc()
        await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret


def summary(error: Exception) -> str:
    """Return an error's type and the beginning of its first line: what a person needs, and no content of events."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"
