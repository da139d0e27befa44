"""The entries of the catalogue: a metric, its columns, and the list behind each count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# One row; one row per name, largest first; one row per weekday and hour; one row per day.
Form = Literal["totals", "breakdown", "matrix", "days"]

# How to read the values of a column.
Kind = Literal["count", "duration", "share", "key", "coordinate"]

ListName = Literal["conversations", "messages", "actions", "exchanges", "sessions", "customers"]


@dataclass(frozen=True, slots=True)
class Link:
    """The list behind a count: fixed filters, and filters that take their value from the row."""

    list: ListName
    filters: Mapping[str, str] = field(default_factory=dict)
    from_row: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a metric's rows: its meaning, its unit, and the list behind it."""

    name: str
    title: str
    kind: Kind
    unit: str
    meaning: str
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a metric does not count, and the column with its number, if there is one."""

    what: str
    column: str | None = None

    @property
    def text(self) -> str:
        """What is not counted, in Markdown, with the name of the column."""
        return f"{self.what} (`{self.column}`)" if self.column else self.what


@dataclass(frozen=True, slots=True)
class Filled:
    """The SDK argument that fills a metric, and an example call."""

    argument: str
    example: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric view with the definition of its numbers; a drill-down names the metric that it belongs to."""

    name: str
    title: str
    form: Form
    definition: str
    columns: tuple[Column, ...]
    left_out: tuple[LeftOut, ...]
    filled_by: tuple[Filled, ...]
    drill_down_of: str | None = None


def count(name: str, title: str, unit: str, meaning: str, link: Link) -> Column:
    """Return a column that counts the rows of a list."""
    return Column(name, title, "count", unit, meaning, link)


def duration(name: str, title: str, meaning: str) -> Column:
    """Return a column in seconds."""
    return Column(name, title, "duration", "seconds", meaning)


def share(name: str, title: str, meaning: str) -> Column:
    """Return a column with a number from 0 to 1."""
    return Column(name, title, "share", "share of 1", meaning)


def key(name: str, title: str, unit: str, meaning: str) -> Column:
    """Return a column that names the row of a breakdown."""
    return Column(name, title, "key", unit, meaning)


def percentiles(of: str) -> tuple[Column, ...]:
    """Return the four percentiles that come with a mean."""
    return tuple(
        duration(f"p{number}_seconds", f"p{number}", f"{number} % of {of} took no longer")
        for number in (50, 90, 95, 99)
    )
