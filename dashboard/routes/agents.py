"""Routes of agents: pages of them by name, and the busiest one, which the page opens with.

The names of a page are read from the primary key of the events alone; only the events of these agents are then counted.
The order is by name, because producers could forge times to come first.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.client import ClickHouseReader
from dashboard.queries.cursors import Cursor, read_cursor, write_cursor
from dashboard.queries.filters import select
from dashboard.queries.time_range import Absent, AgentId
from dashboard.queries.times import clickhouse_text, iso
from dashboard.routes.dependencies import Clock, ReaderNow
from dashboard.routes.problems import described
from dashboard.routes.schemas import Agents, AgentSchema, Busiest, ScopeSchema

NAMES: Final = "agent_id, environment"
KEY_TYPES: Final = ("String", "String")
AFTER: Final = ("agent_id >= {after_0:String}", f"({NAMES}) > ({{after_0:String}}, {{after_1:String}})")
SEARCHED: Final = "positionCaseInsensitiveUTF8(agent_id, {search:String}) > 0"
FACTS: Final = (
    f"{NAMES}, count() AS events, min(occurred_at) AS first_event_at, max(occurred_at) AS last_event_at,"
    " least(max(received_at), now64(3)) AS last_received_at"
)
IN_ORDER: Final = "SETTINGS optimize_aggregation_in_order = 1, optimize_distinct_in_order = 1"
RECEIVED: Final = "received_at > {received_since:DateTime64(3, 'UTC')} AND received_at <= now64(3)"
HOUR_MS: Final = 3_600_000

router = APIRouter(prefix="/api", tags=["lists"])


class AgentsQuery(BaseModel):
    """The parameters of the list of agents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent_id: AgentId | Absent = Field(None, description="Only this agent.")
    search: Annotated[str, Field(min_length=1, max_length=200)] | Absent = Field(
        None, description="A part of the name, in any case.", examples=["supp"]
    )
    limit: Annotated[int, Field(ge=1, le=500, description="Rows of a page.")] = 50
    cursor: Annotated[str, Field(max_length=40_000)] | Absent = Field(
        None, description="The `next` value of the previous page."
    )

    def filters(self) -> dict[str, object]:
        """Return the filters that are set, by name."""
        return self.model_dump(exclude_none=True, exclude={"limit", "cursor"})

    def conditions(self) -> list[str]:
        """Return the conditions on the names."""
        return [
            *(["agent_id = {agent_id:String}"] if self.agent_id is not None else []),
            *([SEARCHED] if self.search is not None else []),
            *(AFTER if self.cursor is not None else ()),
        ]


@router.get("/agents", responses=described(422, 503))
async def agents(query: Annotated[AgentsQuery, Query()], reader: ReaderNow) -> Agents:
    """List agents and environments by name, each with its first and last event."""
    question = {"list": "agents", **query.filters()}
    bound = {**query.filters(), "rows_asked": query.limit + 1}
    if query.cursor is not None:
        key = read_cursor(query.cursor, question, KEY_TYPES).key
        bound |= {f"after_{number}": value for number, value in enumerate(key)}
    end = f"ORDER BY {NAMES} LIMIT {{rows_asked:UInt32}} {IN_ORDER}"
    names = await reader.rows(select(f"DISTINCT {NAMES}", "events", query.conditions(), end), bound)
    page = [_key(row) for row in names[: query.limit]]
    more = len(names) > query.limit
    return Agents(
        agents=await _with_facts(reader, page),
        next=write_cursor(question, Cursor(0, 0, page[-1])) if more else None,
    )


async def _with_facts(reader: ClickHouseReader, page: Sequence[tuple[str, str]]) -> list[AgentSchema]:
    """Return the agents of a page with the number and times of their events."""
    if not page:
        return []
    end = f"GROUP BY {NAMES} ORDER BY {NAMES} {IN_ORDER}"
    bound = {"agents": sorted({agent_id for agent_id, _ in page})}
    rows = await reader.rows(select(FACTS, "events", ["agent_id IN {agents:Array(String)}"], end), bound)
    by_key = {_key(row): row for row in rows}
    return [_agent(by_key[key]) for key in page if key in by_key]


@router.get("/agents/busiest", responses=described(503))
async def busiest(reader: ReaderNow, clock: Clock) -> Busiest:
    """Return the agent with the most events received in the last hour, else in 31 days, else ever."""
    end = f"GROUP BY {NAMES} ORDER BY count() DESC, {NAMES} LIMIT 1"
    for conditions, length in ((RECEIVED, HOUR_MS), (RECEIVED, 31 * 24 * HOUR_MS), ("", 0)):
        bound = {"received_since": clickhouse_text(clock() - length)}
        rows = await reader.rows(select(NAMES, "events", [conditions] if conditions else [], end), bound)
        if rows:
            return Busiest(agent=ScopeSchema(**rows[0]))
    return Busiest(agent=None)


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["agent_id"], row["environment"]


def _agent(row: Mapping[str, Any]) -> AgentSchema:
    times = {name: iso(row[name]) for name in ("first_event_at", "last_event_at", "last_received_at")}
    return AgentSchema(**{**row, **times})
