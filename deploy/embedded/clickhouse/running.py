"""One statement in the threads of the front; when its client leaves, its query is cancelled.

An insert whose body has arrived runs to its end all the same, as it does in the server: half of it may be stored.
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
        """Run the statement up to its first piece."""
        try:
            answer = await self._call(self._execution.start)
        except ClickHouseError:
            self._job = None
            raise
        if answer.complete:
            self._job = None
        return answer

    async def more(self) -> bytes | None:
        """Return the next piece, or None after the last one."""
        return await self._call(self._execution.more)

    async def end(self, endings: Executor) -> None:
        """Close the session unless it is; if the last call still runs, its client has left: cancel it."""
        if self._job is not None:
            await asyncio.wrap_future(endings.submit(self._end, self._job))

    async def _call(self, work: Callable[[], _T]) -> _T:
        self._job = job = self._threads.submit(work)
        return await asyncio.wrap_future(job)

    def _end(self, job: "Future[Any]") -> None:
        # Again and again, because the session may be so new that its query has not begun.
        while not job.done():
            if self._execution.reads:
                self._engine.cancel(self._execution.mark)
            wait([job], _CANCEL_SECONDS)
        self._execution.close()
