"""The panel of each metric: numbers with their n, a matrix, lines by day, tables with bars, a map, shares."""

from typing import Final

from grafana_foundation_sdk.builders import barchart, geomap, piechart, stat, table, timeseries
from grafana_foundation_sdk.builders import common as builders
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue
from grafana_foundation_sdk.models.geomap import TooltipMode
from grafana_foundation_sdk.models.piechart import PieChartLabels, PieChartLegendValues, PieChartType

from dashboard.catalogue import BY_NAME
from deploy.grafana import queries
from deploy.grafana.panels import WIDTH, all_values, bars, of_metric

# Outlines of countries that Grafana itself serves, so that the map loads nothing from other hosts.
COUNTRIES: Final = "public/maps/countries.geojson"


def totals(name: str, width: int, height: int) -> stat.Panel:
    """Return a panel with the numbers of a view of one row, including its n."""
    panel = of_metric(stat.Panel(), BY_NAME[name], queries.ask(name), width, height)
    panel.reduce_options(all_values()).text_mode(common.BigValueTextMode.VALUE_AND_NAME)
    return panel.graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.NONE)


def peak_hours(height: int) -> table.Panel:
    """Return the matrix of weekdays (rows) and hours (columns), darker for higher counts."""
    metric = BY_NAME["peak_hours"]
    matrix = {"rowField": "weekday", "columnField": "hour", "valueField": "counted", "emptyValue": "zero"}
    cells = common.TableColoredBackgroundCellOptions(common.TableCellBackgroundDisplayMode.BASIC)
    panel = of_metric(table.Panel(), metric, queries.peak_hours(), WIDTH, height)
    panel.title(f"{metric.title}: ${{{queries.PEAK_HOURS_OF}}}").min_width(38).align(common.FieldTextAlignment.CENTER)
    panel.with_transformation(DataTransformerConfig("groupingToMatrix", options=matrix))
    panel.override_by_name("weekday\\hour", [DynamicConfigValue("displayName", "Weekday")])
    return panel.override_by_regexp(
        "/^[0-9]{2}$/",
        [
            DynamicConfigValue("custom.cellOptions", cells),
            DynamicConfigValue("color", {"mode": "continuous-blues"}),
            DynamicConfigValue("min", 0),
        ],
    )


def daily_overview(height: int) -> timeseries.Panel:
    """Return lines with one point per local day."""
    panel = of_metric(timeseries.Panel(), BY_NAME["daily_overview"], queries.days(), WIDTH, height)
    panel.line_width(2).fill_opacity(8).show_points(common.VisibilityMode.ALWAYS).point_size(6).axis_soft_min(0)
    panel.tooltip(builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    legend = builders.VizLegendOptions().show_legend(True).display_mode(common.LegendDisplayMode.LIST)
    return panel.legend(legend.placement(common.LegendPlacement.BOTTOM).calcs([]))


def tool_usage(height: int) -> table.Panel:
    """Return a table with one row per action, with bars for calls, failures and mean duration."""
    panel = of_metric(table.Panel(), BY_NAME["tool_usage"], queries.ask("tool_usage"), WIDTH, height)
    for column, color in (("calls", "blue"), ("failed_calls", "red"), ("mean_seconds", "purple")):
        panel.override_by_name(column, bars(color))
    return panel


def rows(name: str, width: int, height: int) -> table.Panel:
    """Return a table with bars, largest first, for breakdowns of many rows."""
    panel = of_metric(table.Panel(), BY_NAME[name], queries.ask(name), width, height)
    return panel.override_by_name("conversations", bars("blue"))


def bars_by_name(name: str, key: str, width: int, height: int) -> barchart.Panel:
    """Return a bar chart, largest first."""
    panel = of_metric(barchart.Panel(), BY_NAME[name], queries.ask(name), width, height)
    panel.x_field(key).orientation(common.VizOrientation.HORIZONTAL).show_value(common.VisibilityMode.AUTO)
    return panel.fill_opacity(80).axis_soft_min(0).legend(builders.VizLegendOptions().show_legend(False))


def shares(name: str, width: int, height: int) -> piechart.Panel:
    """Return a donut chart, for breakdowns of few rows."""
    panel = of_metric(piechart.Panel(), BY_NAME[name], queries.ask(name), width, height)
    legend = piechart.PieChartLegendOptions().show_legend(True).display_mode(common.LegendDisplayMode.TABLE)
    legend.placement(common.LegendPlacement.RIGHT).values([PieChartLegendValues.VALUE, PieChartLegendValues.PERCENT])
    panel.pie_type(PieChartType.DONUT).display_labels([PieChartLabels.NAME]).legend(legend)
    return panel.reduce_options(all_values(each_row=True))


def places(width: int, height: int) -> geomap.Panel:
    """Return a map with one circle per place, sized by conversations, over outlines of the countries."""
    style = {
        "color": {"fixed": "blue"},
        "opacity": 0.5,
        "size": {"field": "conversations", "fixed": 5, "min": 4, "max": 24},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
    }
    location = builders.FrameGeometrySource().mode(common.FrameGeometrySourceMode.COORDS)
    circles = builders.MapLayerOptions().type("markers").name("Conversations").tooltip(True)
    circles.config({"showLegend": False, "style": style}).location(location.latitude("latitude").longitude("longitude"))
    outlines = {"src": COUNTRIES, "rules": [], "style": {"color": {"fixed": "text"}, "opacity": 0.15}}
    countries = builders.MapLayerOptions().type("geojson").name("Countries").config(outlines)
    panel = of_metric(geomap.Panel(), BY_NAME["world_map_places"], queries.places(), width, height)
    panel.basemap(countries).layers([circles]).tooltip(geomap.TooltipOptions().mode(TooltipMode.DETAILS))
    view = geomap.MapViewConfig().id("zero").lat(20).lon(0).zoom(1).all_layers(True)
    return panel.view(view).controls(geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(True))
