"""The application: routes, error handlers and access control."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.security import HTTPBearer

from dashboard.personal_data import People
from dashboard.protection.query_queue import QueryQueue
from dashboard.queries.client import QUERIES_AT_ONCE, ClickHouseReader, Connection
from dashboard.routes import admin, agents, conversations, health, ingestion, lists, live, login, metrics, static_files
from dashboard.routes.admin_auth import AdminAccess, check_admin_token
from dashboard.routes.auth import add_access
from dashboard.routes.departures import Departures
from dashboard.routes.dependencies import ClockMs, system_clock
from dashboard.routes.problems import add_problems, described
from dashboard.settings import DashboardSettings, check_exposure

# Only describes the token in the OpenAPI document; dashboard.routes.auth checks it.
TOKEN: Final = HTTPBearer(
    scheme_name="token", description="CONVOSTREAM_DASHBOARD_TOKEN, or the cookie of /login.", auto_error=False
)

# Only describes the admin token; dashboard.routes.admin_auth checks it.
ADMIN_TOKEN: Final = HTTPBearer(
    scheme_name="admin token", description="CONVOSTREAM_DASHBOARD_ADMIN_TOKEN.", auto_error=False
)


def create_app(settings: DashboardSettings, clock: ClockMs = system_clock) -> FastAPI:
    """Return the dashboard application.

    Raises RefusedToStart when the settings would expose the data to a network.
    """
    check_exposure(settings)
    check_admin_token(settings)
    url = settings.clickhouse_reader_url.get_secret_value()
    connection, health_connection = Connection(url), Connection(url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.reader = ClickHouseReader(connection, QueryQueue(QUERIES_AT_ONCE))
        app.state.feed = live.ChangeFeed(ClickHouseReader(connection, QueryQueue(1)))
        app.state.health = health.HealthCheck(ClickHouseReader(health_connection, QueryQueue(1)))
        yield
        for opened in (connection, health_connection):
            await opened.close()

    app = FastAPI(
        title="Convostream",
        summary="Fifteen metrics of AI agents, and the list behind each number.",
        version="1",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,  # these pages would load scripts from another host
        redoc_url=None,
        responses=described(401) if settings.token else None,
    )
    app.state.clock = clock
    for module in (metrics, agents, lists, conversations, ingestion, live, login):
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
    static_files.add_pages(app, static_files.BUILT)
    return app
