"""Cancels requests whose client has disconnected or that take too long, with their queries to ClickHouse.

ASGI reports a disconnect only to an application that calls `receive`, so a separate task does that for GET and HEAD.
Other methods read their own bodies and always run to the end.
"""

import asyncio
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.routes.problems import problem

# The time until a response starts; more than the longest wait for a slot plus the longest query.
ANSWER_SECONDS: Final = 60.0


class Departures:
    """The middleware that cancels requests of disconnected clients."""

    def __init__(self, app: ASGIApp, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._app = app
        self._answer_seconds = answer_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request until its client disconnects."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        started = asyncio.Event()

        async def noting_start(message: Message) -> None:
            started.set()
            await send(message)

        left = asyncio.create_task(_wait_until_left(receive))
        answering: asyncio.Future[None] = asyncio.ensure_future(
            self._app(scope, _nothing_but_departure(left), noting_start)
        )
        is_late = False
        try:
            await self._wait(answering, left, started)
            is_late = not started.is_set() and not left.done()
        finally:
            left.cancel()
            answering.cancel()
            await asyncio.wait([answering])
        if not answering.cancelled():
            answering.result()
        elif is_late:
            late = problem(503, "the response took too long; request less", headers={"Retry-After": "5"})
            await late(scope, receive, send)

    async def _wait(self, answering: asyncio.Future[None], left: asyncio.Task[None], started: asyncio.Event) -> None:
        """Wait for the end of the response; give up if it has not started in time."""
        beginning = asyncio.create_task(started.wait())
        try:
            watched: list[asyncio.Future[Any]] = [answering, left, beginning]
            await asyncio.wait(watched, timeout=self._answer_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            beginning.cancel()
        if started.is_set():
            await asyncio.wait([answering, left], return_when=asyncio.FIRST_COMPLETED)


async def _wait_until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _nothing_but_departure(left: asyncio.Task[None]) -> Receive:
    """Return a receive channel with an empty body, then the disconnect."""
    waiting = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        message = next(waiting, None)
        if message is not None:
            return message
        await asyncio.wait([left])
        return {"type": "http.disconnect"}

    return receive
