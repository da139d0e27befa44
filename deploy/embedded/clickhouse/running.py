"""Run an execution in the server's threads, and cancel its query if the client disconnects.

An insert whose body has arrived runs to its end, as it does in a ClickHouse server: half of it may be stored already.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from typing import Any, TypeVar

from deploy.embedded.clickhouse.engine import Engine
from deploy.embedded.clickhouse.execution import Execution, HttpResponse
from deploy.embedded.errors import ClickHouseError

_CANCEL_SECONDS = 0.5
_T = TypeVar("_T")


class Running:
    """Calls an execution in threads, one call after the other."""

    def __init__(self, engine: Engine, threads: Executor, execution: Execution) -> None:
        self._engine = engine
        self._threads = threads
        self._execution = execution
        self._job: Future[Any] | None = None

    async def start(self) -> HttpResponse:
        """Run the statement up to its first chunk."""
        try:
            response = await self._call(self._execution.start)
        except ClickHouseError:
            self._job = None
            raise
        if response.complete:
            self._job = None
        return response

    async def more(self) -> bytes | None:
        """Return the next chunk, or None after the last one."""
        return await self._call(self._execution.more)

    async def end(self, endings: Executor) -> None:
        """Close the session; if the last call still runs, the client has disconnected, and its query is cancelled."""
        if self._job is not None:
            await asyncio.wrap_future(endings.submit(self._end, self._job))

    async def _call(self, work: Callable[[], _T]) -> _T:
        self._job = job = self._threads.submit(work)
        return await asyncio.wrap_future(job)

    def _end(self, job: "Future[Any]") -> None:
        # Repeat it, because the query of a new session may not have started.
        while not job.done():
            if self._execution.reads:
                self._engine.cancel(self._execution.mark)
            wait([job], _CANCEL_SECONDS)
        self._execution.close()
