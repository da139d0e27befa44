"""Only the admin token in the header gives access to erase and export."""

import asyncio

import httpx
import pytest

from dashboard.app import create_app
from dashboard.errors import RefusedToStart
from dashboard.routes.login import COOKIE
from dashboard.settings import DashboardSettings
from tests.unit.dashboard.routes.test_auth import BEARER, NOWHERE, TOKEN, serving

ADMIN = "an-admins-random-text"
ON = {"dashboard_admin_token": ADMIN, "clickhouse_url": NOWHERE}
PATHS = ("/api/admin/erasures", "/api/admin/exports")
ANN = {"agent": "a", "customer": "ann"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", PATHS)
async def test_it_is_disabled_without_its_setting(path: str) -> None:
    async with serving(dashboard_token=TOKEN) as client:
        for headers in (bearer(ADMIN), BEARER, {}):
            answer = await client.post(path, json=ANN, headers=headers)
            assert answer.status_code == 403
            assert "set CONVOSTREAM_DASHBOARD_ADMIN_TOKEN" in answer.json()["detail"]


@pytest.mark.parametrize("headers", [{}, BEARER, bearer(ADMIN[:-1]), bearer(""), {"Authorization": f"Basic {ADMIN}"}])
async def test_only_the_admin_token_is_accepted(headers: dict[str, str]) -> None:
    async with serving(**ON, dashboard_token=TOKEN) as client:
        session = (await client.post("/login", data={"token": TOKEN})).cookies[COOKIE]
        client.cookies = httpx.Cookies({COOKIE: session, "token": ADMIN})
        paths = [f"{path}?token={ADMIN}" for path in (*PATHS, "/api/admin/", "/api/admin/anything")]
        answers = await asyncio.gather(*(client.post(path, content=b"{" * 100, headers=headers) for path in paths))
        assert {answer.status_code for answer in answers} == {401}
        assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


async def test_wrong_admin_tokens_are_delayed_and_the_correct_one_is_always_accepted() -> None:
    async with serving(**ON) as client:
        wrong = [client.post(PATHS[0], json=ANN, headers=bearer("a-wrong-admin-token")) for _ in range(12)]
        statuses = [answer.status_code for answer in await asyncio.gather(*wrong)]
        assert statuses.count(401) == 10
        assert statuses.count(429) == 2
        assert (await client.post(PATHS[0], json={}, headers=bearer(ADMIN))).status_code == 422


async def test_the_admin_token_reads_no_numbers() -> None:
    async with serving(**ON, dashboard_token=TOKEN) as client:
        assert (await client.get("/api/metrics", headers=bearer(ADMIN))).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"agent": "a"},
        {**ANN, "conversation": "c"},
        {**ANN, "agent": " "},
        {**ANN, "customer": "anonymous"},
        {**ANN, "unheard_of": 1},
        {**ANN, "customer": ["ann"]},
        [],
    ],
)
async def test_an_anonymous_customer_is_rejected(body: object) -> None:
    async with serving(**ON) as client:
        for path in PATHS:
            assert (await client.post(path, json=body, headers=bearer(ADMIN))).status_code == 422


async def test_an_id_with_a_lone_surrogate_is_rejected() -> None:
    async with serving(**ON) as client:
        for path in PATHS:
            body = b'{"agent": "a", "customer": "\\ud800"}'
            assert (await client.post(path, content=body, headers=bearer(ADMIN))).status_code == 422


async def test_an_unreachable_clickhouse_is_reported() -> None:
    async with serving(**ON) as client:
        for path in PATHS:
            answer = await client.post(path, json=ANN, headers=bearer(ADMIN))
            assert answer.status_code == 503
            assert "secret" not in answer.text


@pytest.mark.parametrize("token", ["short", "CHANGEME", "CHANGEME-CHANGEME-", " " * 20, TOKEN, "žžžžžžžžžžžžžžžžžžžž"])
def test_a_weak_admin_token_is_rejected(token: str) -> None:
    settings = {"dashboard_admin_token": token, "dashboard_token": TOKEN}
    with pytest.raises(RefusedToStart, match="CONVOSTREAM_DASHBOARD_ADMIN_TOKEN"):
        create_app(DashboardSettings.model_validate(settings))
