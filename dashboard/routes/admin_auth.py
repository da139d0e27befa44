"""Access to erasing and exporting: only with the admin token in the Authorization header.

A browser never sends this header to another site by itself, so no foreign page can make it erase a person. The token is
checked before the body is read.
"""

from typing import Final

from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.errors import RefusedToStart
from dashboard.protection.clients import client_of
from dashboard.protection.failed_logins import FailedLogins
from dashboard.routes.login import same
from dashboard.routes.problems import problem
from dashboard.settings import PLACEHOLDER, SHORTEST_TOKEN, DashboardSettings

ADMIN_PATHS: Final = "/api/admin/"

# Set in the scope of a request that carries the admin token.
ADMITTED: Final = "convostream.admin"

OFF: Final = "erasing and exporting are disabled; set CONVOSTREAM_DASHBOARD_ADMIN_TOKEN to enable them"
WRONG: Final = "the admin token is missing or wrong; send Authorization: Bearer <CONVOSTREAM_DASHBOARD_ADMIN_TOKEN>"


class AdminAccess:
    """The outermost middleware: rejects admin requests without the token and marks those with it."""

    def __init__(self, app: ASGIApp, settings: DashboardSettings) -> None:
        self._app = app
        self._token = settings.admin_token
        self._failed = FailedLogins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reject a request or pass it on."""
        if scope["type"] != "http" or not scope["path"].startswith(ADMIN_PATHS):
            await self._app(scope, receive, send)
            return

        async def without_store(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        refusal = await self._refusal(scope)
        if refusal is None:
            scope[ADMITTED] = True
        await (refusal or self._app)(scope, receive, without_store)

    async def _refusal(self, scope: Scope) -> Response | None:
        if not self._token:
            return problem(403, OFF)
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and given.strip():
            if same(given.strip(), self._token):
                return None
            if wait := self._failed.note(client_of(scope)):
                return problem(429, "too many wrong tokens; try again later", headers={"Retry-After": str(wait)})
            await self._failed.delay()
        return problem(401, WRONG, headers={"WWW-Authenticate": 'Bearer realm="convostream admin"'})


def check_admin_token(settings: DashboardSettings) -> None:
    """Raise RefusedToStart when the admin token is weak or the same as the read token."""
    token = settings.admin_token
    if not token and not settings.dashboard_admin_token.get_secret_value():
        return
    is_random = len(token) >= SHORTEST_TOKEN and PLACEHOLDER not in token.upper() and token.isascii()
    if not is_random or token == settings.token:
        raise RefusedToStart(
            f"CONVOSTREAM_DASHBOARD_ADMIN_TOKEN must be a random ASCII text of at least {SHORTEST_TOKEN} characters,"
            f" not {PLACEHOLDER} and not CONVOSTREAM_DASHBOARD_TOKEN; create one with `openssl rand -hex 24`"
        )
