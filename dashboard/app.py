"""The application: its routes in order, its errors, and who may read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from dashboard import behind, numbers
from dashboard.access import add_access
from dashboard.problems import add_problems, described
from dashboard.reader import Reader
from dashboard.service import ClockMs, system_clock
from dashboard.settings import DashboardSettings, check_exposure


def create_app(settings: DashboardSettings, clock: ClockMs = system_clock) -> FastAPI:
    """The dashboard over a ClickHouse; raises RefusedToStart when it would be open to a network."""
    check_exposure(settings)
    reader = Reader(settings.clickhouse_reader_url.get_secret_value())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await reader.close()

    app = FastAPI(
        title="Convostream",
        summary="The fifteen metrics of AI agents, and what is behind each number.",
        version="1",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,  # these pages would load scripts from another host
        redoc_url=None,
        responses=described(401) if settings.token else None,
    )
    app.state.reader, app.state.clock = reader, clock
    app.include_router(numbers.router)
    app.include_router(behind.router)
    add_problems(app)
    add_access(app, settings.token)
    return app
