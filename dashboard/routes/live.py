"""Live updates over server-sent events: the newest counts whenever they change.

ClickHouse is queried at most once in two seconds for each agent, however many pages listen. A stream ends when its
client disconnects or the server stops.
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
from dashboard.queries.client import ClickHouseReader
from dashboard.queries.filters import SCOPE, select
from dashboard.queries.time_range import Absent, AgentId, Environment
from dashboard.queries.times import EPOCH, MILLISECOND, clickhouse_text, iso
from dashboard.routes.login import session_of
from dashboard.routes.problems import described
from dashboard.routes.schemas import Change, ProblemDocument

INTERVAL_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 15.0
STREAMS: Final = 200
STREAMS_PER_CLIENT: Final = 50
SCOPES: Final = 1000
EVENT_STREAM: Final = "text/event-stream"
COUNTS: Final = "count() AS events, (SELECT count() FROM dead_letters) AS dead_letters"
RECEIVED: Final = "max(received_at) AS received"
SINCE: Final = "received_at >= {received_since:DateTime64(3, 'UTC')}"
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events named `change` with the newest counts, and `problem` while ClickHouse does not answer.",
        "content": {EVENT_STREAM: {"example": "event: change\ndata: {}\n\n"}},
    }
}

router = APIRouter(prefix="/api", tags=["operation"])


class LiveQuery(BaseModel):
    """The scope of the updates: all agents, or one agent and environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent_id: AgentId | Absent = None
    environment: Environment = "production"

    @property
    def conditions(self) -> list[str]:
        """The conditions on the events."""
        return [SCOPE] if self.agent_id is not None else []


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a scope, its monotonic time, and the time of receipt of the newest event."""

    at: float
    change: Change
    received: datetime


class Streams:
    """Limits the number of open streams, in total and by client."""

    def __init__(self) -> None:
        self._by_client: Counter[str] = Counter()

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Count one stream while it is open; raises Overloaded or TooManyStreams."""
        if self._by_client.total() >= STREAMS:
            raise Overloaded("too many live streams are open; close some pages")
        if self._by_client[client] >= STREAMS_PER_CLIENT:
            raise TooManyStreams("too many live streams of your address are open; close some pages")
        self._by_client[client] += 1
        try:
            yield
        finally:
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]


class ChangeFeed:
    """The newest state of each scope, queried again when the last snapshot is old.

    A snapshot counts events, which ClickHouse does without reading rows. Only if the count has changed, a second query
    reads the newest time of receipt, and skips data older than the last known one.
    """

    def __init__(self, reader: ClickHouseReader) -> None:
        self._reader = reader
        self._snapshots: dict[LiveQuery, Snapshot] = {}
        self._lock = asyncio.Lock()
        self.stopping = asyncio.Event()
        self.streams = Streams()

    async def latest(self, query: LiveQuery) -> Change:
        """Return the state of a scope, at most two seconds old."""
        async with self._lock:
            snapshot = self._snapshots.get(query)
            if snapshot is None or time.monotonic() - snapshot.at >= INTERVAL_SECONDS * 0.9:
                if len(self._snapshots) >= SCOPES:
                    self._snapshots.clear()
                snapshot = self._snapshots[query] = await self._take(query, snapshot)
            return snapshot.change

    async def _take(self, query: LiveQuery, before: Snapshot | None) -> Snapshot:
        bound = {"agent_id": query.agent_id or "", "environment": query.environment}
        (counted,) = await self._reader.rows(select(COUNTS, "events", query.conditions), bound)
        known = before.change.events if before else 0
        received = before.received if before and counted["events"] >= known else EPOCH
        if counted["events"] != known:
            bound["received_since"] = clickhouse_text((received - EPOCH) // MILLISECOND)
            (newest,) = await self._reader.rows(select(RECEIVED, "events", [*query.conditions, SINCE]), bound)
            received = newest["received"]
        change = Change(received_at=iso(received) if counted["events"] else None, **counted)
        return Snapshot(time.monotonic(), change, received)


class LiveStream(StreamingResponse):
    """A response that counts as an open stream exactly while it runs."""

    def __init__(self, feed: ChangeFeed, query: LiveQuery, may_listen: Callable[[], bool]) -> None:
        events = stream(feed, query, may_listen)
        super().__init__(events, media_type=EVENT_STREAM, headers={"X-Accel-Buffering": "no"})
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream events, unless too many streams are open."""
        with self._feed.streams.place(client_of(scope)):
            await super().__call__(scope, receive, send)


@router.get("/live", response_class=StreamingResponse, responses={**RESPONSES, **described(422, 429, 503)})
async def live(query: Annotated[LiveQuery, Query()], request: Request) -> LiveStream:
    """Stream server-sent events: the newest counts at once and after each change."""
    return LiveStream(request.app.state.feed, query, session_of(request))


async def stream(feed: ChangeFeed, query: LiveQuery, may_listen: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield the events of one client until the server stops or its session ends."""
    last_sent, silent_since = b"retry: 2000\n\n", time.monotonic()
    yield last_sent
    while not feed.stopping.is_set() and may_listen():
        now = await _event(feed, query)
        if now != last_sent:
            last_sent, silent_since = now, time.monotonic()
            yield now
        elif time.monotonic() - silent_since >= SILENCE_SECONDS:
            silent_since = time.monotonic()
            yield b": nothing new\n\n"
        await _pause(feed)


async def _event(feed: ChangeFeed, query: LiveQuery) -> bytes:
    try:
        return _text("change", await feed.latest(query))
    except DashboardError as error:
        status = 422 if isinstance(error, BadParameter) else 503
        return _text(
            "problem",
            ProblemDocument(type="about:blank", title="Service Unavailable", status=status, detail=str(error)),
        )


def _text(name: str, data: BaseModel) -> bytes:
    return f"event: {name}\ndata: ".encode() + orjson.dumps(data.model_dump()) + b"\n\n"


async def _pause(feed: ChangeFeed) -> None:
    try:
        await asyncio.wait_for(feed.stopping.wait(), INTERVAL_SECONDS)
    except TimeoutError:
        return
