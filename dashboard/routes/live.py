"""Says that there is something new, over server-sent events.

ClickHouse is asked at most once in two seconds for each agent, however many pages listen. A stream ends when the page
leaves or the server stops.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict
from starlette.types import Receive, Scope, Send

from dashboard.errors import BadParameter, DashboardError, Overloaded, TooManyStreams
from dashboard.protection.clients import client_of
from dashboard.queries.client import Reader
from dashboard.queries.filters import SCOPE, select
from dashboard.queries.time_range import Absent, AgentId, Environment
from dashboard.queries.times import EPOCH, MILLISECOND, clickhouse_text, iso
from dashboard.routes.login import session_of
from dashboard.routes.problems import described
from dashboard.routes.schemas import Change, Problem

LOOK_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 15.0
STREAMS: Final = 200
STREAMS_PER_CLIENT: Final = 50
SCOPES: Final = 1000
EVENT_STREAM: Final = "text/event-stream"
COUNTS: Final = "count() AS events, (SELECT count() FROM dead_letters) AS dead_letters"
RECEIVED: Final = "max(received_at) AS received"
SINCE: Final = "received_at >= {received_since:DateTime64(3, 'UTC')}"
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events named change with the newest counts, and problem while ClickHouse does not answer.",
        "content": {EVENT_STREAM: {"example": "event: change\ndata: {}\n\n"}},
    }
}

router = APIRouter(prefix="/api", tags=["operation"])


class LiveQuery(BaseModel):
    """Whose changes are told: everyone's, or those of one agent and environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent_id: AgentId | Absent = None
    environment: Environment = "production"

    @property
    def conditions(self) -> list[str]:
        """The conditions on the events."""
        return [SCOPE] if self.agent_id is not None else []


@dataclass(frozen=True, slots=True)
class Look:
    """What a look saw, when it was by the monotonic clock, and when the newest event was received."""

    at: float
    change: Change
    received: datetime


class Streams:
    """How many streams are open, altogether and by client. A place is taken and given back in one block."""

    def __init__(self) -> None:
        self._by_client: Counter[str] = Counter()

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Hold a place for one stream; raises Overloaded or TooManyStreams when there is none."""
        if self._by_client.total() >= STREAMS:
            raise Overloaded("too many pages listen already; close some of them")
        if self._by_client[client] >= STREAMS_PER_CLIENT:
            raise TooManyStreams("too many pages of your address listen already; close some of them")
        self._by_client[client] += 1
        try:
            yield
        finally:
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]


class Pulse:
    """The newest state of each scope, looked at when the last look is old.

    A look counts, which ClickHouse knows without reading rows; only when the count has changed it asks when the newest
    event was received, and reads no part that was complete before the newest one known.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._seen: dict[LiveQuery, Look] = {}
        self._looking = asyncio.Lock()
        self.stopping = asyncio.Event()
        self.streams = Streams()

    async def look(self, query: LiveQuery) -> Change:
        """The newest state of a scope, at most two seconds old."""
        async with self._looking:
            look = self._seen.get(query)
            if look is None or time.monotonic() - look.at >= LOOK_SECONDS * 0.9:
                if len(self._seen) >= SCOPES:
                    self._seen.clear()
                look = self._seen[query] = await self._ask(query, look)
            return look.change

    async def _ask(self, query: LiveQuery, before: Look | None) -> Look:
        bound = {"agent_id": query.agent_id or "", "environment": query.environment}
        (counted,) = await self._reader.rows(select(COUNTS, "events", query.conditions), bound)
        known = before.change.events if before else 0
        received = before.received if before and counted["events"] >= known else EPOCH
        if counted["events"] != known:
            bound["received_since"] = clickhouse_text((received - EPOCH) // MILLISECOND)
            (newest,) = await self._reader.rows(select(RECEIVED, "events", [*query.conditions, SINCE]), bound)
            received = newest["received"]
        change = Change(received_at=iso(received) if counted["events"] else None, **counted)
        return Look(time.monotonic(), change, received)


class LiveStream(StreamingResponse):
    """A stream that holds its place exactly as long as it is answered, whether it ends, fails or is cancelled."""

    def __init__(self, pulse: Pulse, query: LiveQuery, may_listen: Callable[[], bool]) -> None:
        events = stream(pulse, query, may_listen)
        super().__init__(events, media_type=EVENT_STREAM, headers={"X-Accel-Buffering": "no"})
        self._pulse = pulse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, unless there are too many streams."""
        with self._pulse.streams.place(client_of(scope)):
            await super().__call__(scope, receive, send)


@router.get("/live", response_class=StreamingResponse, responses={**STREAM, **described(422, 429, 503)})
async def live(query: Annotated[LiveQuery, Query()], request: Request) -> LiveStream:
    """Server-sent events: the newest counts at once, and whenever they change."""
    return LiveStream(request.app.state.pulse, query, session_of(request))


async def stream(pulse: Pulse, query: LiveQuery, may_listen: Callable[[], bool]) -> AsyncIterator[bytes]:
    """What one page is told, until the server stops or its session ends."""
    told, silent_since = b"retry: 2000\n\n", time.monotonic()
    yield told
    while not pulse.stopping.is_set() and may_listen():
        now = await _event(pulse, query)
        if now != told:
            told, silent_since = now, time.monotonic()
            yield now
        elif time.monotonic() - silent_since >= SILENCE_SECONDS:
            silent_since = time.monotonic()
            yield b": nothing new\n\n"
        await _pause(pulse)


async def _event(pulse: Pulse, query: LiveQuery) -> bytes:
    try:
        return _text("change", await pulse.look(query))
    except DashboardError as error:
        status = 422 if isinstance(error, BadParameter) else 503
        return _text(
            "problem", Problem(type="about:blank", title="Service Unavailable", status=status, detail=str(error))
        )


def _text(name: str, data: BaseModel) -> bytes:
    return f"event: {name}\ndata: ".encode() + orjson.dumps(data.model_dump()) + b"\n\n"


async def _pause(pulse: Pulse) -> None:
    try:
        await asyncio.wait_for(pulse.stopping.wait(), LOOK_SECONDS)
    except TimeoutError:
        return
