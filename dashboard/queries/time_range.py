"""The window of a query: agent, environment, time range and time zone."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from dashboard.errors import BadParameter
from dashboard.queries.times import ALLOWED, clickhouse_text, from_clock, iso_of, read_moment, time_zones, to_clock

DAY = timedelta(days=1)
ZONES = time_zones()


@dataclass(frozen=True, slots=True)
class Window:
    """One agent and environment, a half-open range in milliseconds since 1970, and a time zone."""

    agent_id: str
    environment: str
    since_ms: int
    until_ms: int
    time_zone: str

    def previous(self) -> "Window":
        """Return the previous period: as many local days if the range is whole days, else as many milliseconds."""
        zone = ZoneInfo(self.time_zone)
        first, end = to_clock(self.since_ms, zone), to_clock(self.until_ms, zone)
        length = end - first
        if length > timedelta(0) and length % DAY == timedelta(0):
            return replace(self, since_ms=max(0, from_clock(first - length, zone)), until_ms=self.since_ms)
        return replace(self, since_ms=max(0, 2 * self.since_ms - self.until_ms), until_ms=self.since_ms)

    @property
    def parameters(self) -> dict[str, object]:
        """The bound parameters of every query about a window."""
        return {
            "agent_id": self.agent_id,
            "environment": self.environment,
            "since": clickhouse_text(self.since_ms),
            "until": clickhouse_text(self.until_ms),
            "time_zone": self.time_zone,
        }

    def shown(self) -> dict[str, str]:
        """Return the window as responses contain it."""
        return {
            "agent_id": self.agent_id,
            "environment": self.environment,
            "since": iso_of(self.since_ms),
            "until": iso_of(self.until_ms),
            "time_zone": self.time_zone,
        }


def _known_zone(name: str) -> str:
    if name not in ZONES:
        raise ValueError("an IANA name like Europe/Zagreb or UTC")
    return name


# The type of a parameter that was not passed; the API schema does not offer it.
Absent = SkipJsonSchema[None]

AgentId = Annotated[str, Field(min_length=1, max_length=200, description="The agent.", examples=["support"])]
Environment = Annotated[str, Field(min_length=1, max_length=64, description="Its environment.")]
Moment = Annotated[str, Field(max_length=64, description=f"Allowed is {ALLOWED}.")]
TimeZone = Annotated[
    str,
    Field(max_length=64, description="IANA name of the time zone for days and hours.", examples=["Europe/Zagreb"]),
    AfterValidator(_known_zone),
]


class ScopeQuery(BaseModel):
    """The parameters for an agent and its environment; unknown parameters are rejected."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent_id: AgentId
    environment: Environment = "production"


class WindowQuery(ScopeQuery):
    """The parameters of a window."""

    since: Moment = "-7d"
    until: Moment = "now"
    time_zone: TimeZone = "UTC"

    def window(self, now_ms: int) -> Window:
        """Return the window, with relative times resolved against `now_ms`."""
        zone = ZoneInfo(self.time_zone)
        since = read_moment("since", self.since, zone, now_ms)
        until = read_moment("until", self.until, zone, now_ms)
        if until < since:
            raise BadParameter("until", "a time that is not before since")
        return Window(self.agent_id, self.environment, since, until, self.time_zone)
