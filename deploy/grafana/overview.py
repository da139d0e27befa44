"""The dashboard "Convostream: overview": all fifteen metrics, one panel for each of the seventeen views."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import CustomVariable, Dashboard, DashboardLink, QueryVariable, Row
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
)

from deploy.grafana import forms
from deploy.grafana.queries import AGENT, AGENTS, ENVIRONMENT, ENVIRONMENTS, PEAK_HOURS_OF
from deploy.grafana.sources import CLICKHOUSE

UID: Final = "convostream-overview"
TAG: Final = "convostream"

# The licence of DB-IP City Lite, CC BY 4.0, requires this link wherever its results are shown.
ATTRIBUTION: Final = "IP geolocation by DB-IP"

# Shows links directly instead of in a menu.
IN_SIGHT: Final = ""


def overview() -> Dashboard:
    """Return the dashboard: volume, timing, people, outcomes."""
    dashboard = Dashboard("Convostream: overview").uid(UID).tags([TAG]).timezone("browser").week_start("monday")
    dashboard.description("The fifteen metrics of one agent in one environment, in the dashboard's time zone.")
    dashboard.time("now-30d/d", "now").refresh("1m").tooltip(DashboardCursorSync.CROSSHAIR).readonly()
    dashboard.with_variable(_variable(AGENT, "Agent", AGENTS)).with_variable(
        _variable(ENVIRONMENT, "Environment", ENVIRONMENTS)
    )
    dashboard.with_variable(_peak_hours_of()).annotations([])
    dashboard.link(other_dashboards()).link(_attribution())
    for section in (_volume, _timing, _people, _outcomes):
        section(dashboard)
    return dashboard


def other_dashboards() -> DashboardLink:
    """Return the link to the other dashboards."""
    link = DashboardLink("Convostream").type(DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(False)
    return link.icon("external link").tooltip("").placement(IN_SIGHT)


def _attribution() -> DashboardLink:
    link = DashboardLink(ATTRIBUTION).type(DashboardLinkType.LINK).url("https://db-ip.com").target_blank(True)
    return link.icon("external link").tooltip("DB-IP City Lite, licensed under CC BY 4.0").placement(IN_SIGHT)


def _peak_hours_of() -> CustomVariable:
    modes = [VariableOption(mode == "messages", mode, mode) for mode in ("messages", "conversations")]
    variable = CustomVariable(PEAK_HOURS_OF).label("Peak hours of").values("messages,conversations").options(modes)
    return variable.current(modes[0]).allow_custom_value(False)


def _variable(name: str, label: str, sql: str) -> QueryVariable:
    variable = QueryVariable(name).label(label).datasource(CLICKHOUSE).refresh(VariableRefresh.ON_DASHBOARD_LOAD)
    return variable.query({"refId": name, "queryType": "sql", "rawSql": sql}).definition(sql)


def _volume(dashboard: Dashboard) -> None:
    dashboard.with_row(Row("Volume"))
    for name in ("total_messages", "total_conversations", "individual_users"):
        dashboard.with_panel(forms.totals(name, 8, 5))
    dashboard.with_panel(forms.daily_overview(9)).with_panel(forms.peak_hours(9))


def _timing(dashboard: Dashboard) -> None:
    dashboard.with_row(Row("Timing"))
    for name in ("average_response_time", "average_conversation_duration"):
        dashboard.with_panel(forms.totals(name, 24, 5))
    dashboard.with_panel(forms.tool_usage(9))


def _people(dashboard: Dashboard) -> None:
    dashboard.with_row(Row("People"))
    dashboard.with_panel(forms.places(16, 12)).with_panel(forms.rows("world_map", 8, 12))
    dashboard.with_panel(forms.shares("device_usage", 6, 10))
    dashboard.with_panel(forms.bars_by_name("sources", "source", 6, 10))
    dashboard.with_panel(forms.bars_by_name("languages", "language", 6, 10))
    dashboard.with_panel(forms.rows("language_regions", 6, 10))


def _outcomes(dashboard: Dashboard) -> None:
    dashboard.with_row(Row("Outcomes"))
    dashboard.with_panel(forms.totals("human_escalation_rate", 7, 6))
    dashboard.with_panel(forms.totals("conversation_feedback", 11, 6))
    dashboard.with_panel(forms.totals("unique_interactions", 6, 6))
