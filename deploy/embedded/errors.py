"""The package's exceptions, and how ClickHouse's error codes become HTTP statuses.

EmbeddedError
├── ClickHouseError     the engine's own text and code, or the front's in the engine's form
├── DataDirectoryTaken  another process owns the data directory
├── DataDirectoryUnsafe another user owns the data directory or can write it
├── DiskWasFull         the engine has to be started anew to look its parts over
├── EngineEnded         the process of the engine ended without being asked to
├── ProcessFailed       a part of the stack did not start; its last lines are in the message
└── PartMissing         a wheel or a program that a part needs is not installed
"""

import re
import secrets

_CODE = re.compile(r"Code: (\d+)\. DB::Exception")
_REPEATED_CODE = re.compile(r"(Code: \d+\. DB::Exception: )\1+")
_NAME_AFTER_VERSION = re.compile(r"(\(version [^)]*\))\. \([A-Z_0-9]+\)$")
_FILE_IN_MEMORY = re.compile(r": \(in file/uri /proc/self/fd/\d+\)")
_UNKNOWN_EXCEPTION = 1002
# As ClickHouse's own exceptionCodeToHTTPStatus has it; every other code is an error of the server, 500.
_CODES = {
    # 271 is 500 there, although a body that cannot be unpacked is an error of the client.
    400: (
        6,
        8,
        15,
        25,
        26,
        27,
        36,
        37,
        38,
        41,
        44,
        53,
        62,
        72,
        117,
        123,
        167,
        168,
        223,
        271,
        321,
        376,
        427,
        441,
        675,
        676,
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
    """The root of what this package raises."""


class ClickHouseError(EmbeddedError):
    """A refused query: the text that ClickHouse's HTTP interface would answer, and its code."""

    def __init__(self, message: str, code: int = _UNKNOWN_EXCEPTION) -> None:
        found = _CODE.search(message)
        self.code = int(found.group(1)) if found else code
        self.message = _plain(message[found.start() :]) if found else f"Code: {code}. DB::Exception: {message}"
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """The HTTP status that ClickHouse answers with this code."""
        return _STATUS.get(self.code, 500)

    def text(self, user: str, version: str) -> str:
        """The whole text of the answer: the engine's one user under the name of the request's, and the version."""
        message = self.message.replace("DB::Exception: default: ", f"DB::Exception: {user}: ")
        return message if "(version " in message else f"{message} (version {version})"


def _plain(message: str) -> str:
    """The text as the server would write it: chDB repeats the code and the name, and knows the front's files."""
    once = _REPEATED_CODE.sub(r"\1", message.strip())
    return _FILE_IN_MEMORY.sub("", _NAME_AFTER_VERSION.sub(r"\1", once))


class DataDirectoryTaken(EmbeddedError):
    """Another process owns the data directory; the message names it."""


class DataDirectoryUnsafe(EmbeddedError):
    """Another user owns the data directory or can write it; the message says what to do."""


class DiskWasFull(EmbeddedError):
    """The disk was full for a while: what the engine wrote then may be empty."""


class EngineEnded(EmbeddedError):
    """The process of the engine ended without being asked to; the message holds its exit code."""


class ProcessFailed(EmbeddedError):
    """A part of the stack did not start or did not answer; the message holds its last lines."""


class PartMissing(EmbeddedError):
    """A wheel or a program that a part needs is not installed; the message says how to install it."""


def exception_tag() -> str:
    """A mark of sixteen characters that no result can hold by chance."""
    return secrets.token_hex(8)


def framed(text: str, tag: str) -> bytes:
    """An exception in the middle of an answer, in the frame by which clients tell it from data."""
    message = f"{text}\n".encode()
    head = f"\r\n__exception__\r\n{tag}\r\n".encode()
    return head + message + f"{len(message)} {tag}\r\n__exception__\r\n".encode()
