"""Parse an HTTP request as ClickHouse does: user, database, settings, parameters and query.

URL and headers name the user, so the body of a request without a correct password is never read.
"""

import base64
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web

from deploy.embedded.clickhouse.http.bodies import Body
from deploy.embedded.clickhouse.http.forms import MAX_FIELDS
from deploy.embedded.errors import ClickHouseError

_BAD_ARGUMENTS = 36
_BAD_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")

# Parameters of the HTTP interface itself; all others are settings of the query.
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
    """A query with everything that the URL, the headers and the form say about it."""

    query: bytes
    database: str
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    default_format: str
    query_id: str
    compressed: bool
    waits_for_end: bool
    protocol_version: int
    changes_allowed: bool


def read_url(http: web.BaseRequest) -> dict[str, str]:
    """Return the parameters of the URL, each with its first value."""
    text = http.raw_path.partition("#")[0].partition("?")[2]
    if _BAD_PERCENT.search(text):
        raise _bad_argument("The URL has a % without two hexadecimal digits")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise _bad_argument(f"The URL has more than {MAX_FIELDS} parameters") from error
    return dict(reversed(pairs))


def credentials(http: web.BaseRequest, fields: Mapping[str, str]) -> tuple[str, str]:
    """Return user and password from the headers, or from the URL. A form is read later, so it cannot contain them."""
    scheme, _, token = http.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(token.strip())
    if "X-ClickHouse-User" in http.headers:
        return _text(http.headers["X-ClickHouse-User"]), _text(http.headers.get("X-ClickHouse-Key", ""))
    return _text(fields.get("user", "default")), _text(fields.get("password", ""))


async def read_request(http: web.BaseRequest, fields: Mapping[str, str], incoming: Body) -> Request:
    """Read the body of an authenticated request, and return the whole request."""
    query = fields.get("query", "").encode(errors="surrogateescape").rstrip()
    if http.content_type == "multipart/form-data":
        form = await incoming.read_form()
        query = form["query"].encode().rstrip() if "query" in form else query
        fields = {**fields, **form}
    else:
        query = await incoming.read(query)
    values = {_text(name): _value(name, value) for name, value in fields.items() if name != "query"}
    return _request(http, values, query)


def _request(http: web.BaseRequest, fields: Mapping[str, str], query: bytes) -> Request:
    if fields.get("compress", "0") in ("1", "true") or fields.get("decompress", "0") in ("1", "true"):
        raise ClickHouseError("Blocks compressed by ClickHouse's own codec: use an HTTP encoding (NOT_IMPLEMENTED)", 48)
    settings = {k: v for k, v in fields.items() if k not in _TRANSPORT and not k.startswith("param_")}
    return Request(
        query=query,
        database=_text(http.headers.get("X-ClickHouse-Database", "")) or fields.get("database", ""),
        settings=settings,
        parameters={k.removeprefix("param_"): v for k, v in fields.items() if k.startswith("param_")},
        default_format=_text(http.headers.get("X-ClickHouse-Format", ""))
        or fields.get("default_format", "")
        or "TabSeparated",
        query_id=_line(fields.get("query_id", "")) or str(uuid.uuid4()),
        compressed=settings.get("enable_http_compression", "0") in ("1", "true"),
        waits_for_end=fields.get("wait_end_of_query", "0") in ("1", "true"),
        protocol_version=_number(fields, "client_protocol_version"),
        changes_allowed=http.method == "POST",
    )


def _basic(token: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except ValueError as error:
        raise ClickHouseError("Invalid Authorization header (AUTHENTICATION_FAILED)", 516) from error
    return name, password


def _value(name: str, value: str) -> str:
    """Return a field unchanged; query parameters may contain anything, even a zero byte."""
    return _unicode(value) if name.startswith("param_") else _text(value)


def _unicode(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _bad_argument("A parameter or a header is not UTF-8") from error
    return value


def _text(value: str) -> str:
    """Return a field or a header unchanged if the engine accepts it as text."""
    if "\0" in _unicode(value):
        raise _bad_argument("A parameter or a header has a zero byte")
    return value


def _line(value: str) -> str:
    """Return a field that is sent back in a header, where control characters are not allowed."""
    if not value.isprintable():
        raise _bad_argument("query_id has control characters")
    return value


def _bad_argument(text: str) -> ClickHouseError:
    return ClickHouseError(f"{text} (BAD_ARGUMENTS)", _BAD_ARGUMENTS)


def _number(fields: Mapping[str, str], name: str) -> int:
    try:
        return int(fields.get(name, "0"))
    except ValueError as error:
        raise ClickHouseError(f"{name} is not a number (CANNOT_PARSE_NUMBER)", 72) from error
