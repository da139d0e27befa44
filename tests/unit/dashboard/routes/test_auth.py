"""Read access: the token, its cookie, allowed hosts, and security headers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from dashboard.app import create_app
from dashboard.errors import RefusedToStart
from dashboard.routes.login import COOKIE
from dashboard.settings import DashboardSettings

TOKEN = "a-long-random-text"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NOWHERE = "http://reader:secret@127.0.0.1:1/convostream"
PATHS = ("/", "/api/metrics", "/api/openapi.json", "/api/dashboard?agent_id=a", "/api/live", "/index.html", "/nothing")


@asynccontextmanager
async def serving(base: str = "http://127.0.0.1:8080", **settings: object) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(DashboardSettings.model_validate({"clickhouse_reader_url": NOWHERE, **settings}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client,
    ):
        yield client


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "dashboard.example", " "])  # noqa: S104  (refused)
def test_without_a_token_it_listens_only_on_localhost(host: str) -> None:
    settings = DashboardSettings.model_validate({"dashboard_host": host})
    with pytest.raises(RefusedToStart, match=r"set CONVOSTREAM_DASHBOARD_TOKEN .* or listen on 127\.0\.0\.1"):
        create_app(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_on_this_machine_no_token_is_needed(host: str) -> None:
    assert create_app(DashboardSettings.model_validate({"dashboard_host": host})).routes


def test_with_a_token_it_listens_anywhere() -> None:
    assert create_app(DashboardSettings.model_validate({"dashboard_host": "::", "dashboard_token": TOKEN})).routes


@pytest.mark.parametrize("url", ["clickhouse://host", "http://", "http://host:port/x", "nonsense"])
def test_an_invalid_url_is_reported_without_its_password(url: str) -> None:
    with pytest.raises(RefusedToStart, match="CONVOSTREAM_CLICKHOUSE_READER_URL"):
        create_app(DashboardSettings.model_validate({"clickhouse_reader_url": url}))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Cookie": f"{COOKIE}={TOKEN}"},
        {"Cookie": f"{COOKIE}="},
        {"Authorization": b"Bearer \xc3\xa9"},
    ],
    ids=["nothing", "wrong", "empty", "another scheme", "no scheme", "the token as a cookie", "no cookie", "not ASCII"],
)
async def test_no_request_is_accepted_without_the_token(headers: dict[str, str | bytes]) -> None:
    async with serving(dashboard_token=TOKEN) as client:
        encoded = {name: value if isinstance(value, bytes) else value.encode() for name, value in headers.items()}
        sent = {name.encode(): value for name, value in encoded.items()}
        answers = await asyncio.gather(*(client.get(path, headers=sent) for path in PATHS))
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_token_gives_access_to_everything() -> None:
    async with serving("http://dashboard.example", dashboard_token=TOKEN) as client:
        assert (await client.get("/api/metrics", headers=BEARER)).status_code == 200
        assert (await client.get("/", headers=BEARER)).status_code == 200


async def test_the_form_sets_a_session_cookie_that_is_not_the_token() -> None:
    async with serving("https://dashboard.example", dashboard_token=TOKEN) as client:
        sent_away = await client.get("/", headers={"Accept": "text/html"})
        assert (sent_away.status_code, sent_away.headers["location"]) == (303, "/login")
        assert "<form" in (await client.get("/login")).text
        answer = await client.post("/login", data={"token": TOKEN})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert TOKEN not in cookie
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=strict"))
        assert (await client.get("/api/metrics")).status_code == 200


@pytest.mark.parametrize("body", [b"", b"token=", b"token=wrong", b"\xff\xfe", b"token=" + b"x" * 20_000])
async def test_the_form_rejects_any_other_token(body: bytes) -> None:
    async with serving(dashboard_token=TOKEN) as client:
        answer = await client.post("/login", content=body)
    assert answer.status_code in {401, 413}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("base", ["http://evil.example", "http://127.0.0.1.evil.example", "http://192.168.1.5:8080"])
async def test_without_a_token_only_localhost_is_accepted(base: str) -> None:
    async with serving(base) as client:
        assert (await client.get("/api/metrics")).status_code == 421


@pytest.mark.parametrize("base", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"])
async def test_every_name_of_localhost_is_accepted(base: str) -> None:
    async with serving(base) as client:
        assert (await client.get("/api/metrics")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/metrics", "/nothing", "/login"])
async def test_no_response_allows_foreign_or_inline_scripts(path: str) -> None:
    async with serving(dashboard_token=TOKEN) as client:
        policy = (await client.get(path, headers=BEARER)).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_an_unreachable_clickhouse_is_a_problem_document() -> None:
    async with serving() as client:
        for path in ("/health", "/api/dashboard?agent_id=a", "/api/lists/messages?agent_id=a", "/api/ingestion"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["detail"]) == (503, "ClickHouse does not answer")


async def test_a_missing_page_is_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.routes.static_files.BUILT", tmp_path / "dist")
    async with serving() as client:
        answer = await client.get("/")
    assert answer.status_code == 200
    assert "python -m dashboard.build_page" in answer.text


@pytest.mark.parametrize("path", ["/../settings.py", "/..%2fsettings.py", "/%2e%2e/app.py", "/a%00b", "/api/nothing"])
async def test_no_file_outside_the_page_is_served(path: str) -> None:
    async with serving() as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_built_files_have_their_content_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.routes.static_files.BUILT", tmp_path)
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "page.js").write_text("0")
    async with serving() as client:
        assert (await client.get("/")).headers["content-type"].startswith("text/html")
        assert "javascript" in (await client.get("/page.js")).headers["content-type"]
        assert (await client.get("/other.js")).status_code == 404


async def test_a_file_with_a_hash_in_its_name_is_cached_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.routes.static_files.BUILT", tmp_path)
    (tmp_path / "assets").mkdir()
    kept = {"app-6BYEYM64.js": True, "style-YKBUO6CL.css": True, "world-b038f7e8.json": True, "licences.txt": False}
    for name in kept:
        (tmp_path / "assets" / name).write_text("0")
    async with serving() as client:
        headers = {name: (await client.get(f"/assets/{name}")).headers["cache-control"] for name in kept}
        assert {name: "immutable" in header for name, header in headers.items()} == kept
        assert "immutable" not in (await client.get("/assets/gone-6BYEYM64.js")).headers["cache-control"]


async def test_the_openapi_document_describes_the_token() -> None:
    async with serving(dashboard_token=TOKEN) as client:
        described = (await client.get("/api/openapi.json", headers=BEARER)).json()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    asking = {path for path, methods in described["paths"].items() if methods["get"].get("security") == [{"token": []}]}
    assert asking == described["paths"].keys() - {"/health"}
    async with serving() as client:
        assert "securitySchemes" not in (await client.get("/api/openapi.json")).json()["components"]


def test_no_parameter_is_nullable_in_the_openapi_document() -> None:
    described = create_app(DashboardSettings.model_validate({"clickhouse_reader_url": NOWHERE})).openapi()
    parameters = [one for path in described["paths"].values() for one in path["get"].get("parameters", [])]
    assert [one for one in parameters if "null" in str(one["schema"])] == []
