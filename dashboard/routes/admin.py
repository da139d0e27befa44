"""What the holder of the admin token may do: erase a person, and export what is stored of one.

Both are asked for in a body, so that no id stands in an address, and with it in the logs of whatever lies between.
"""

from collections.abc import Iterator
from typing import IO, Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from dashboard.errors import NotAllowed
from dashboard.personal_data import ErasureAsked, People, PersonAsked
from dashboard.routes.admin_auth import ADMITTED, WRONG
from dashboard.routes.problems import described

CHUNK_BYTES: Final = 65_536


class TableErased(BaseModel):
    """The rows that were removed from a table, and the seconds that it took."""

    table: str
    rows: int
    seconds: float


class ErasureAnswer(BaseModel):
    """The receipt of an erasure; of a dry run what would be removed."""

    dry_run: bool
    conversations: int
    tables: list[TableErased]
    seconds: float


def _people(request: Request) -> People:
    if ADMITTED not in request.scope:
        raise NotAllowed(WRONG)
    people: People = request.app.state.people
    return people


PeopleNow = Annotated[People, Depends(_people)]
router = APIRouter(prefix="/api/admin", tags=["admin"], responses=described(401, 403, 409, 422, 503))


@router.post("/erasures")
async def erasures(asked: ErasureAsked, people: PeopleNow) -> ErasureAnswer:
    """Erase a customer or a conversation from every table; the answer comes when that is done."""
    receipt = await people.erase(asked)
    tables = [TableErased(table=each.table, rows=each.rows, seconds=each.seconds) for each in receipt.removed]
    return ErasureAnswer(
        dry_run=asked.dry_run, conversations=receipt.conversations, tables=tables, seconds=receipt.seconds
    )


@router.post("/exports", response_class=StreamingResponse)
async def exports(asked: PersonAsked, people: PeopleNow) -> StreamingResponse:
    """All that is stored of a customer or a conversation, as lines of JSON."""
    return StreamingResponse(_chunks(await people.export(asked)), media_type="application/x-ndjson")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
