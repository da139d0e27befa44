"""Start Kafka clients with retries: the client's own start gives up at the first broker that does not answer.

A worker that is started while its broker is unavailable waits for it, as it does when the broker becomes unavailable
later.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Protocol

from aiokafka.errors import KafkaConnectionError
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth, server_list

from convostream.kafka.diagnosis import find_reason

RETRY_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Starting(Protocol):
    """What is being started; it may be stopped meanwhile."""

    @property
    def should_stop(self) -> bool:
        """Whether it was asked to stop."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleep, at most until it is asked to stop."""
        ...


async def start_with_retry(
    service: Starting,
    start: Callable[[], Awaitable[None]],
    clear: Callable[[], Awaitable[None]],
    reason: Callable[[Exception], Awaitable[str]],
) -> None:
    """Start a Kafka client; while no broker answers, `clear` the failed attempt and start again.

    The `reason` of a failure is logged. Raises SystemExit if the worker is stopped meanwhile; nothing has to be ended
    then.
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


def reason_of(transport: Any) -> Callable[[Exception], Awaitable[str]]:
    """Return a function that finds out why a client cannot start."""
    servers = server_list(transport.url, transport.default_port)
    options = partial(credentials_to_aiokafka_auth, transport.app.conf.broker_credentials)
    return partial(find_reason, bootstrap_servers=servers, options=options)
