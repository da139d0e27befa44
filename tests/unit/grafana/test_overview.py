"""The overview shows every metric view once, with the catalogue's titles and units; no text of a user becomes SQL."""

import re

import pytest

from dashboard.catalogue import METRICS, Metric
from tests.support.grafana.panels import Panel, dashboard, panels

PANELS = panels("overview")
UNITS = {"count": "locale", "duration": "s", "share": "percentunit", "key": "string", "coordinate": "degree"}
ENCODED = re.compile(r"decodeURLComponent\('\$\{\w+:percentencode\}'\)")
VIEW = re.compile(r"FROM convostream\.(\w+)\(")

every_panel = pytest.mark.parametrize("panel", PANELS, ids=[panel.title for panel in PANELS])
every_metric = pytest.mark.parametrize("metric", METRICS, ids=[metric.name for metric in METRICS])


def _panel_of(metric: Metric) -> Panel:
    (found,) = [panel for panel in PANELS if f".{metric.name}(" in panel.targets[0].sql]
    return found


def _variable_queries() -> list[str]:
    variables = dashboard("overview")["templating"]["list"]
    return [variable["query"]["rawSql"] for variable in variables if variable["type"] == "query"]


def test_every_metric_view_appears_once() -> None:
    asked = sorted(view for panel in PANELS for target in panel.targets for view in VIEW.findall(target.sql))
    assert asked == sorted(metric.name for metric in METRICS)
    assert len(asked) == 17


@every_panel
def test_a_panel_is_one_select_from_one_view(panel: Panel) -> None:
    (target,) = panel.targets
    assert len(VIEW.findall(target.sql)) == target.sql.count("SELECT") == target.sql.count("FROM") == 1
    assert re.findall(r"^    (\w+) = ", target.sql, flags=re.MULTILINE) == [
        "agent_id",
        "environment",
        "since",
        "until",
        "time_zone",
    ]


@every_metric
def test_a_panel_describes_the_definition_and_what_is_not_counted(metric: Metric) -> None:
    panel = _panel_of(metric)
    assert panel.title.startswith(metric.title)
    assert panel.description.startswith(metric.definition)
    assert [part.what for part in metric.left_out if part.what not in panel.description] == []


@every_metric
def test_every_column_has_its_title_and_unit(metric: Metric) -> None:
    config = _panel_of(metric).config
    shown = {
        override.matcher["options"]: {p["id"]: p["value"] for p in override.properties}
        for override in reversed(config.overrides)
        if override.matcher["id"] == "byName"
    }
    wanted = {column.name: {"displayName": column.title, "unit": UNITS[column.kind]} for column in metric.columns}
    assert {name: shown[name] for name in wanted} == wanted
    assert config.defaults["unit"] in UNITS.values()


@pytest.mark.parametrize("sql", [panel.targets[0].sql for panel in PANELS] + _variable_queries())
def test_a_variable_reaches_sql_only_encoded(sql: str) -> None:
    rest = ENCODED.sub("", sql)
    assert set(re.findall(r"\$\w*|\[\[", rest)) <= {"$__fromTime_ms", "$__toTime_ms"}


def test_a_missing_value_is_a_dash() -> None:
    assert {panel.config.defaults["noValue"] for panel in PANELS} == {"-"}


def test_the_variables_are_agent_environment_and_mode() -> None:
    variables = dashboard("overview")["templating"]["list"]
    assert [variable["name"] for variable in variables] == ["agent_id", "environment", "peak_hours_of"]
    assert variables[2]["current"]["value"] == "messages"
    assert not any(variable["multi"] or variable["includeAll"] for variable in variables)
