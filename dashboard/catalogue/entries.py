"""What the catalogue is made of: a metric, its columns, and the list behind each count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# One row; a row a name, most first; a row a weekday and hour; a row a day.
Form = Literal["totals", "breakdown", "matrix", "days"]

# How a column's values are to be read.
Kind = Literal["count", "duration", "share", "key", "coordinate"]

ListName = Literal["conversations", "messages", "actions", "exchanges", "sessions", "customers"]


@dataclass(frozen=True, slots=True)
class Link:
    """The list of the things that a count counts: fixed filters, and filters that take their value from the row."""

    list: ListName
    filters: Mapping[str, str] = field(default_factory=dict)
    from_row: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a metric's rows: what it says, in which unit, and what is behind it."""

    name: str
    title: str
    kind: Kind
    unit: str
    meaning: str
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a metric leaves out, and the column that counts it if it is counted."""

    what: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """What a producer passes to fill a metric: the SDK's argument and a call that has it."""

    argument: str
    example: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric view with the definition of its numbers; a drill-down names the metric that it opens up."""

    name: str
    title: str
    form: Form
    definition: str
    columns: tuple[Column, ...]
    left_out: tuple[LeftOut, ...]
    filled_by: tuple[Filled, ...]
    drill_down_of: str | None = None


def count(name: str, title: str, unit: str, meaning: str, link: Link) -> Column:
    """A count of things that a list shows one by one."""
    return Column(name, title, "count", unit, meaning, link)


def duration(name: str, title: str, meaning: str) -> Column:
    """Seconds."""
    return Column(name, title, "duration", "seconds", meaning)


def share(name: str, title: str, meaning: str) -> Column:
    """A number from 0 to 1."""
    return Column(name, title, "share", "share of 1", meaning)


def key(name: str, title: str, unit: str, meaning: str) -> Column:
    """What a row of a breakdown is about."""
    return Column(name, title, "key", unit, meaning)


def percentiles(of: str) -> tuple[Column, ...]:
    """The four percentiles that come with a mean."""
    return tuple(
        duration(f"p{number}_seconds", f"p{number}", f"{number} % of {of} took no longer")
        for number in (50, 90, 95, 99)
    )
