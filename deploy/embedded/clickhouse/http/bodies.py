"""Read request bodies: in bounded time, into bounded memory, and decoded outside the event loop.

Each user has its own memory and threads, so that one user's bodies cannot block those of another.
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

# A body that keeps arriving may take this many times the timeout.
_LONGEST_BODY = 20
_DECODING_THREADS = 2
_TIMEOUT_EXCEEDED = 159
_QUERY_IS_TOO_LARGE = 229
_CANNOT_SCHEDULE_TASK = 439
_BAD_ARGUMENTS = 36
_T = TypeVar("_T")


class Bodies:
    """The bodies of one user in memory; each has a limit in bytes, and so has their sum."""

    def __init__(self, limit: int, total: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.threads = ThreadPoolExecutor(_DECODING_THREADS, thread_name_prefix="decode")
        self._free = total

    def take(self, count: int) -> None:
        """Reserve memory for a body; raise ClickHouseError if there is none."""
        if count > self._free:
            raise ClickHouseError("Too many requests with bodies at once (CANNOT_SCHEDULE_TASK)", _CANNOT_SCHEDULE_TASK)
        self._free -= count

    def release(self, count: int) -> None:
        """Release the memory of a body."""
        self._free += count


class Body:
    """The body of one request; its memory is released when the context ends."""

    def __init__(self, http: web.BaseRequest, bodies: Bodies) -> None:
        self._http = http
        self._bodies = bodies
        self._taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bodies.release(self._taken)

    async def read(self, head: bytes = b"") -> bytes:
        """Return the decoded body, after `head` and a line feed if it is not empty."""
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
        """Request the body only after the password was checked (RFC 9110, 10.1.1)."""
        if self._http.headers.get("Expect", "").lower() == "100-continue":
            await self._http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            # Without this, aiohttp would take these bytes for the head of the response.
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
    """Return the encoding of the body."""
    return ",".join(http.headers.getall("Content-Encoding", [])).strip().lower() or "identity"


def _assemble(head: bytes, pieces: Sequence[bytes], encoding: str, limit: int) -> bytes:
    parts = pieces if encoding == "identity" else [decompress(b"".join(pieces), encoding, limit)]
    return b"".join([head, b"\n", *parts]) if head and any(parts) else head or b"".join(parts)
