"""Who may read: the token, the form that sets its cookie, and the headers that keep other sites out.

With a token, everything but /health and /login needs it. Without one the dashboard listens on loopback alone, and
answers only to localhost's own names: a page of another site whose name was made to point here reads nothing.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.problems import problem
from dashboard.settings import is_loopback

COOKIE: Final = "convostream_dashboard"
OPEN_PATHS: Final = frozenset({"/health", "/login"})
MAX_FORM_BYTES: Final = 8192
MONTH_SECONDS: Final = 30 * 24 * 3600
STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}"
    "input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.5rem 0}"
)
FORM: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Convostream</title>'
    '<meta name="viewport" content="width=device-width"><style>{style}</style><main><h1>Convostream</h1>'
    '<form method="post" action="/login"><label>Token<input name="token" type="password" required autofocus '
    'autocomplete="current-password"></label><button>Open the dashboard</button></form><p role="alert">{message}</p>'
    "</main></html>"
)
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY.format(style=""),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Access:
    """The middleware that lets requests in and puts the headers on answers."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request itself, or lets it through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        app = self._app if (refusal := self._refusal(request)) is None else refusal

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store" if request.url.path.startswith("/api/") else "no-cache")
            await send(message)

        await app(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Response | None:
        if not self._token:
            return None if is_loopback(_host(request.headers)) else _strange_host()
        if request.url.path in OPEN_PATHS or self._is_allowed(request):
            return None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/login", 303)
        return problem(
            401,
            "the token is missing or wrong; allowed is Authorization: Bearer <CONVOSTREAM_DASHBOARD_TOKEN>",
            headers={"WWW-Authenticate": 'Bearer realm="convostream"'},
        )

    def _is_allowed(self, request: Request) -> bool:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(bearer.strip(), self._token):
            return True
        return _same(request.cookies.get(COOKIE, ""), cookie_of(self._token))


def add_access(app: FastAPI, token: str) -> None:
    """Guards an application, and gives it the form when there is a token."""
    app.add_middleware(Access, token=token)
    if token:
        app.add_api_route("/login", _form, methods=["GET"], include_in_schema=False)
        app.add_api_route("/login", _login(token), methods=["POST"], include_in_schema=False)


def cookie_of(token: str) -> str:
    """What the cookie holds: it proves the token without being it."""
    return hmac.new(token.encode(), b"convostream dashboard cookie", hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def _host(headers: Headers) -> str:
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _strange_host() -> Response:
    return problem(
        421, "without a token only requests to localhost are answered; set CONVOSTREAM_DASHBOARD_TOKEN for other names"
    )


async def _form() -> Response:
    return _page("")


def _page(message: str, status: int = 200) -> Response:
    proof = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = POLICY.format(style=f" 'sha256-{proof}'")
    page = FORM.format(style=STYLE, message=message)
    return HTMLResponse(page, status, {"Content-Security-Policy": policy, "Cache-Control": "no-store"})


def _login(token: str) -> Callable[[Request], Awaitable[Response]]:
    async def login(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_FORM_BYTES:
                return _page("That is no token.", 413)
        given = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]
        if not _same(given.strip(), token):
            return _page("That is not the token.", 401)
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, cookie_of(token), MONTH_SECONDS, httponly=True, samesite="strict", secure=secure, path="/"
        )
        return answer

    return login
