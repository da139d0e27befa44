"""The filters of the lists and their SQL conditions.

Conditions are this package's own text; values are bound. Filters on conversations apply to every list, whatever its
rows are.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from dashboard.queries.time_range import Absent, WindowQuery


def _written(day: str) -> str:
    """Reject a bare number, which pydantic would read as seconds since 1970."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise ValueError("a day as 2026-04-01")
    return day


Truth = Literal["true", "false"]
Name = Annotated[str, Field(min_length=1, max_length=16_000)]
Coordinate = Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)] | Literal["unknown"]
Day = Annotated[date, BeforeValidator(_written), Field(ge=date(1970, 1, 1), le=date(2149, 6, 6))]

SCOPE = "agent_id = {agent_id:String} AND environment = {environment:String}"
SINCE, UNTIL = "{since:DateTime64(3, 'UTC')}", "{until:DateTime64(3, 'UTC')}"
VIEW_PARAMETERS = (
    "agent_id = {agent_id:String}, environment = {environment:String}, "
    f"since = {SINCE}, until = {UNTIL}, time_zone = {{time_zone:String}}"
)


def select(columns: str, source: str, conditions: Iterable[str], end: str = "") -> str:
    """Return a SELECT statement; no part of it may come from a caller."""
    where = " AND ".join(conditions)
    return " ".join(["SELECT", columns, "FROM", source, *(["WHERE", where] if where else []), end]).strip()


def net(by: str) -> str:
    """Return the end of a query over signed rows, which keeps rows with a positive sum of signs."""
    return f"GROUP BY {by} HAVING sum(sign) > 0"


_BEFORE = [SCOPE, "customer != ''", f"first_end_user_message_at < {SINCE}"]
WROTE_BEFORE = f"({select('customer', 'conversation_facts', _BEFORE, net('customer'))})"
_EQUAL = {
    "country": "country_code",
    "region": "region",
    "city": "city",
    "device": "device",
    "source": "source",
    "language": "language",
    "language_region": "language_region",
    "customer": "customer",
    "conversation_id": "conversation_id",
}
_TRUTHS = {
    "escalated": "escalated = 1",
    "escalation_failed": "(escalated = 1 AND escalation_failed = 1)",
    "engaged": "engaged_at IS NOT NULL",
}
_USERS = {
    "new": f"(customer != '' AND customer NOT IN {WROTE_BEFORE})",
    "returning": f"customer IN {WROTE_BEFORE}",
    "known": "customer != ''",
    "anonymous": "customer = ''",
}


class ListQuery(WindowQuery):
    """The parameters that every list takes."""

    country: Name | Absent = Field(None, description="ISO 3166-1 alpha-2, or unknown.", examples=["HR"])
    region: Name | Absent = None
    city: Name | Absent = None
    latitude: Coordinate | Absent = None
    longitude: Coordinate | Absent = None
    device: Name | Absent = Field(None, examples=["mobile"])
    source: Name | Absent = Field(None, examples=["web"])
    language: Name | Absent = Field(None, examples=["en"])
    language_region: Name | Absent = None
    rating: Literal["positive", "neutral", "negative", "unrecognised", "none"] | Absent = None
    escalated: Truth | Absent = None
    escalation_failed: Truth | Absent = None
    engaged: Truth | Absent = None
    customer: Name | Absent = None
    user: Literal["new", "returning", "known", "anonymous"] | Absent = None
    conversation_id: Annotated[str, Field(min_length=1, max_length=255)] | Absent = None
    limit: Annotated[int, Field(ge=1, le=500, description="Rows of a page.")] = 50
    cursor: Annotated[str, Field(max_length=40_000)] | Absent = Field(
        None, description="The `next` value of the previous page."
    )

    @field_validator("latitude", "longitude")
    @classmethod
    def _no_negative_zero(cls, value: Coordinate | None) -> Coordinate | None:
        return 0.0 if value == 0 else value

    def filters(self) -> dict[str, object]:
        """Return the filters that are set, by name."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"limit", "cursor"})

    def of_conversation(self) -> list[str]:
        """Return conditions on the columns of conversation_facts."""
        equal = [f"{column} = {{{name}:String}}" for name, column in _EQUAL.items() if getattr(self, name) is not None]
        truths = [
            condition if getattr(self, name) == "true" else f"NOT {condition}"
            for name, condition in _TRUTHS.items()
            if getattr(self, name) is not None
        ]
        return [*equal, *truths, *self._places(), *self._rating(), *([_USERS[self.user]] if self.user else [])]

    def of_rows(self) -> list[str]:
        """Return the same conditions for rows that identify their conversation by its hash."""
        conditions = self.of_conversation()
        if not conditions:
            return []
        matching = select("conversation_hash", "conversation_facts", [SCOPE, *conditions], net("conversation_hash"))
        return [f"conversation_hash IN ({matching})"]

    def _places(self) -> list[str]:
        return [
            f"{name} IS NULL" if value == "unknown" else f"{name} = {{{name}:Float64}}"
            for name, value in (("latitude", self.latitude), ("longitude", self.longitude))
            if value is not None
        ]

    def _rating(self) -> list[str]:
        if self.rating is None:
            return []
        return ["rating = ''"] if self.rating == "none" else ["rating = {rating:String}"]


class TimedQuery(ListQuery):
    """The parameters of lists whose rows have a time."""

    weekday: Annotated[int, Field(ge=1, le=7, description="1 is Monday.")] | Absent = None
    hour: Annotated[int, Field(ge=0, le=23)] | Absent = None
    day: Day | Absent = Field(None, description="A day of the time zone's calendar.", examples=["2026-04-01"])

    def at(self, local_time: str) -> list[str]:
        """Return conditions on a local time of the time zone."""
        conditions = {
            "weekday": f"toDayOfWeek({local_time}) = {{weekday:UInt8}}",
            "hour": f"toHour({local_time}) = {{hour:UInt8}}",
            "day": f"toDate({local_time}) = {{day:Date}}",
        }
        return [condition for name, condition in conditions.items() if getattr(self, name) is not None]

    def within(self, column: str) -> list[str]:
        """Return conditions that a time lies in the window and in the requested hours and days."""
        return [*in_range(column), *self.at(local(column))]


def in_range(column: str) -> list[str]:
    """Return conditions that a time lies in the window."""
    return [f"{column} >= {SINCE}", f"{column} < {UNTIL}"]


def quarter_hours() -> list[str]:
    """Return conditions that find the rows of a window by the primary key; combine them with exact times."""
    quarter = "toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli({}), 900000)))"
    return [f"quarter_hour >= {quarter.format(SINCE)}", f"quarter_hour <= {quarter.format(UNTIL)}"]


def local(column: str) -> str:
    """Return the local time of a column in the time zone, with the same late clock changes as the metric views."""
    second = f"toUnixTimestamp(assumeNotNull({column}))"
    late = select("quarter_hour * 15", "late_clock_changes", ["time_zone = {time_zone:String}"])
    shifted = f"toDateTime({second} - 60 * (intDiv({second}, 60) IN ({late})), {{time_zone:String}})"
    return f"toDateTime({second} + timezoneOffset({shifted}), 'UTC')"
