"""The fifteen metrics in the order of their definition: each with its views, and what it says in one line."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Shown:
    """One metric view and how many of its rows are shown."""

    view: str
    most_rows: int = 12

    # Whether the last rows are the ones that matter, as in a calendar.
    last_rows: bool = False

    # Columns that a terminal has no room for.
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the dashboard."""

    name: str
    says: str
    views: tuple[Shown, ...]


def _metric(name: str, says: str, *views: Shown) -> Metric:
    return Metric(name, says, views or (Shown(name),))


METRICS: Final = (
    _metric("total_messages", "messages of end users and agents"),
    _metric("total_conversations", "conversations that began, were active, and their sessions"),
    _metric("average_response_time", "from the first message of a question to its answer"),
    _metric("peak_hours", "messages and beginning conversations by weekday and hour"),
    _metric("daily_overview", "each day of the range", Shown("daily_overview", 14, last_rows=True)),
    _metric("average_conversation_duration", "closed sessions with two activities or more; whole conversations"),
    _metric(
        "tool_usage",
        "calls of each action and how long they took",
        Shown("tool_usage", 15, hidden=("p50_seconds", "p90_seconds", "p99_seconds")),
    ),
    _metric(
        "world_map",
        "conversations by country and by place",
        Shown("world_map", 15),
        Shown("world_map_places", 10),
    ),
    _metric("device_usage", "conversations by device"),
    _metric("individual_users", "customers who wrote; new are those who never wrote before"),
    _metric("sources", "conversations by the channel that started them"),
    _metric(
        "languages", "conversations by language, and with its region", Shown("languages"), Shown("language_regions")
    ),
    _metric("human_escalation_rate", "conversations that were handed to a person"),
    _metric("conversation_feedback", "the latest rating of each conversation by its customer"),
    _metric("unique_interactions", "visitors who began to speak"),
)
