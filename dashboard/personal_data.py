"""Erases and exports people with the writer's account: one erasure at a time, exports through a temporary file.

Both run the code of stream_processors under the settings of this process. It is imported on first use, so that a
dashboard without an admin token does not need the worker's dependencies.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING, Any, TypeVar

from clickhouse_connect.driver.exceptions import ClickHouseError
from pydantic import BaseModel, ConfigDict, Field

from dashboard.errors import BadParameter, Unavailable, UnderWay

if TYPE_CHECKING:
    from stream_processors.clickhouse.client import ClickHouse
    from stream_processors.maintenance.erase import Receipt
    from stream_processors.maintenance.person import Person

T = TypeVar("T")


class PersonAsked(BaseModel):
    """The person to erase or export: a customer of an agent, or one conversation."""

    model_config = ConfigDict(extra="forbid")

    agent: str = Field(min_length=1, max_length=255)
    environment: str = Field("production", min_length=1, max_length=64)
    customer: str | None = Field(None, min_length=1, max_length=4096)
    conversation: str | None = Field(None, min_length=1, max_length=255)


class ErasureAsked(PersonAsked):
    """The person to erase; a dry run only counts."""

    dry_run: bool = False


class People:
    """Erases and exports people with the writer's account."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._erasing = asyncio.Lock()
        self._under_way: set[asyncio.Task[Any]] = set()

    async def erase(self, asked: ErasureAsked) -> "Receipt":
        """Erase a person, or count in a dry run; a started erasure continues when the client disconnects."""
        from stream_processors.maintenance.erase import erase, preview
        from stream_processors.process.identity import make_owner_id
        from stream_processors.settings import WorkerSettings

        person = _person(asked)
        async with self._clickhouse() as clickhouse:
            if asked.dry_run:
                return await preview(clickhouse, person)
        if self._erasing.locked():
            raise UnderWay("another erasure is running; try again when it has ended")
        rules = WorkerSettings().fold_rules

        async def run() -> "Receipt":
            async with self._erasing, self._clickhouse() as clickhouse:
                return await erase(clickhouse, rules, person, f"erase:{make_owner_id()}")

        return await self._finish(run())

    async def export(self, asked: PersonAsked) -> IO[bytes]:
        """Return an unnamed temporary file with everything stored about a person, positioned at its start."""
        from stream_processors.maintenance.export import export

        person = _person(asked)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it after sending
        try:
            async with self._clickhouse() as clickhouse:
                await export(clickhouse, person, lambda line: file.writelines((line, b"\n")))
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    @asynccontextmanager
    async def _clickhouse(self) -> "AsyncIterator[ClickHouse]":
        from stream_processors.clickhouse.client import ClickHouse
        from stream_processors.errors import ProcessorError

        clickhouse = ClickHouse(self._url)
        try:
            yield clickhouse
        except ProcessorError as error:
            raise UnderWay(str(error)) from error
        except ClickHouseError as error:
            raise Unavailable("ClickHouse returned an unexpected error; try again") from error
        finally:
            clickhouse.close()


def _person(asked: PersonAsked) -> "Person":
    from stream_processors.errors import OperatorError
    from stream_processors.maintenance.person import Person

    try:
        return Person.named(asked.agent, asked.environment, asked.customer, asked.conversation)
    except OperatorError as error:
        raise BadParameter("customer or conversation", str(error)) from None
