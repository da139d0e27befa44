"""An HTTP request as ClickHouse reads it: who asks, in which database, with which settings, and what."""

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from deploy.embedded.compression import decompress
from deploy.embedded.errors import ClickHouseError

# Parameters that the HTTP interface keeps to itself; every other one is a setting of the query.
_TRANSPORT = {
    "user",
    "password",
    "database",
    "query",
    "query_id",
    "quota_key",
    "role",
    "session_id",
    "session_timeout",
    "session_check",
    "compress",
    "decompress",
    "buffer_size",
    "wait_end_of_query",
    "default_format",
    "client_protocol_version",
    "stacktrace",
    "close_session",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One query with everything that the URL, the headers and the form say about it."""

    query: bytes
    user: str
    password: str
    database: str
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    default_format: str
    query_id: str
    compressed: bool
    waits_for_end: bool
    protocol_version: int
    changes_allowed: bool


async def read_request(http: web.Request) -> Request:
    """Reads the whole request, its body unpacked."""
    fields = dict(http.query)
    body = await _body(http, fields)
    query = fields.get("query", "").encode(errors="surrogateescape").rstrip()
    if fields.get("compress", "0") in ("1", "true") or fields.get("decompress", "0") in ("1", "true"):
        raise ClickHouseError("Blocks compressed by ClickHouse's own codec: use an HTTP encoding (NOT_IMPLEMENTED)", 48)
    user, password = _credentials(http, fields)
    settings = {k: v for k, v in fields.items() if k not in _TRANSPORT and not k.startswith("param_")}
    return Request(
        query=query + b"\n" + body if query and body else query or body,
        user=user,
        password=password,
        database=http.headers.get("X-ClickHouse-Database", "") or fields.get("database", ""),
        settings=settings,
        parameters={k.removeprefix("param_"): v for k, v in fields.items() if k.startswith("param_")},
        default_format=http.headers.get("X-ClickHouse-Format", "")
        or fields.get("default_format", "")
        or "TabSeparated",
        query_id=fields.get("query_id", "") or str(uuid.uuid4()),
        compressed=settings.get("enable_http_compression", "0") in ("1", "true"),
        waits_for_end=fields.get("wait_end_of_query", "0") in ("1", "true"),
        protocol_version=_number(fields, "client_protocol_version"),
        changes_allowed=http.method == "POST",
    )


async def _body(http: web.Request, fields: dict[str, str]) -> bytes:
    if http.content_type == "multipart/form-data":
        form = await http.post()
        for name, value in form.items():
            if not isinstance(value, str):
                raise ClickHouseError(f"External data {name} is not supported here (NOT_IMPLEMENTED)", 48)
            fields[name] = value
        return b""
    return decompress(await http.read(), http.headers.get("Content-Encoding", ""))


def _credentials(http: web.Request, fields: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, token = http.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(token)
    if "X-ClickHouse-User" in http.headers:
        return http.headers["X-ClickHouse-User"], http.headers.get("X-ClickHouse-Key", "")
    return fields.get("user", "default"), fields.get("password", "")


def _basic(token: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ClickHouseError("Invalid Authorization header (AUTHENTICATION_FAILED)", 516) from error
    return name, password


def _number(fields: Mapping[str, str], name: str) -> int:
    try:
        return int(fields.get(name, "0"))
    except ValueError as error:
        raise ClickHouseError(f"{name} is not a number (CANNOT_PARSE_NUMBER)", 72) from error
