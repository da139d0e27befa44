"""Shared parts of panels: titles, descriptions and units from the catalogue, sizes, and cells with bars."""

from collections.abc import Iterable
from typing import Final, Protocol, Self, TypeVar

from grafana_foundation_sdk.builders import common as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common, units
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboard.catalogue import Column, Metric
from deploy.grafana.sources import CLICKHOUSE, SqlQuery

WIDTH: Final = 24

# Shown for NULL: there is no data to compute the value.
NOT_KNOWN: Final = "-"

_UNITS: Final = {
    "count": units.LocaleFormat,
    "duration": units.Seconds,
    "share": units.PercentUnit,
    "key": "string",
    "coordinate": units.Degrees,
}


class Panel(Protocol):
    """The methods that every panel builder has."""

    def title(self, title: str) -> Self:
        """Set the title."""
        ...

    def description(self, description: str) -> Self:
        """Set the description, in Markdown."""
        ...

    def datasource(self, datasource: common.DataSourceRef) -> Self:
        """Set the data source."""
        ...

    def with_target(self, target: Builder[Dataquery]) -> Self:
        """Add a query."""
        ...

    def span(self, w: int) -> Self:
        """Set the width; the full width is 24."""
        ...

    def height(self, h: int) -> Self:
        """Set the height."""
        ...

    def unit(self, unit: str) -> Self:
        """Set the default unit."""
        ...

    def no_value(self, no_value: str) -> Self:
        """Set the text for missing values."""
        ...

    def override_by_name(self, name: str, properties: list[DynamicConfigValue]) -> Self:
        """Set properties of one column."""
        ...


P = TypeVar("P", bound=Panel)


def of_metric(panel: P, metric: Metric, sql: str, width: int, height: int) -> P:
    """Set a panel's query, title and description, and the title and unit of each column, from a metric."""
    panel.title(metric.title).description(explanation(metric)).datasource(CLICKHOUSE).with_target(SqlQuery(sql))
    panel.span(width).height(height).unit(main_unit(metric)).no_value(NOT_KNOWN)
    for column in metric.columns:
        panel.override_by_name(column.name, [*column_properties(column)])
    return panel


def explanation(metric: Metric) -> str:
    """Return the definition, and what is not counted."""
    left_out = [f"- {item.text}" for item in metric.left_out]
    return "\n".join([metric.definition, "", "Not counted:", "", *left_out])


def main_unit(metric: Metric) -> str:
    """Return the unit of the first column that is not a key."""
    return next(_UNITS[column.kind] for column in metric.columns if column.kind != "key")


def column_properties(column: Column) -> Iterable[DynamicConfigValue]:
    """Return the properties for the title and unit of a column."""
    yield DynamicConfigValue("displayName", column.title)
    yield DynamicConfigValue("unit", _UNITS[column.kind])


def bars(color: str) -> list[DynamicConfigValue]:
    """Return the properties of cells with bars that start at 0."""
    gauge = common.TableBarGaugeCellOptions(common.BarGaugeDisplayMode.BASIC, common.BarGaugeValueMode.TEXT)
    return [
        DynamicConfigValue("custom.cellOptions", gauge),
        DynamicConfigValue("min", 0),
        DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color}),
    ]


def all_values(*, each_row: bool = False) -> builders.ReduceDataOptions:
    """Return options that show every column of the only row, or every row."""
    if each_row:
        return builders.ReduceDataOptions().values(True).calcs(["lastNotNull"]).fields("")
    return builders.ReduceDataOptions().values(False).calcs(["lastNotNull"]).fields("/.*/")
