"""Access control: accepted tokens, sessions, failed logins, other sites."""

import asyncio
import logging
import time
from collections.abc import Mapping

import httpx
import pytest

from dashboard.app import create_app
from dashboard.errors import RefusedToStart
from dashboard.protection.clients import client_of
from dashboard.protection.failed_logins import CLIENTS_AT_MOST, OVERALL, PER_CLIENT, WINDOW_SECONDS, FailedLogins
from dashboard.protection.sessions import SESSION_SECONDS, SESSIONS_AT_MOST, Sessions
from dashboard.routes.login import COOKIE
from dashboard.settings import DashboardSettings
from tests.unit.dashboard.routes.test_auth import BEARER, TOKEN, serving

BASE = "http://dashboard.example"


@pytest.mark.parametrize(
    "token",
    [
        "CHANGEME",
        "CHANGEMECHANGEME",
        "please-changeme-soon",
        "short",
        "fifteen-letters",
        " " * 20,
        "x" * 20 + "\n\ty",
        "ü" * 20,
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  (refused)
def test_a_weak_token_prevents_the_start(token: str, host: str) -> None:
    settings = DashboardSettings.model_validate({"dashboard_host": host, "dashboard_token": token})
    with pytest.raises(RefusedToStart, match="CONVOSTREAM_DASHBOARD_TOKEN") as raised:
        create_app(settings)
    assert token.strip() not in str(raised.value).replace("CHANGEME", "") or not token.strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dashboard_allowed_hosts", "https://a.example"),
        ("dashboard_allowed_hosts", "*.example"),
        ("dashboard_allowed_hosts", "a.example:8080"),
        ("dashboard_trusted_proxies", "proxy"),
        ("dashboard_trusted_proxies", "*"),
        ("dashboard_trusted_proxies", "10.0.0.1/8"),
    ],
)
def test_an_invalid_host_name_prevents_the_start(name: str, value: str) -> None:
    with pytest.raises(RefusedToStart, match=name.upper()):
        create_app(DashboardSettings.model_validate({name: value}))


@pytest.mark.parametrize("token", ["", TOKEN])
async def test_only_allowed_hosts_are_accepted(token: str) -> None:
    settings = {"dashboard_allowed_hosts": "a.example, B.example,::2", "dashboard_token": token}
    async with serving("http://127.0.0.1", **settings) as client:
        for host, status in {
            "a.example": 200,
            "A.Example:8080": 200,
            "b.example.": 200,
            "localhost:1": 200,
            "[::2]:80": 200,
            "c.example": 421,
            "a.example.evil.example": 421,
            "evil@a.example": 421,
            "a.example/x": 421,
            "evil.example#@localhost": 421,
            "": 421,
        }.items():
            answer = await client.get("/api/metrics", headers={**BEARER, "Host": host})
            assert answer.status_code == status, host


CROSS = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/login", CROSS, 403),
        ("POST", "/login", {"Sec-Fetch-Site": "same-site"}, 403),
        ("POST", "/login", {"Origin": "https://evil.example"}, 403),
        ("POST", "/login", {"Origin": "null"}, 403),
        ("POST", "/login", {"Origin": f"{BASE}.evil.example"}, 403),
        ("POST", "/logout", CROSS, 403),
        ("DELETE", "/api/agents", {**CROSS, **BEARER}, 403),
        ("GET", "/api/metrics", {**BEARER, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ("GET", "/api/metrics", {**BEARER, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ("GET", "/api/metrics", {**BEARER, "Sec-Fetch-Site": "same-origin"}, 200),
        ("POST", "/login", {"Origin": BASE}, 303),
        ("POST", "/login", {"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ("POST", "/login", {}, 303),
    ],
)
async def test_cross_site_requests_are_rejected(
    method: str, path: str, headers: Mapping[str, str], status: int
) -> None:
    async with serving(BASE, dashboard_token=TOKEN) as client:
        data = {"token": TOKEN} if method == "POST" else None
        answer = await client.request(method, path, headers=headers, data=data)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


async def test_logging_out_ends_the_session_here_and_in_the_browser() -> None:
    async with serving(BASE, dashboard_token=TOKEN) as client:
        await client.post("/login", data={"token": TOKEN})
        cookie = client.cookies[COOKIE]
        assert (await client.get("/api/session")).json() == {"logged_in": True}
        answer = await client.post("/logout")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert "Max-Age=0" in answer.headers["set-cookie"]
        stolen = {"Cookie": f"{COOKIE}={cookie}"}
        assert (await client.get("/api/metrics", headers=stolen)).status_code == 401
        assert (await client.get("/api/session", headers=BEARER)).json() == {"logged_in": False}


async def test_every_login_is_another_session_and_ends_the_one_before() -> None:
    async with serving(BASE, dashboard_token=TOKEN) as client:
        cookies = []
        for _ in range(2):
            await client.post("/login", data={"token": TOKEN})
            cookies.append(client.cookies[COOKIE])
        assert cookies[0] != cookies[1]
        client.cookies.clear()
        statuses = [
            (await client.get("/api/metrics", headers={"Cookie": f"{COOKIE}={cookie}"})).status_code
            for cookie in cookies
        ]
        assert statuses == [401, 200]


def test_sessions_end_after_a_week_and_are_bounded_in_number() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    cookies = [sessions.begin() for _ in range(SESSIONS_AT_MOST + 1)]
    assert [sessions.holds(each) for each in (cookies[0], cookies[1], cookies[-1], "", "x")] == [
        False,
        True,
        True,
        False,
        False,
    ]
    now[0] = SESSION_SECONDS
    assert not sessions.holds(cookies[-1])


async def test_wrong_tokens_are_delayed_then_rejected_and_the_correct_one_is_always_accepted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "dashboard")
    async with serving(BASE, dashboard_token=TOKEN) as client:
        began = time.monotonic()
        guesses = [client.post("/login", data={"token": f"guess-{number}"}) for number in range(PER_CLIENT)]
        bearers = [client.get("/api/metrics", headers={"Authorization": f"Bearer guess-{each}"}) for each in range(20)]
        answers = await asyncio.gather(*guesses, *bearers)
        assert time.monotonic() - began >= 1
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(401), statuses.count(429)) == (PER_CLIENT, 20)
        late = [answer for answer in answers if answer.status_code == 429]
        assert all(0 < int(answer.headers["retry-after"]) <= WINDOW_SECONDS for answer in late)
        began = time.monotonic()
        assert (await client.get("/api/metrics", headers=BEARER)).status_code == 200
        assert (await client.post("/login", data={"token": TOKEN})).status_code == 303
        assert time.monotonic() - began < 0.9
    lines = [record.getMessage() for record in caplog.records if record.name == "dashboard"]
    assert len(lines) >= PER_CLIENT
    assert not any(word in line for line in lines for word in ("guess", TOKEN, "127.0.0.1"))


def test_failed_logins_are_limited_by_client_and_altogether_for_a_minute() -> None:
    now = [0.0]
    failed = FailedLogins(lambda: now[0])
    assert [failed.note("a") for _ in range(PER_CLIENT)] == [0] * PER_CLIENT
    assert failed.note("a") == WINDOW_SECONDS
    assert failed.note("b") == 0
    for number in range(OVERALL - PER_CLIENT - 1):
        assert failed.note(f"c-{number}") == 0
    assert failed.note("another") == WINDOW_SECONDS
    now[0] = WINDOW_SECONDS
    assert failed.note("a") == failed.note("another") == 0


def test_memory_is_bounded_for_any_number_of_clients() -> None:
    failed = FailedLogins()
    for number in range(CLIENTS_AT_MOST + 100):
        failed.note(str(number))
    assert len(failed._by_client) == CLIENTS_AT_MOST


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_a_client_is_an_address_or_an_ipv6_network(host: str, client: str) -> None:
    assert client_of({"type": "http", "client": (host, 1)}) == client


async def test_an_internal_error_is_a_problem_document_and_logs_no_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app(DashboardSettings.model_validate({"clickhouse_reader_url": "http://127.0.0.1:1/x"}))

    said = "what a customer said"

    async def fail() -> None:
        raise RuntimeError(said)

    app.add_api_route("/api/fail", fail)
    app.router.routes.insert(0, app.router.routes.pop())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.get("/api/fail")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "RuntimeError" in caplog.text
    assert said not in caplog.text
