"""Charts of the workers' Prometheus metrics; descriptions come from the metrics themselves."""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import common as builders
from grafana_foundation_sdk.builders import dashboard, stat, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode
from prometheus_client.metrics import MetricWrapperBase

from deploy.grafana.panels import NOT_KNOWN, P, all_values
from deploy.grafana.sources import PROMETHEUS, instant, series


@dataclass(frozen=True, slots=True)
class Chart:
    """PromQL expressions with legends; a note adds to the documentation of the metrics."""

    title: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    metrics: tuple[MetricWrapperBase, ...] = ()
    note: str = ""

    @property
    def description(self) -> str:
        """The documentation of the metrics, as a worker exposes it, and the note."""
        documented = [family.documentation for metric in self.metrics for family in metric.describe()]
        return "\n\n".join(text for text in [*documented, self.note] if text)


def time_series(chart: Chart, width: int = 8, height: int = 8) -> timeseries.Panel:
    """Return a panel with the values over the range."""
    panel = described(timeseries.Panel(), chart, width, height).fill_opacity(8).axis_soft_min(0)
    panel.tooltip(builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    for expression, legend in chart.lines:
        panel.with_target(series(expression, legend))
    return panel


def number(chart: Chart, width: int = 4, height: int = 4, *, bad: float | None = None) -> stat.Panel:
    """Return a panel with the current value, red from the threshold `bad` on."""
    panel = described(stat.Panel(), chart, width, height).graph_mode(common.BigValueGraphMode.NONE)
    colors = [Threshold(color="text")] if bad is None else [Threshold(color="green"), Threshold(bad, "red")]
    panel.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(colors))
    for expression, legend in chart.lines:
        panel.with_target(instant(expression, legend))
    return panel.reduce_options(all_values())


def described(panel: P, chart: Chart, width: int, height: int) -> P:
    """Set a panel's title, description, unit and size from a chart."""
    panel.title(chart.title).description(chart.description).datasource(PROMETHEUS)
    panel.unit(chart.unit).no_value(NOT_KNOWN).span(width).height(height)
    return panel
