"""The SQL of the overview: one SELECT from one metric view a panel, and the lists behind the variables.

Two hands put values in. Grafana's page puts in the variables; `percentencode` leaves nothing of a value that SQL could
read (an agent_id comes from producers, and the quotes of Grafana's own formats do not hold against a backslash). The
data source puts in the range. Its last millisecond belongs to the range, as in Grafana; the views' `until` does not.
"""

from typing import Final

DATABASE: Final = "convostream"
AGENT, ENVIRONMENT, PEAK_HOURS_OF = "agent_id", "environment", "peak_hours_of"

SINCE: Final = "$__fromTime_ms"
UNTIL: Final = "$__toTime_ms + toIntervalMillisecond(1)"


def value_of(variable: str) -> str:
    """The text of one of Grafana's variables, whatever it holds."""
    return f"decodeURLComponent('${{{variable}:percentencode}}')"


_ZONE: Final = value_of("__timezone")

# The dashboard's zone. Grafana writes UTC as `utc`, and puts in the name of the browser's zone; where it cannot,
# because no browser asks, days are those of UTC. Any other name that is no zone is an error in every view.
TIME_ZONE: Final = f"if({_ZONE} IN ('utc', 'browser', ''), 'UTC', {_ZONE})"

# All agents, the latest active first, which is the one that the dashboard opens with.
AGENTS: Final = f"""\
SELECT agent_id FROM {DATABASE}.events
GROUP BY agent_id ORDER BY max(received_at) DESC, agent_id"""  # noqa: S608  (our own words alone)

ENVIRONMENTS: Final = f"""\
SELECT environment FROM {DATABASE}.events WHERE agent_id = {value_of(AGENT)}
GROUP BY environment ORDER BY environment = 'production' DESC, environment"""  # noqa: S608  (what value_of makes is no SQL)


def ask(view: str, columns: str = "*", rest: str = "") -> str:
    """A query of one metric view in the dashboard's scope, range and zone."""
    return f"""\
SELECT {columns}
FROM {DATABASE}.{view}(
    agent_id = {value_of(AGENT)},
    environment = {value_of(ENVIRONMENT)},
    since = {SINCE},
    until = {UNTIL},
    time_zone = {TIME_ZONE}
){rest}"""  # noqa: S608  (our own words; what value_of makes is no SQL)


def days() -> str:
    """The daily overview with times: a day is drawn where it begins, or where the range does if that is later."""
    begins = f"greatest(toDateTime64(day, 3, {TIME_ZONE}), {SINCE})"
    return ask("daily_overview", f"{begins} AS time, messages, active_conversations, new_conversations")


def peak_hours() -> str:
    """The matrix in one of its two modes, with names of weekdays."""
    names = "['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday] AS weekday"
    counted = f"if({value_of(PEAK_HOURS_OF)} = 'conversations', conversations, messages) AS counted"
    return ask("peak_hours", f"{names}, leftPad(toString(hour), 2, '0') AS hour, {counted}")


def places() -> str:
    """The places that have coordinates; those without are in the table of countries."""
    return ask("world_map_places", rest="\nWHERE latitude IS NOT NULL AND longitude IS NOT NULL")
