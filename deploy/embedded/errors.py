"""The front's exceptions, and how ClickHouse's error codes become HTTP statuses.

EmbeddedError
├── ClickHouseError     the engine's own text and code, or the front's in the engine's form
└── DataDirectoryTaken  another process owns the data directory
"""

import re

_CODE = re.compile(r"Code: (\d+)\. DB::Exception")
_STATUS = {
    **dict.fromkeys((516, 192, 193), 403),
    **dict.fromkeys((6, 26, 27, 36, 38, 41, 53, 62, 70, 72, 117, 130, 377, 386, 456, 457, 459), 400),
    **dict.fromkeys((16, 46, 47, 60, 81, 115, 702), 404),
    48: 501,
    159: 408,
    194: 401,
}


class EmbeddedError(Exception):
    """The root of what this package raises."""


class ClickHouseError(EmbeddedError):
    """A refused query: the text that ClickHouse's HTTP interface would answer, and its code."""

    def __init__(self, message: str, code: int | None = None) -> None:
        found = _CODE.search(message)
        self.code = code if code is not None else int(found.group(1)) if found else 1002
        self.message = message[found.start() :].strip() if found else f"Code: {self.code}. DB::Exception: {message}"
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """The HTTP status that ClickHouse answers with this code."""
        return _STATUS.get(self.code, 500)


class DataDirectoryTaken(EmbeddedError):
    """Another process owns the data directory; the message names it."""
