"""Metric views as tables in the terminal: totals as pairs, breakdowns as rows with their share of the whole.

A long table is cut and says so; a row `unknown` is shown even then, because what is not known is part of the answer.
"""

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from examples.demo.formatting import heading, percent, value_text
from examples.demo.heat_map import heat_map
from examples.demo.metrics import Metric, Shown
from examples.demo.reader import Rows

UNKNOWN: Final = "unknown"
_PARTS_OF_A_WHOLE: Final = frozenset(
    {"world_map", "world_map_places", "device_usage", "sources", "languages", "language_regions"}
)
_MOST_WIDE_COLUMNS: Final = 5  # more of them have headings of several lines
_ATTRIBUTION: Final = "IP geolocation by DB-IP (https://db-ip.com), licensed under CC BY 4.0"

Row = tuple[object, ...]


def metric_table(number: int, metric: Metric, rows: Sequence[Rows]) -> RenderableType:
    """A metric under its name: one table for each of its views."""
    title = Text.assemble((f"{number}. {metric.name}", "bold cyan"), (f"  {metric.says}", "dim"))
    parts: list[RenderableType] = [title]
    for shown, found in zip(metric.views, rows, strict=True):
        parts.append(_view_table(shown, found))
    if metric.name == "world_map":
        parts.append(Text(f"  {_ATTRIBUTION}\n", style="dim"))
    return Group(*parts)


def _view_table(shown: Shown, rows: Rows) -> RenderableType:
    if shown.view == "peak_hours":
        return _week(rows)
    if len(rows.values) == 1 and isinstance(rows.values[0][0], int | float | None):
        return _totals(rows)
    return _breakdown(shown, _without(shown.hidden, rows))


def _totals(rows: Rows) -> Table:
    """The one row of a view of totals, a line for each value."""
    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for column, value in zip(rows.columns, rows.values[0], strict=True):
        table.add_row(heading(column), value_text(column, value))
    return table


def _breakdown(shown: Shown, rows: Rows) -> RenderableType:
    is_wide = len(rows.columns) > _MOST_WIDE_COLUMNS
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", padding=0 if is_wide else (0, 1, 0, 0))
    for column, value in zip(rows.columns, rows.values[0] if rows.values else rows.columns, strict=True):
        table.add_column(
            _tall(column) if is_wide else heading(column),
            justify="left" if isinstance(value, str) or column == "day" else "right",
            overflow="fold",
            no_wrap=not isinstance(value, str),
        )
    whole = sum(map(_count, rows.values)) if shown.view in _PARTS_OF_A_WHOLE else 0
    if whole:
        table.add_column("share", justify="right", no_wrap=True)
    kept = _kept(shown, rows.values)
    for row in kept:
        cells = [value_text(column, value) for column, value in zip(rows.columns, row, strict=True)]
        table.add_row(*cells, *([percent(_count(row) / whole)] if whole else []))
    return Group(Padding(table, (0, 0, 0, 1)), *_notes(shown, len(rows.values) - len(kept)))


def _tall(column: str) -> str:
    """A heading that needs little width: a word a line."""
    return heading(column).replace(" ", "\n").replace("conversations", "conver-\nsations")


def _without(hidden: Sequence[str], rows: Rows) -> Rows:
    places = [place for place, column in enumerate(rows.columns) if column not in hidden]
    return Rows(
        tuple(rows.columns[place] for place in places),
        tuple(tuple(row[place] for place in places) for row in rows.values),
    )


def _count(row: Row) -> int:
    """The number of conversations, the last column of a breakdown."""
    return int(str(row[-1]))


def _kept(shown: Shown, rows: Sequence[Row]) -> Sequence[Row]:
    if shown.last_rows:
        return rows[-shown.most_rows :]
    unknown = [row for row in rows[shown.most_rows :] if row[0] == UNKNOWN]
    return [*rows[: shown.most_rows], *unknown]


def _notes(shown: Shown, hidden_rows: int) -> list[Text]:
    notes = []
    if hidden_rows:
        notes.append(f"{hidden_rows} {'earlier days' if shown.last_rows else 'more rows'}")
    if shown.hidden:
        notes.append(f"the columns {', '.join(map(heading, shown.hidden))}")
    return [Text(f"  … and {' and '.join(notes)} in {shown.view}\n", style="dim")] if notes else []


def _week(rows: Rows) -> Group:
    maps: list[RenderableType] = []
    for place, name in ((2, "messages"), (3, "conversations")):
        cells = {(int(str(row[0])), int(str(row[1]))): int(str(row[place])) for row in rows.values}
        maps += [Text(f"\n  {name}", style="bold"), heat_map(cells)]
    return Group(*maps, "")
