"""The health check of ClickHouse: one query at a time, on a connection of its own."""

import asyncio
import time
from typing import Final

from fastapi import APIRouter, Request

from dashboard.errors import Unavailable
from dashboard.queries.client import ClickHouseReader
from dashboard.routes.problems import described
from dashboard.routes.schemas import Health

SECONDS: Final = 5.0
KEPT_SECONDS: Final = 1.0

router = APIRouter(tags=["operation"])


class HealthCheck:
    """Queries ClickHouse at most once a second and shares the result between callers."""

    def __init__(self, reader: ClickHouseReader) -> None:
        self._reader = reader
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._trouble = ""

    async def check(self) -> None:
        """Raise Unavailable when ClickHouse does not answer within 5 seconds."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= KEPT_SECONDS:
                self._trouble = await self._ask()
                self._asked_at = time.monotonic()
            trouble = self._trouble
        if trouble:
            raise Unavailable(trouble)

    async def _ask(self) -> str:
        try:
            async with asyncio.timeout(SECONDS):
                await self._reader.rows("SELECT 1 AS one", {})
        except TimeoutError:
            return "ClickHouse does not answer"
        except Unavailable as error:
            return str(error)
        return ""


@router.get("/health", responses=described(503))
async def health(request: Request) -> Health:
    """Report whether ClickHouse answers."""
    check: HealthCheck = request.app.state.health
    await check.check()
    return Health(status="ok")
