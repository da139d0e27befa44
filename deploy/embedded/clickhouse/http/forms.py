"""Parse multipart forms (RFC 7578), which clients use for long query parameters."""

import warnings
from email.message import Message

from aiohttp.multipart import parse_content_disposition

from deploy.embedded.errors import ClickHouseError

MAX_FIELDS = 1_000
_BAD_ARGUMENTS = 36
_NOT_IMPLEMENTED = 48


def read_form(body: bytes, content_type: str) -> dict[str, str]:
    """Return the fields of a form; raise ClickHouseError if it is malformed or contains files."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = str(header.get_param("boundary") or "")
    delimiter = b"\r\n--" + boundary.encode(errors="surrogateescape")
    preamble, *parts = (b"\r\n" + body).split(delimiter, MAX_FIELDS + 2)
    if not boundary or preamble.strip() or not parts or parts[-1].strip() != b"--":
        raise _malformed()
    return dict(_field(part) for part in parts[:-1])


def _field(part: bytes) -> tuple[str, str]:
    head, separator, value = part.partition(b"\r\n\r\n")
    if not separator or not head.startswith(b"\r\n"):
        raise _malformed()
    try:
        headers = dict(_header(line) for line in head.decode().split("\r\n")[1:])
        # It warns about parameters that it ignores.
        with warnings.catch_warnings(action="ignore"):
            kind, parameters = parse_content_disposition(headers.get("content-disposition"))
        name, text = parameters["name"], value.decode()
    except (ValueError, KeyError) as error:
        raise _malformed() from error
    if "filename" in parameters or "filename*" in parameters:
        raise ClickHouseError("External data are not supported here (NOT_IMPLEMENTED)", _NOT_IMPLEMENTED)
    if kind != "form-data" or headers.get("content-transfer-encoding", "8bit").lower() not in (
        "7bit",
        "8bit",
        "binary",
    ):
        raise _malformed()
    return name, text


def _header(line: str) -> tuple[str, str]:
    name, separator, value = line.partition(":")
    if not separator:
        raise _malformed()
    return name.strip().lower(), value.strip()


def _malformed() -> ClickHouseError:
    text = f"The body is not a form of at most {MAX_FIELDS} fields in UTF-8 (BAD_ARGUMENTS)"
    return ClickHouseError(text, _BAD_ARGUMENTS)
