"""The login form, the sessions that it starts, and logging out."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.protection.clients import client_of
from dashboard.protection.failed_logins import FailedLogins
from dashboard.protection.sessions import SESSION_SECONDS, Sessions
from dashboard.routes.schemas import SessionSchema

COOKIE: Final = "convostream_dashboard"
MAX_FORM_BYTES: Final = 8192
STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}"
    "input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.5rem 0}"
)
FORM: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Convostream</title>'
    '<meta name="viewport" content="width=device-width"><style>{style}</style><main><h1>Convostream</h1>'
    '<form method="post" action="/login"><label>Token<input name="token" type="password" required autofocus '
    'autocomplete="current-password"></label><button>Log in</button></form><p role="alert">{message}</p>'
    "</main></html>"
)
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

router = APIRouter(prefix="/api", tags=["operation"])


@router.get("/session")
async def session(request: Request) -> SessionSchema:
    """Report whether this request belongs to a session, which can be logged out."""
    sessions: Sessions = request.app.state.sessions
    return SessionSchema(logged_in=sessions.holds(request.cookies.get(COOKIE, "")))


def session_of(request: Request) -> Callable[[], bool]:
    """Return a function that reports whether a request's session is still open; always true without a session."""
    sessions: Sessions = request.app.state.sessions
    cookie = request.cookies.get(COOKIE, "")
    return (lambda: sessions.holds(cookie)) if sessions.holds(cookie) else (lambda: True)


def same(given: str, expected: str) -> bool:
    """Compare two texts in constant time."""
    digests = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, expected))
    return hmac.compare_digest(*digests)


class Login:
    """The routes of the login form."""

    def __init__(self, token: str, sessions: Sessions, failed: FailedLogins) -> None:
        self._token = token
        self._sessions = sessions
        self._failed = failed

    def add_to(self, app: FastAPI) -> None:
        """Add the routes to an application."""
        app.add_api_route("/login", self.form, methods=["GET"], include_in_schema=False)
        app.add_api_route("/login", self.log_in, methods=["POST"], include_in_schema=False)
        app.add_api_route("/logout", self.log_out, methods=["POST"], include_in_schema=False)

    async def form(self) -> Response:
        """Return the form."""
        return _page("")

    async def log_in(self, request: Request) -> Response:
        """Start a session if the token is right."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_FORM_BYTES:
                return _page("The token is too long.", 413, {"Connection": "close"})
        given = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]
        if not same(given.strip(), self._token):
            return await self._refuse(client_of(request.scope))
        self._sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
        secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, self._sessions.begin(), SESSION_SECONDS, httponly=True, samesite="strict", secure=secure, path="/"
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session of the request, here and in the browser."""
        self._sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login", 303, {"Cache-Control": "no-store"})
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return answer

    async def _refuse(self, client: str) -> Response:
        wait = self._failed.note(client)
        if wait:
            return _page("Too many wrong tokens. Try again in a minute.", 429, {"Retry-After": str(wait)})
        await self._failed.delay()
        return _page("Wrong token.", 401)


def _page(message: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    proof = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = POLICY.format(style=f" 'sha256-{proof}'")
    # With no-referrer a browser would omit the Origin that the form is checked by.
    own = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return HTMLResponse(FORM.format(style=STYLE, message=message), status, {**own, **(headers or {})})
