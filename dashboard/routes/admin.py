"""Routes for the admin token: erase a person, and export everything stored about a person.

Both take the id in the request body, so that it does not appear in URLs and the logs of proxies.
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
    """The number of rows removed from a table, and the seconds it took."""

    table: str
    rows: int
    seconds: float


class ErasureResponse(BaseModel):
    """The receipt of an erasure; for a dry run, what would be removed."""

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
async def erasures(asked: ErasureAsked, people: PeopleNow) -> ErasureResponse:
    """Erase a customer or a conversation from every table; the response follows when it is done."""
    receipt = await people.erase(asked)
    tables = [TableErased(table=part.table, rows=part.rows, seconds=part.seconds) for part in receipt.removed]
    return ErasureResponse(
        dry_run=asked.dry_run, conversations=receipt.conversations, tables=tables, seconds=receipt.seconds
    )


@router.post("/exports", response_class=StreamingResponse)
async def exports(asked: PersonAsked, people: PeopleNow) -> StreamingResponse:
    """Export everything stored about a customer or a conversation as lines of JSON."""
    return StreamingResponse(_chunks(await people.export(asked)), media_type="application/x-ndjson")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
