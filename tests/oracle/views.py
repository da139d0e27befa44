"""The seventeen views by name, with the columns of the contract, and the history that they query."""

from collections.abc import Callable, Iterable
from functools import cached_property

from tests.oracle import conversation_views, message_views, timing_views
from tests.oracle.conversations import Conversation, gather
from tests.oracle.events import read_records
from tests.oracle.places import Locate, nowhere
from tests.oracle.records import Record, Settings
from tests.oracle.scope import Question, Row, Scope

TIMINGS = ("mean_seconds", "p50_seconds", "p90_seconds", "p95_seconds", "p99_seconds")
DEFAULT_SETTINGS = Settings()

COLUMNS: dict[str, tuple[str, ...]] = {
    "total_messages": ("messages", "end_user_messages", "agent_messages"),
    "total_conversations": ("conversations", "active_conversations", "sessions"),
    "average_response_time": (
        *TIMINGS, "exchanges", "mean_from_last_message_seconds", "unanswered", "not_measured",
    ),
    "peak_hours": ("weekday", "hour", "messages", "conversations"),
    "daily_overview": ("day", "messages", "active_conversations", "new_conversations"),
    "average_conversation_duration": (
        *TIMINGS, "sessions", "open_sessions", "single_activity_sessions", "conversation_mean_seconds", "conversations",
    ),
    "tool_usage": (
        "action_name", "calls", "failed_calls", "conversations", *TIMINGS, "timed_calls", "unknown_duration_calls",
    ),
    "world_map": ("country_code", "conversations"),
    "world_map_places": ("country_code", "region", "city", "latitude", "longitude", "conversations"),
    "device_usage": ("device", "conversations"),
    "individual_users": ("users", "new_users", "returning_users", "anonymous_conversations"),
    "sources": ("source", "conversations"),
    "languages": ("language", "conversations"),
    "language_regions": ("language", "region", "conversations"),
    "human_escalation_rate": ("rate", "escalated_conversations", "conversations", "failed_escalations"),
    "conversation_feedback": (
        "satisfaction", "positive", "neutral", "negative", "unrecognised", "conversations", "coverage",
    ),
    "unique_interactions": ("rate", "interactions", "visited_conversations"),
}  # fmt: skip

VIEWS: dict[str, Callable[[Scope], list[Row]]] = {
    "total_messages": message_views.total_messages,
    "total_conversations": message_views.total_conversations,
    "average_response_time": timing_views.average_response_time,
    "peak_hours": message_views.peak_hours,
    "daily_overview": message_views.daily_overview,
    "average_conversation_duration": timing_views.average_conversation_duration,
    "tool_usage": timing_views.tool_usage,
    "world_map": conversation_views.world_map,
    "world_map_places": conversation_views.world_map_places,
    "device_usage": conversation_views.device_usage,
    "individual_users": conversation_views.individual_users,
    "sources": conversation_views.sources,
    "languages": conversation_views.languages,
    "language_regions": conversation_views.language_regions,
    "human_escalation_rate": conversation_views.human_escalation_rate,
    "conversation_feedback": conversation_views.conversation_feedback,
    "unique_interactions": conversation_views.unique_interactions,
}


class History:
    """Delivered records in their order of arrival, with their events and conversations."""

    def __init__(
        self, records: Iterable[Record], settings: Settings = DEFAULT_SETTINGS, locate: Locate = nowhere
    ) -> None:
        self.events, self.dead_letters = read_records(records)
        self._settings = settings
        self._locate = locate

    @cached_property
    def conversations(self) -> list[Conversation]:
        """Every conversation with an event."""
        return gather(self.events, self._settings, self._locate)

    def scope(self, question: Question) -> Scope:
        """Return the question's agent and environment."""
        asked = (question.agent_id, question.environment)
        return Scope([conversation for conversation in self.conversations if conversation.key[:2] == asked], question)

    def view(self, name: str, question: Question) -> list[Row]:
        """Return the rows of one view."""
        return VIEWS[name](self.scope(question))

    def views(self, question: Question) -> dict[str, list[Row]]:
        """Return the rows of all views."""
        scope = self.scope(question)
        return {name: view(scope) for name, view in VIEWS.items()}
