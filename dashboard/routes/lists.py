"""Routes of the lists behind the metrics."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from dashboard.queries.list_queries import Actions, Conversations, Customers, Exchanges, Messages, Sessions
from dashboard.queries.lists import list_page
from dashboard.routes.dependencies import Clock, ReaderNow
from dashboard.routes.problems import described
from dashboard.routes.schemas import ListResponse

router = APIRouter(prefix="/api", tags=["lists"])


@router.get("/lists/conversations", responses=described(422, 503), response_model=ListResponse)
async def conversations(query: Annotated[Conversations, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """List conversations by the time they were engaged; with basis=visited, by their first visit."""
    return await list_page(reader, "conversations", query, clock())


@router.get("/lists/messages", responses=described(422, 503), response_model=ListResponse)
async def messages(query: Annotated[Messages, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """List messages."""
    return await list_page(reader, "messages", query, clock())


@router.get("/lists/actions", responses=described(422, 503), response_model=ListResponse)
async def actions(query: Annotated[Actions, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """List calls of actions."""
    return await list_page(reader, "actions", query, clock())


@router.get("/lists/exchanges", responses=described(422, 503), response_model=ListResponse)
async def exchanges(query: Annotated[Exchanges, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """List questions with their answers, by the first message of the question."""
    return await list_page(reader, "exchanges", query, clock())


@router.get("/lists/sessions", responses=described(422, 503), response_model=ListResponse)
async def sessions(query: Annotated[Sessions, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """List sessions by their first activity."""
    return await list_page(reader, "sessions", query, clock())


@router.get("/lists/customers", responses=described(422, 503), response_model=ListResponse)
async def customers(query: Annotated[Customers, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """List customers with a message in the range, by their first message ever."""
    return await list_page(reader, "customers", query, clock())
