"""What is behind the numbers: the lists of the things that are counted."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from dashboard.queries.list_queries import Actions, Conversations, Customers, Exchanges, Messages, Sessions
from dashboard.queries.lists import list_page
from dashboard.routes.dependencies import Clock, ReaderNow
from dashboard.routes.problems import described
from dashboard.routes.schemas import ListAnswer

router = APIRouter(prefix="/api", tags=["lists"])


@router.get("/lists/conversations", responses=described(422, 503), response_model=ListAnswer)
async def conversations(query: Annotated[Conversations, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """Conversations, by the time they were engaged; with basis=visited by their first visit."""
    return await list_page(reader, "conversations", query, clock())


@router.get("/lists/messages", responses=described(422, 503), response_model=ListAnswer)
async def messages(query: Annotated[Messages, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """Messages."""
    return await list_page(reader, "messages", query, clock())


@router.get("/lists/actions", responses=described(422, 503), response_model=ListAnswer)
async def actions(query: Annotated[Actions, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """Calls of actions."""
    return await list_page(reader, "actions", query, clock())


@router.get("/lists/exchanges", responses=described(422, 503), response_model=ListAnswer)
async def exchanges(query: Annotated[Exchanges, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """Questions with their answers, by the first message of the question."""
    return await list_page(reader, "exchanges", query, clock())


@router.get("/lists/sessions", responses=described(422, 503), response_model=ListAnswer)
async def sessions(query: Annotated[Sessions, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """Sessions, by their first activity."""
    return await list_page(reader, "sessions", query, clock())


@router.get("/lists/customers", responses=described(422, 503), response_model=ListAnswer)
async def customers(query: Annotated[Customers, Query()], reader: ReaderNow, clock: Clock) -> dict[str, Any]:
    """Customers who wrote in the range, by their first message ever."""
    return await list_page(reader, "customers", query, clock())
