"""Detection of requests that other sites cause: unknown host names, and cross-site requests of browsers.

Another site can reach the dashboard through a browser by DNS rebinding, or by scripts and forms with its address.
"""

import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request

from dashboard.settings import is_loopback

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HOST: Final = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]*)?")
FOREIGN: Final = frozenset({"cross-site", "same-site"})


def is_known_host(headers: Headers, allowed: Collection[str]) -> bool:
    """Return whether the Host header names this machine or one of the allowed hosts."""
    host = host_of(headers)
    return is_loopback(host) or host in allowed


def host_of(headers: Headers) -> str:
    """Return the name in the Host header, without its port and in lower case."""
    given = headers.getlist("host")
    match = HOST.fullmatch(given[0]) if len(given) == 1 else None
    return match["name"].lower().strip("[]").rstrip(".") if match else ""


def is_of_another_site(request: Request) -> bool:
    """Return whether a browser marks this request as cross-site; followed links do not count."""
    headers = request.headers
    site = headers.get("sec-fetch-site", "")
    if request.method in SAFE_METHODS:
        return site == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
    if site:
        return site in FOREIGN
    origin = headers.get("origin")
    return origin is not None and origin.lower().partition("://")[2] != headers.get("host", "").lower()
