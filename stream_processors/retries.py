"""Patience: a call to ClickHouse or Kafka that fails for a while is tried again for ever, with growing pauses."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError

from stream_processors import metrics
from stream_processors.blocked import refusal_of_call
from stream_processors.errors import BlockRefused, ProcessorError

T = TypeVar("T")
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 10.0
REFUSED_PAUSE_SECONDS: Final = 15.0

# So often ClickHouse has to refuse a call in a row until its partition counts as blocked.
REFUSALS: Final = 3

# For how long a call may fail, for ClickHouse's load or an error of ours, until its partition counts as blocked.
OVERLOADED_SECONDS: Final = 60.0

logger = logging.getLogger(__name__)


async def retry_forever(what: str, call: Callable[[], Awaitable[T]], partition: int, subject: str = "") -> T:
    """Return what a call returns, however often it has to be tried; `subject` says in logs what it is about.

    A partition is blocked while ClickHouse refuses a call again and again for a reason that is not the network, or
    while a call has failed for a minute for ClickHouse's load or an error of ours: then it is tried rarely and loudly,
    and when the cause is gone, the partition goes on by itself. Errors that say who has to act (`ProcessorError`) are
    raised at once.
    """
    pause, refusals, began = FIRST_PAUSE_SECONDS, 0, time.monotonic()
    with refusal_of_call(partition) as refusal:
        while True:
            try:
                return await call()
            except BlockRefused as error:
                refusals += 1
                if refusals >= REFUSALS:
                    refusal.block(f"ClickHouse refuses to {what} {subject} (code {error.code})")
                problem = f"refused by ClickHouse, code {error.code}"
            except ProcessorError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a client raises for a server or network that is away
                problem = summary(error)
                if not is_away(error) and time.monotonic() - began > OVERLOADED_SECONDS:
                    refusal.block(f"to {what} {subject} has failed for too long ({type_and_code(error)})")
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            if refusal.reason:
                logger.error("partition %d is blocked: %s", partition, refusal.reason)
                pause = REFUSED_PAUSE_SECONDS
            else:
                logger.warning("partition %d tries again to %s %s: %s", partition, what, subject, problem)
            metrics.RETRIES.labels(what).inc()
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret


def is_away(error: Exception) -> bool:
    """Tell whether an error says that a server or the network is away, and nothing of what was sent."""
    return isinstance(error, OSError | KafkaError | ClickHouseError) and error_code(error) is None


def summary(error: Exception) -> str:
    """Return what a person needs of an error, and no content of events, which other errors may quote."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}" if is_away(error) else type_and_code(error)


def type_and_code(error: Exception) -> str:
    """Return an error's type, and ClickHouse's code if it has one."""
    code = error_code(error)
    return type(error).__name__ if code is None else f"{type(error).__name__}, code {code}"


def error_code(error: BaseException) -> int | None:
    """Return the code of an error that ClickHouse has answered; None when it has answered nothing."""
    code = getattr(error, "code", None) if isinstance(error, ClickHouseError) else None
    return code if isinstance(code, int) else None
