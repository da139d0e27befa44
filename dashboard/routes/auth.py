"""Access control: the token or a session, the host check, and security headers.

With a token, every path but /health and /login needs it. Without one the dashboard listens on loopback only and answers
requests to localhost and to hosts from the settings, which prevents DNS rebinding by other sites.
"""

import logging
import traceback
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.protection.clients import client_of
from dashboard.protection.failed_logins import FailedLogins
from dashboard.protection.origins import is_known_host, is_of_another_site
from dashboard.protection.sessions import Sessions
from dashboard.routes.admin_auth import ADMITTED
from dashboard.routes.login import COOKIE, POLICY, Login, same
from dashboard.routes.problems import problem
from dashboard.settings import DashboardSettings

OPEN_PATHS: Final = frozenset({"/health", "/login", "/logout"})
HEADERS: Final = {
    "Content-Security-Policy": POLICY.format(style=""),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

log = logging.getLogger("dashboard")


class Access:
    """The middleware that checks requests and sets the security headers of responses."""

    def __init__(self, app: ASGIApp, settings: DashboardSettings, sessions: Sessions, failed: FailedLogins) -> None:
        self._app = app
        self._token = settings.token
        self._hosts = settings.allowed_hosts
        self._sessions = sessions
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reject a request or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        started = False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store" if request.url.path.startswith("/api/") else "no-cache")
            await send(message)

        app = await self._refusal(request) or self._app
        try:
            await app(scope, receive, with_headers)
        except Exception as error:  # noqa: BLE001 - every error is logged and answered
            _log(error)
            if not started:
                await problem(500, "internal error; see the dashboard's log")(scope, receive, with_headers)

    async def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        if not self._is_for_us(request, path):
            names = "add other hosts to CONVOSTREAM_DASHBOARD_ALLOWED_HOSTS"
            return problem(421, f"only requests to localhost and allowed hosts are accepted; {names}")
        if is_of_another_site(request):
            return problem(403, "the request comes from another site; open the dashboard directly")
        if not self._token or path in OPEN_PATHS or ADMITTED in request.scope or self._is_allowed(request):
            return None
        return await self._without_token(request)

    def _is_for_us(self, request: Request, path: str) -> bool:
        if self._token and (not self._hosts or path == "/health"):
            return True
        return is_known_host(request.headers, self._hosts)

    def _is_allowed(self, request: Request) -> bool:
        return self._sessions.holds(request.cookies.get(COOKIE, "")) or (
            bool(bearer := _bearer(request)) and same(bearer, self._token)
        )

    async def _without_token(self, request: Request) -> Response:
        if _bearer(request):
            if wait := self._failed.note(client_of(request.scope)):
                return problem(429, "too many wrong tokens; try again later", headers={"Retry-After": str(wait)})
            await self._failed.delay()
        elif request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/login", 303)
        return problem(
            401,
            "the token is missing or wrong; send Authorization: Bearer <CONVOSTREAM_DASHBOARD_TOKEN>",
            headers={"WWW-Authenticate": 'Bearer realm="convostream"'},
        )


def add_access(app: FastAPI, settings: DashboardSettings) -> None:
    """Add access control to an application, and the login form if there is a token."""
    sessions, failed = Sessions(), FailedLogins()
    app.state.sessions = sessions
    app.add_middleware(Access, settings=settings, sessions=sessions, failed=failed)
    if settings.token:
        Login(settings.token, sessions, failed).add_to(app)


def _bearer(request: Request) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else ""


def _log(error: Exception) -> None:
    """Log the type and traceback of an error; its text may contain personal data."""
    log.error("%s\n%s", type(error).__qualname__, "".join(traceback.format_tb(error.__traceback__)))
