"""Execute one statement of a request, in a thread of the pool.

`start` runs the statement and collects the first chunk of its result. A small result is then complete and the session
is closed. `more` returns the next chunk of a large result, and None after the last one; `close` ends it early.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from uuid import uuid4

from deploy.embedded.clickhouse import native
from deploy.embedded.clickhouse.access.statement_policy import StatementPolicy
from deploy.embedded.clickhouse.access.statements import InlineInsert, Query, read_statement
from deploy.embedded.clickhouse.access.users import User
from deploy.embedded.clickhouse.engine import Engine, EngineSession, Result, file_in_memory
from deploy.embedded.clickhouse.http.compression import Encoder
from deploy.embedded.clickhouse.http.requests import Request
from deploy.embedded.errors import NOT_ENOUGH_SPACE, ClickHouseError

CHUNK_BYTES = 1024 * 1024
_INTERPRET = "input_format_values_interpret_expressions"
_STREAMED = {
    "native",
    "tabseparated",
    "tsv",
    "tabseparatedraw",
    "tsvraw",
    "csv",
    "rowbinary",
    "jsoneachrow",
    "jsoncompacteachrow",
}


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The first encoded chunk of a result, whether it is complete, and its format if the statement returns rows."""

    data: bytes
    complete: bool
    output_format: str | None
    summary: str


class Execution:
    """One statement in one session of the engine."""

    def __init__(self, engine: Engine, policy: StatementPolicy, user: User, request: Request, pack: Encoder) -> None:
        self._engine = engine
        self._policy = policy
        self._user = user
        self._request = request
        self._pack = pack
        # Identifies the query in the engine; random, so that no client can guess it.
        self.mark = uuid4().hex
        self._context: AbstractContextManager[EngineSession] | None = None
        self._blocks: Iterator[bytes] = iter(())
        self._format: str | None = None
        self._is_select = self._reads = False
        self._started = time.perf_counter()

    @property
    def reads(self) -> bool:
        """Return whether the statement is known to only read."""
        return self._reads

    def start(self) -> HttpResponse:
        """Run the statement up to its first chunk."""
        if self._request.query.strip() == native.HELLO and self._request.protocol_version:
            data = native.hello(self._engine.version, self._engine.timezone)
            return self._response(Result(data, result_rows=1), complete=True, output_format="Native")
        started = self._engine.disk.now()
        try:
            result = self._run(self._open())
            self._check_disk(started)
            first, complete = self._collect(result.data)
        except BaseException:
            self.close()
            raise
        if complete:
            self.close()
        return self._response(replace(result, data=first), complete=complete, output_format=self._format)

    def _check_disk(self, started: float) -> None:
        """Refuse to report success for a change that ran on a full disk: the engine would not have noticed."""
        if not self._is_select and self._engine.disk.was_full_since(started):
            raise ClickHouseError("The disk was full meanwhile (NOT_ENOUGH_SPACE)", NOT_ENOUGH_SPACE)

    def more(self) -> bytes | None:
        """Return the next encoded chunk, or None after the last one."""
        data, complete = self._collect(b"")
        if complete:
            self.close()
        return self._pack.compress(data) if data else None

    def close(self) -> None:
        """Stop the statement, if it still runs, and close its session."""
        context, self._context = self._context, None
        if context is not None:
            close: Callable[[], None] = getattr(self._blocks, "close", lambda: None)
            close()
            context.__exit__(None, None, None)

    def _open(self) -> EngineSession:
        request = self._request
        context = self._engine.session(
            self._user, self.mark, request.database, request.settings, changes_allowed=request.changes_allowed
        )
        session = context.__enter__()
        self._context = context
        return session

    def _run(self, session: EngineSession) -> Result:
        match read_statement(self._request.query):
            case InlineInsert() as insert:
                return self._insert(session, insert)
            case Query() as query:
                return self._query(session, query)

    def _insert(self, session: EngineSession, insert: InlineInsert) -> Result:
        """Insert the data from a file, because chDB's own insert swallows errors of a materialized view."""
        parameters = self._request.parameters
        with file_in_memory(insert.data) as path:
            approved = self._policy.approve_insert(session, self._user, insert, path, parameters)
            if insert.has_values:
                evaluated = self._policy.may_evaluate(session, self._user, insert, parameters)
                session.set({_INTERPRET: str(int(evaluated))})
            return session.query(approved.text, "TabSeparated", parameters)

    def _query(self, session: EngineSession, query: Query) -> Result:
        approved = self._policy.approve(session, self._user, query.text, self._request.parameters)
        self._is_select, self._reads = approved.is_select, approved.reads
        output_format = query.output_format or self._request.default_format
        block_info = native.wants_block_info(self._request.protocol_version, output_format)
        waits = self._request.waits_for_end and not block_info
        if approved.is_select and output_format.lower() in _STREAMED and not waits:
            self._format = output_format
            blocks = session.stream(approved.text, output_format, self._request.parameters)
            self._blocks = native.with_block_info(blocks) if block_info else blocks
            return Result(b"")
        result = session.query(approved.text, output_format, self._request.parameters)
        self._format = output_format if approved.reads or result.data else None
        return replace(result, data=b"".join(native.with_block_info([result.data]))) if block_info else result

    def _collect(self, data: bytes) -> tuple[bytes, bool]:
        chunks, size = [data], len(data)
        while size < CHUNK_BYTES or self._request.waits_for_end:
            block = next(self._blocks, None)
            if block is None:
                return b"".join(chunks), True
            chunks.append(block)
            size += len(block)
        return b"".join(chunks), False

    def _response(self, result: Result, *, complete: bool, output_format: str | None) -> HttpResponse:
        packed = self._pack.compress(result.data) if result.data else b""
        if complete:
            packed += self._pack.flush()
        elapsed = int((time.perf_counter() - self._started) * 1e9)
        return HttpResponse(packed, complete, output_format, _summary(result, elapsed))


def _summary(result: Result, elapsed_ns: int) -> str:
    counts = {
        "read_rows": result.read_rows,
        "read_bytes": result.read_bytes,
        "written_rows": result.written_rows,
        "written_bytes": result.written_bytes,
        "total_rows_to_read": result.read_rows,
        "result_rows": result.result_rows or result.written_rows,
        "result_bytes": len(result.data) or result.written_bytes,
        "elapsed_ns": elapsed_ns,
    }
    return json.dumps({name: str(count) for name, count in counts.items()}, separators=(",", ":"))
