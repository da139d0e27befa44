"""What the panels of both dashboards share: the words and units of the catalogue, sizes, and cells with bars."""

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

# Shown for NULL: nothing was there to compute it from.
NOT_KNOWN: Final = "-"

_UNITS: Final = {
    "count": units.LocaleFormat,
    "duration": units.Seconds,
    "share": units.PercentUnit,
    "key": "string",
    "coordinate": units.Degrees,
}


class Panel(Protocol):
    """What every builder of a panel can be told, whatever it draws."""

    def title(self, title: str) -> Self:
        """The words above it."""
        ...

    def description(self, description: str) -> Self:
        """What it means, in Markdown."""
        ...

    def datasource(self, datasource: common.DataSourceRef) -> Self:
        """Whom it asks."""
        ...

    def with_target(self, target: Builder[Dataquery]) -> Self:
        """What it asks."""
        ...

    def span(self, w: int) -> Self:
        """Its width; 24 is all."""
        ...

    def height(self, h: int) -> Self:
        """Its height."""
        ...

    def unit(self, unit: str) -> Self:
        """The unit of what has none of its own."""
        ...

    def no_value(self, no_value: str) -> Self:
        """What stands for nothing."""
        ...

    def override_by_name(self, name: str, properties: list[DynamicConfigValue]) -> Self:
        """What holds for one column alone."""
        ...


P = TypeVar("P", bound=Panel)


def of_metric(panel: P, metric: Metric, sql: str, width: int, height: int) -> P:
    """The panel of a metric: its query, its definition's words, and a title and unit for each of its columns."""
    panel.title(metric.title).description(explanation(metric)).datasource(CLICKHOUSE).with_target(SqlQuery(sql))
    panel.span(width).height(height).unit(main_unit(metric)).no_value(NOT_KNOWN)
    for column in metric.columns:
        panel.override_by_name(column.name, [*words(column)])
    return panel


def explanation(metric: Metric) -> str:
    """Return the definition, and what is not counted."""
    left_out = [f"- {part.what}" + (f" (`{part.column}`)" if part.column else "") for part in metric.left_out]
    return "\n".join([metric.definition, "", "Not counted:", "", *left_out])


def main_unit(metric: Metric) -> str:
    """The unit of the first column that is no key."""
    return next(_UNITS[column.kind] for column in metric.columns if column.kind != "key")


def words(column: Column) -> Iterable[DynamicConfigValue]:
    """The title and the unit of a column."""
    yield DynamicConfigValue("displayName", column.title)
    yield DynamicConfigValue("unit", _UNITS[column.kind])


def bars(color: str) -> list[DynamicConfigValue]:
    """Cells with bars that begin at 0."""
    gauge = common.TableBarGaugeCellOptions(common.BarGaugeDisplayMode.BASIC, common.BarGaugeValueMode.TEXT)
    return [
        DynamicConfigValue("custom.cellOptions", gauge),
        DynamicConfigValue("min", 0),
        DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color}),
    ]


def all_values(*, each_row: bool = False) -> builders.ReduceDataOptions:
    """Every column of the only row, or every row."""
    if each_row:
        return builders.ReduceDataOptions().values(True).calcs(["lastNotNull"]).fields("")
    return builders.ReduceDataOptions().values(False).calcs(["lastNotNull"]).fields("/.*/")
