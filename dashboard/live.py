"""Says that there is something new, over server-sent events.

ClickHouse is asked at most once in two seconds for each agent, however many pages listen. A stream ends when the page
leaves or the server stops.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from dashboard.answers import Change, Problem
from dashboard.errors import BadParameter, DashboardError, Unavailable
from dashboard.lists.filters import SCOPE, select
from dashboard.problems import described
from dashboard.reader import Reader
from dashboard.times import EPOCH, MILLISECOND, clickhouse_text, iso
from dashboard.windows import Absent, AgentId, Environment

LOOK_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 15.0
STREAMS: Final = 200
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
        self.streams = 0

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


@router.get("/live", response_class=StreamingResponse, responses={**STREAM, **described(422, 503)})
async def live(query: Annotated[LiveQuery, Query()], request: Request) -> StreamingResponse:
    """Server-sent events: the newest counts at once, and whenever they change."""
    pulse: Pulse = request.app.state.pulse
    if pulse.streams >= STREAMS:
        raise Unavailable("too many pages listen already; close some of them")
    return StreamingResponse(stream(pulse, query), media_type=EVENT_STREAM, headers={"X-Accel-Buffering": "no"})


async def stream(pulse: Pulse, query: LiveQuery) -> AsyncIterator[bytes]:
    """What one page is told."""
    pulse.streams += 1
    told, silent_since = b"retry: 2000\n\n", time.monotonic()
    try:
        yield told
        while not pulse.stopping.is_set():
            now = await _event(pulse, query)
            if now != told:
                told, silent_since = now, time.monotonic()
                yield now
            elif time.monotonic() - silent_since >= SILENCE_SECONDS:
                silent_since = time.monotonic()
                yield b": nothing new\n\n"
            await _pause(pulse)
    finally:
        pulse.streams -= 1


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
