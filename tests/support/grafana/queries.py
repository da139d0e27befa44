"""The queries of all panels and variables, in several time zones and modes."""

from typing import Final

from tests.support.grafana.data_source import Answer, Question
from tests.support.grafana.events import AGENT_ID, SINCE, UNTIL
from tests.support.grafana.macros import Dashboard
from tests.support.grafana.panels import dashboard, panels

# What Grafana calls a zone, and the zone that the views are to count in.
ZONES: Final = {
    "Europe/Zagreb": "Europe/Zagreb",
    "Asia/Kathmandu": "Asia/Kathmandu",
    "America/Santiago": "America/Santiago",
    "utc": "UTC",
    "browser": "UTC",
}
NO_ZONE: Final = "Europe/Nowhere"
MODES: Final = ("messages", "conversations")

# Title of the panel or name of the variable, zone, mode of the peak hours.
Key = tuple[str, str, str]
Answers = dict[Key, Answer]
Questions = dict[Key, Question]


def chosen(time_zone: str, mode: str, agent_id: str = AGENT_ID) -> Dashboard:
    """Return the dashboard of our agent."""
    variables = {"agent_id": agent_id, "environment": "production", "peak_hours_of": mode}
    return Dashboard(variables, time_zone, SINCE, UNTIL)


def queries() -> dict[str, str]:
    """Return the SQL of every panel by its view, and of every variable by its name."""
    asked = {
        target.sql.split("convostream.")[1].split("(")[0]: target.sql
        for p in panels("overview")
        for target in p.targets
    }
    variables = dashboard("overview")["templating"]["list"]
    return asked | {v["name"]: v["query"]["rawSql"] for v in variables if v["type"] == "query"}


def questions() -> Questions:
    """Return every query in every zone and mode, and in an invalid zone."""
    return {
        (name, zone, mode): Question(chosen(zone, mode).expand(sql), zone)
        for name, sql in queries().items()
        for zone in (*ZONES, NO_ZONE)
        for mode in MODES
    }
