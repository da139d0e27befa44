"""A client of the API in this process, over ASGI, against the ClickHouse of the stack."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from dashboard.app import create_app
from dashboard.settings import DashboardSettings
from tests.oracle import Question
from tests.oracle.date_times import utc_text
from tests.support.stack.harness import Harness

ADDRESS = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Api:
    """A client of the API."""

    client: httpx.AsyncClient

    async def get(self, path: str, parameters: Mapping[str, object] | None = None, status: int = 200) -> httpx.Response:
        """Return the answer to a request, which must have this status."""
        sent = {name: str(value) for name, value in (parameters or {}).items()}
        answer = await self.client.get(path, params=sent)
        assert answer.status_code == status, f"{answer.url} answered {answer.status_code}: {answer.text[:800]}"
        return answer

    async def json(self, path: str, parameters: Mapping[str, object] | None = None) -> Any:
        """Return the JSON body of an answer."""
        return (await self.get(path, parameters)).json()

    async def pages(self, path: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return all rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await self.json(path, {**parameters, **cursor})
            rows += answer["rows"]
            if answer["next"] is None:
                return rows
            assert answer["rows"], "a page without rows promises another one"
            cursor = {"cursor": answer["next"]}


@asynccontextmanager
async def running_api(harness: Harness, **settings: object) -> AsyncIterator[Api]:
    """Run the application over the harness's ClickHouse, with its start and shutdown."""
    url = SecretStr(harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])
    app = create_app(DashboardSettings.model_validate({"clickhouse_reader_url": url, **settings}))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDRESS, timeout=60) as client,
    ):
        yield Api(client)


def window_parameters(question: Question) -> dict[str, object]:
    """Return a question of the oracle as parameters of the API."""
    return {
        "agent_id": question.agent_id,
        "environment": question.environment,
        "since": utc_text(question.since),
        "until": utc_text(question.until),
        "time_zone": question.time_zone,
    }
