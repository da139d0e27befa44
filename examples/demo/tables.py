"""Metric views as tables in the terminal, with the titles, kinds and order of the dashboard's catalogue.

Totals are shown beside those of the previous period. A breakdown shows each row's share of the whole. A long table is
shortened and says so; the row `unknown` is always shown, because missing data is part of the result.
"""

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dashboard.catalogue import METRICS, Column, Metric
from examples.demo.clickhouse_reader import Row
from examples.demo.formatting import format_share, format_value
from examples.demo.heat_map import draw_week

_MOST_ROWS: Final = 12
_DAYS_SHOWN: Final = 14
_UNKNOWN: Final = "unknown"

# A terminal has no room for the percentiles of a breakdown.
_HIDDEN: Final = frozenset({"p50_seconds", "p90_seconds", "p99_seconds"})
_ATTRIBUTION: Final = "IP geolocation by DB-IP (https://db-ip.com), licensed under CC BY 4.0"


def metric_views() -> list[tuple[Metric, ...]]:
    """Return the fifteen metrics, each with the view that opens it up, if there is one."""
    return [
        (metric, *(view for view in METRICS if view.drill_down_of == metric.name))
        for metric in METRICS
        if metric.drill_down_of is None
    ]


def metric_table(metric: Metric, rows: Sequence[Row], before: Sequence[Row]) -> RenderableType:
    """Return the rows of one metric view as a table."""
    match metric.form:
        case "totals":
            return _totals(metric, rows[0], before[0])
        case "matrix":
            return _week(metric, rows)
        case "days":
            return _listing(metric, rows[-_DAYS_SHOWN:], len(rows) - _DAYS_SHOWN, "earlier days")
        case "breakdown":
            unknown = [row for row in rows[_MOST_ROWS:] if row[metric.columns[0].name] == _UNKNOWN]
            shown = [*rows[:_MOST_ROWS], *unknown]
            return _listing(metric, shown, len(rows) - len(shown), "more rows", whole=_whole(metric, rows))


def _totals(metric: Metric, row: Row, before: Row) -> Table:
    table = Table(box=box.SIMPLE)
    for heading in ("", "now", "before"):
        table.add_column(heading, justify="right" if heading else "left")
    for column in metric.columns:
        table.add_row(column.title, *(format_value(column, values[column.name]) for values in (row, before)))
    return table


def _week(metric: Metric, rows: Sequence[Row]) -> Group:
    maps: list[RenderableType] = []
    for column in _counts(metric):
        cells = {(_int(row, "weekday"), _int(row, "hour")): _int(row, column.name) for row in rows}
        maps += [Text(f"\n  {column.title}", style="bold"), draw_week(cells)]
    return Group(*maps)


def _listing(metric: Metric, rows: Sequence[Row], hidden_rows: int, noun: str, whole: int = 0) -> Group:
    columns = [column for column in metric.columns if column.name not in _HIDDEN]
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column.title, justify="left" if column.kind == "key" else "right", overflow="fold")
    if whole:
        table.add_column("Share", justify="right", no_wrap=True)
    for row in rows:
        cells = [format_value(column, row[column.name]) for column in columns]
        table.add_row(*cells, *([format_share(_int(row, "conversations") / whole)] if whole else []))
    notes = [f"  … and {hidden_rows} {noun} in {metric.name}"] if hidden_rows > 0 else []
    notes += [f"  {_ATTRIBUTION}"] if metric.drill_down_of == "world_map" else []
    return Group(table, *(Text(f"{note}\n", style="dim") for note in notes))


def _whole(metric: Metric, rows: Sequence[Row]) -> int:
    """Return the sum of a breakdown whose only count is that of its conversations; 0 for others."""
    is_partition = [column.name for column in _counts(metric)] == ["conversations"]
    return sum(_int(row, "conversations") for row in rows) if is_partition else 0


def _counts(metric: Metric) -> list[Column]:
    return [column for column in metric.columns if column.kind == "count"]


def _int(row: Row, name: str) -> int:
    return int(str(row[name]))
