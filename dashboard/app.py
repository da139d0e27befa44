"""The application: its routes in order, its errors, and who may read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.security import HTTPBearer

from dashboard.personal_data import People
from dashboard.protection.query_queue import Turns
from dashboard.queries.client import QUERIES_AT_ONCE, Connection, Reader
from dashboard.routes import admin, agents, health, ingestion, live, login
from dashboard.routes import conversations as transcripts
from dashboard.routes import lists as behind
from dashboard.routes import metrics as numbers
from dashboard.routes import static_files as pages
from dashboard.routes.admin_auth import AdminAccess, check_admin_token
from dashboard.routes.auth import add_access
from dashboard.routes.departures import Departures
from dashboard.routes.dependencies import ClockMs, system_clock
from dashboard.routes.problems import add_problems, described
from dashboard.settings import DashboardSettings, check_exposure

# Describes the token in the OpenAPI document; dashboard.routes.auth asks for it.
TOKEN: Final = HTTPBearer(
    scheme_name="token", description="CONVOSTREAM_DASHBOARD_TOKEN, or the cookie of /login.", auto_error=False
)

# The same for dashboard.routes.admin_auth.
ADMIN_TOKEN: Final = HTTPBearer(
    scheme_name="admin token", description="CONVOSTREAM_DASHBOARD_ADMIN_TOKEN.", auto_error=False
)


def create_app(settings: DashboardSettings, clock: ClockMs = system_clock) -> FastAPI:
    """The dashboard over a ClickHouse; raises RefusedToStart when it would be open to a network."""
    check_exposure(settings)
    check_admin_token(settings)
    url = settings.clickhouse_reader_url.get_secret_value()
    connection, own_of_health = Connection(url), Connection(url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.reader = Reader(connection, Turns(QUERIES_AT_ONCE))
        app.state.pulse = live.Pulse(Reader(connection, Turns(1)))
        app.state.health = health.HealthCheck(Reader(own_of_health, Turns(1)))
        yield
        for each in (connection, own_of_health):
            await each.close()

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
    app.state.clock = clock
    for module in (numbers, agents, behind, transcripts, ingestion, live, login):
        app.include_router(module.router, dependencies=[Depends(TOKEN)] if settings.token else [])
    if settings.admin_token:
        app.state.people = People(settings.clickhouse_url.get_secret_value())
        app.include_router(admin.router, dependencies=[Depends(ADMIN_TOKEN)])
    app.include_router(health.router)
    add_problems(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    add_access(app, settings)
    app.add_middleware(Departures)
    app.add_middleware(AdminAccess, settings=settings)
    pages.add_pages(app, pages.BUILT)
    return app
