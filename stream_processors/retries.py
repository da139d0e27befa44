"""Retry calls to ClickHouse and Kafka until they succeed, with growing pauses."""

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

# Consecutive refusals by ClickHouse after which a partition is blocked.
REFUSALS: Final = 3

# How long a call may fail, because of ClickHouse's load or an error of ours, before its partition is blocked.
OVERLOADED_SECONDS: Final = 60.0

logger = logging.getLogger(__name__)


async def retry_forever(what: str, call: Callable[[], Awaitable[T]], partition: int, subject: str = "") -> T:
    """Retry a call until it succeeds and return its result; `what` and `subject` describe it in logs.

    A partition is blocked while ClickHouse refuses a call repeatedly, or while a call has failed for a minute because
    of ClickHouse's load or an error of ours. The call is then retried less often, with an error in the log, and the
    partition continues by itself when the cause is fixed. Errors that say who must act (`ProcessorError`) are raised.
    """
    pause, refusals, began = FIRST_PAUSE_SECONDS, 0, time.monotonic()
    what_and_subject = f"{what} {subject}".rstrip()
    with refusal_of_call(partition) as refusal:
        while True:
            try:
                return await call()
            except BlockRefused as error:
                refusals += 1
                if refusals >= REFUSALS:
                    refusal.block(f"ClickHouse refuses to {what_and_subject} (code {error.code})")
                problem = f"refused by ClickHouse, code {error.code}"
            except ProcessorError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a client raises for a server or network that is away
                problem = summary(error)
                if not is_away(error) and time.monotonic() - began > OVERLOADED_SECONDS:
                    refusal.block(f"to {what_and_subject} has failed for too long ({type_and_code(error)})")
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            if refusal.reason:
                logger.error("partition %d is blocked: %s", partition, refusal.reason)
                pause = REFUSED_PAUSE_SECONDS
            else:
                logger.warning("partition %d retries to %s: %s", partition, what_and_subject, problem)
            metrics.RETRIES.labels(what).inc()
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret


def is_away(error: Exception) -> bool:
    """Tell whether an error is about a server or the network, and not about the content of the call."""
    return isinstance(error, OSError | KafkaError | ClickHouseError) and error_code(error) is None


def summary(error: Exception) -> str:
    """Return a description of an error without content of events, which some errors quote."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}" if is_away(error) else type_and_code(error)


def type_and_code(error: Exception) -> str:
    """Return an error's type, and ClickHouse's code if it has one."""
    code = error_code(error)
    return type(error).__name__ if code is None else f"{type(error).__name__}, code {code}"


def error_code(error: BaseException) -> int | None:
    """Return ClickHouse's error code; None if the error did not come from ClickHouse."""
    code = getattr(error, "code", None) if isinstance(error, ClickHouseError) else None
    return code if isinstance(code, int) else None
