"""Reads the bodies of requests: in bounded time, into bounded memory, and unpacked outside the event loop.

Each user has memory and threads of its own, so one user's bodies cannot keep out those of another.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from deploy.embedded.clickhouse.http.compression import decompress
from deploy.embedded.clickhouse.http.forms import read_form
from deploy.embedded.errors import ClickHouseError

_READ_BYTES = 4 * 1024**2
_IN_LOOP_BYTES = 64 * 1024

# A body that keeps arriving may take this many times the time-out.
_LONGEST_BODY = 20
_UNPACKING_THREADS = 2
_TIMEOUT_EXCEEDED = 159
_QUERY_IS_TOO_LARGE = 229
_CANNOT_SCHEDULE_TASK = 439
_BAD_ARGUMENTS = 36
_T = TypeVar("_T")


class Bodies:
    """The bodies of one user that are in memory: each has a limit in bytes, and so have all of them together."""

    def __init__(self, limit: int, total: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.threads = ThreadPoolExecutor(_UNPACKING_THREADS, thread_name_prefix="unpack")
        self._free = total

    def take(self, count: int) -> None:
        """Count bytes of a body; raise if there is no memory for them now."""
        if count > self._free:
            raise ClickHouseError("Too many requests with bodies at once (CANNOT_SCHEDULE_TASK)", _CANNOT_SCHEDULE_TASK)
        self._free -= count

    def give_back(self, count: int) -> None:
        """Count the bytes of a body that was answered."""
        self._free += count


class Body:
    """The body of one request; its memory counts until the context ends."""

    def __init__(self, http: web.BaseRequest, bodies: Bodies) -> None:
        self._http = http
        self._bodies = bodies
        self._taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bodies.give_back(self._taken)

    async def read(self, head: bytes = b"") -> bytes:
        """Return the unpacked body, after `head` and a line feed if it has one."""
        encoding = _encoding(self._http)
        if (self._http.content_length or 0) > self._bodies.limit:
            raise self._too_large()
        await self._continue()
        pieces = await self._pieces()
        if encoding == "identity" and self._taken <= _IN_LOOP_BYTES:
            return _assemble(head, pieces, encoding, self._bodies.limit)
        body = await self._in_thread(lambda: _assemble(head, pieces, encoding, self._bodies.limit))
        if len(body) > self._taken:
            self._take(len(body) - self._taken)
        return body

    async def read_form(self) -> dict[str, str]:
        """Return the fields of a body that is a multipart form."""
        body, content_type = await self.read(), self._http.headers.get("Content-Type", "")
        return await self._in_thread(lambda: read_form(body, content_type))

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.wrap_future(self._bodies.threads.submit(work))

    async def _continue(self) -> None:
        """Ask for the body only now that the password was right (RFC 9110, 10.1.1)."""
        if self._http.headers.get("Expect", "").lower() == "100-continue":
            await self._http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            # These bytes are not the answer: aiohttp would take them for its head.
            self._http.writer.output_size = 0

    async def _pieces(self) -> list[bytes]:
        seconds, loop = self._bodies.seconds, asyncio.get_running_loop()
        last = loop.time() + _LONGEST_BODY * seconds
        content, pieces = self._http.content, []
        content.set_read_chunk_size(_READ_BYTES)
        try:
            async with asyncio.timeout(seconds) as limit:
                while piece := await content.readany():
                    self._take(len(piece))
                    pieces.append(piece)
                    limit.reschedule(min(last, loop.time() + seconds))
        except TimeoutError as error:
            raise ClickHouseError("The body did not arrive in time (TIMEOUT_EXCEEDED)", _TIMEOUT_EXCEEDED) from error
        except web.RequestPayloadError as error:
            raise ClickHouseError("The body is not valid HTTP (BAD_ARGUMENTS)", _BAD_ARGUMENTS) from error
        return pieces

    def _take(self, count: int) -> None:
        if self._taken + count > self._bodies.limit:
            raise self._too_large()
        self._bodies.take(count)
        self._taken += count

    def _too_large(self) -> ClickHouseError:
        text = f"The body has more than {self._bodies.limit} bytes (QUERY_IS_TOO_LARGE)"
        return ClickHouseError(text, _QUERY_IS_TOO_LARGE)


def _encoding(http: web.BaseRequest) -> str:
    """Return the one encoding of the body."""
    return ",".join(http.headers.getall("Content-Encoding", [])).strip().lower() or "identity"


def _assemble(head: bytes, pieces: Sequence[bytes], encoding: str, limit: int) -> bytes:
    parts = pieces if encoding == "identity" else [decompress(b"".join(pieces), encoding, limit)]
    return b"".join([head, b"\n", *parts]) if head and any(parts) else head or b"".join(parts)
