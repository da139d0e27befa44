"""The SQL of the overview: one SELECT from one metric view per panel, and the queries of the variables.

Grafana's frontend interpolates the variables, with `percentencode`: an agent_id comes from producers, and Grafana's own
quoting does not escape backslashes. The data source interpolates the range. Grafana's range includes its last
millisecond; the `until` of the views does not.
"""

from typing import Final

DATABASE: Final = "convostream"
AGENT, ENVIRONMENT, PEAK_HOURS_OF = "agent_id", "environment", "peak_hours_of"

SINCE: Final = "$__fromTime_ms"
UNTIL: Final = "$__toTime_ms + toIntervalMillisecond(1)"


def value_of(variable: str) -> str:
    """Return SQL for the value of a variable of Grafana, safe for any value."""
    return f"decodeURLComponent('${{{variable}:percentencode}}')"


_ZONE: Final = value_of("__timezone")

# The dashboard's time zone. Grafana writes UTC as `utc` and inserts the name of the browser's zone. Without a browser
# the zone is UTC. Any other unknown name is an error in every view.
TIME_ZONE: Final = f"if({_ZONE} IN ('utc', 'browser', ''), 'UTC', {_ZONE})"

# All agents, the most recently active first; the dashboard opens with the first one.
AGENTS: Final = f"""\
SELECT agent_id FROM {DATABASE}.events
GROUP BY agent_id ORDER BY max(received_at) DESC, agent_id"""  # noqa: S608  (only this module's text)

ENVIRONMENTS: Final = f"""\
SELECT environment FROM {DATABASE}.events WHERE agent_id = {value_of(AGENT)}
GROUP BY environment ORDER BY environment = 'production' DESC, environment"""  # noqa: S608  (value_of returns safe text)


def ask(view: str, columns: str = "*", rest: str = "") -> str:
    """Return a query of one metric view with the dashboard's scope, range and time zone."""
    return f"""\
SELECT {columns}
FROM {DATABASE}.{view}(
    agent_id = {value_of(AGENT)},
    environment = {value_of(ENVIRONMENT)},
    since = {SINCE},
    until = {UNTIL},
    time_zone = {TIME_ZONE}
){rest}"""  # noqa: S608  (this module's text; value_of returns safe text)


def days() -> str:
    """Return the daily overview with times: a day starts at its midnight, or with the range if that is later."""
    begins = f"greatest(toDateTime64(day, 3, {TIME_ZONE}), {SINCE})"
    return ask("daily_overview", f"{begins} AS time, messages, active_conversations, new_conversations")


def peak_hours() -> str:
    """Return the matrix in one of its two modes, with the names of weekdays."""
    names = "['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday] AS weekday"
    counted = f"if({value_of(PEAK_HOURS_OF)} = 'conversations', conversations, messages) AS counted"
    return ask("peak_hours", f"{names}, leftPad(toString(hour), 2, '0') AS hour, {counted}")


def places() -> str:
    """Return places with coordinates; the table of countries has those without."""
    return ask("world_map_places", rest="\nWHERE latitude IS NOT NULL AND longitude IS NOT NULL")
