"""The package's exceptions, and the HTTP statuses of ClickHouse's error codes.

EmbeddedError
├── ClickHouseError     an error of the engine, or of this server in the engine's form
├── DataDirectoryTaken  another process owns the data directory
├── DataDirectoryUnsafe another user owns the data directory or can write to it
├── DiskWasFull         the engine must restart to check its parts
├── EngineEnded         the engine's process ended by itself
├── ProcessFailed       a process of the stack did not start; the message has its last lines
└── PartMissing         a wheel or a program is not installed
"""

import re
import secrets

_CODE = re.compile(r"Code: (\d+)\. DB::Exception")
_REPEATED_CODE = re.compile(r"(Code: \d+\. DB::Exception: )\1+")
_NAME_AFTER_VERSION = re.compile(r"(\(version [^)]*\))\. \([A-Z_0-9]+\)$")
_FILE_IN_MEMORY = re.compile(r": \(in file/uri /proc/self/fd/\d+\)")
_UNKNOWN_EXCEPTION = 1002
# ClickHouse's exceptionCodeToHTTPStatus; every other code is a server error, 500.
_CODES = {
    # 271 is 500 there, although a body that cannot be decoded is a client error.
    400: (
        *(6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 271, 321, 376, 427, 441),
        *(675, 676),
    ),
    401: (194,),
    403: (192, 193, 497, 512, 516),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511),
    408: (159,),
    413: (229,),
    501: (48,),
    503: (76, 209, 439),
}
_STATUS = {code: status for status, codes in _CODES.items() for code in codes}
SYNTAX_ERROR = 62
NOT_ENOUGH_SPACE = 243
UNKNOWN_DATABASE = 81
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516
NOT_IMPLEMENTED = 48
TOO_MANY_SIMULTANEOUS_QUERIES = 202
QUOTA_EXCEEDED = 201


class EmbeddedError(Exception):
    """Base of all errors of this package."""


class ClickHouseError(EmbeddedError):
    """A refused query: the text of ClickHouse's HTTP response, and the error code."""

    def __init__(self, message: str, code: int = _UNKNOWN_EXCEPTION) -> None:
        match = _CODE.search(message)
        self.code = int(match.group(1)) if match else code
        self.message = _plain(message[match.start() :]) if match else f"Code: {code}. DB::Exception: {message}"
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """Return the HTTP status that ClickHouse uses for this code."""
        return _STATUS.get(self.code, 500)

    def text(self, user: str, version: str) -> str:
        """Return the text of the response, with the name of the request's user and the version."""
        message = self.message.replace("DB::Exception: default: ", f"DB::Exception: {user}: ")
        return message if "(version " in message else f"{message} (version {version})"


def _plain(message: str) -> str:
    """Return the text as a server writes it; chDB repeats the code and the name, and adds paths of anonymous files."""
    once = _REPEATED_CODE.sub(r"\1", message.strip())
    return _FILE_IN_MEMORY.sub("", _NAME_AFTER_VERSION.sub(r"\1", once))


class DataDirectoryTaken(EmbeddedError):
    """Another process owns the data directory; the message names it."""


class DataDirectoryUnsafe(EmbeddedError):
    """Another user owns the data directory or can write to it; the message says what to do."""


class DiskWasFull(EmbeddedError):
    """The disk was full: files that the engine wrote meanwhile may be empty."""


class EngineEnded(EmbeddedError):
    """The engine's process ended by itself; the message has its exit code."""


class ProcessFailed(EmbeddedError):
    """A process of the stack did not start or did not answer; the message has its last lines."""


class PartMissing(EmbeddedError):
    """A wheel or a program is not installed; the message says how to install it."""


def exception_tag() -> str:
    """Return sixteen random characters that mark an exception in a result."""
    return secrets.token_hex(8)


def framed(text: str, tag: str) -> bytes:
    """Return an exception inside a response, in the frame by which clients recognise it."""
    message = f"{text}\n".encode()
    head = f"\r\n__exception__\r\n{tag}\r\n".encode()
    return head + message + f"{len(message)} {tag}\r\n__exception__\r\n".encode()
