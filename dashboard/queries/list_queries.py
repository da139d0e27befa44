"""The query of each list: its columns, source, conditions and order.

Every list is ordered by its key, newest first: a time in milliseconds, then columns that make the key unique.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from dashboard.queries.filters import (
    SCOPE,
    VIEW_PARAMETERS,
    WROTE_BEFORE,
    ListQuery,
    Name,
    TimedQuery,
    Truth,
    in_range,
    net,
    quarter_hours,
    select,
)
from dashboard.queries.time_range import Absent

CONVERSATION_COLUMNS = (
    "conversation_id, customer, engaged_at, visited_at, country_code, region, city, device, source, language,"
    " language_region, rating, escalated, escalation_failed"
)
EXCHANGE_COLUMNS = "asked_at, last_asked_at, answered_at, closes_at < now64(3) AS closed"
SESSION_COLUMNS = "started_at, last_activity_at, ended_at, activities, closes_at < now64(3) AS closed"
# Lists shorten texts so that a page stays small; the transcript has them whole.
BEGINNING = 1000
MESSAGE_COLUMNS = (
    f"sender, substringUTF8(content, 1, {BEGINNING}) AS beginning, lengthUTF8(content) AS characters,"
    " if(length(attachments) <= 10000, attachments, '') AS few_attachments"
)
ACTION_COLUMNS = (
    "call_name, call_duration_ms / 1000 AS seconds, failed, started_at, ended_at,"
    f" substringUTF8(error_message, 1, {BEGINNING}) AS error"
)
NET = net("ALL")
_WAIT = "(toUnixTimestamp64Milli(answered_at) - toUnixTimestamp64Milli(asked_at))"


@dataclass(frozen=True, slots=True)
class Selection:
    """A list's query; `key` holds the expressions to order by, `key_types` their types."""

    key: tuple[str, ...]
    key_types: tuple[str, ...]
    columns: str
    source: str
    conditions: list[str]
    end: str = ""

    def select(self, columns: str) -> str:
        """Return the query for the key and these columns."""
        keys = ", ".join(f"{expression} AS key_{number}" for number, expression in enumerate(self.key))
        return select(f"{keys}, {columns}" if columns else keys, self.source, self.conditions, self.end)


def milliseconds(column: str) -> str:
    """Return an expression for a time in milliseconds since 1970."""
    return f"toUnixTimestamp64Milli(assumeNotNull({column}))"


class Conversations(TimedQuery):
    """The parameters of the list of conversations."""

    basis: Literal["engaged", "visited", "active", "wrote", "completed"] = Field(
        "engaged", description="What must be in the range; weekday, hour and day use the same time."
    )
    action_name: Name | Absent = Field(None, description="A trimmed action name that was called in the range.")

    def selection(self) -> Selection:
        """Return the list's query."""
        at = "visited_at" if self.basis == "visited" else "engaged_at"
        return Selection(
            (milliseconds(at), "conversation_hash"),
            ("Int64", "UInt64"),
            CONVERSATION_COLUMNS,
            "conversation_facts",
            [SCOPE, *self._in_range(), *self._used(), *self.of_conversation()],
            NET,
        )

    def _in_range(self) -> list[str]:
        if self.basis == "engaged":
            return [*quarter_hours(), *self.within("engaged_at")]
        if self.basis == "visited":
            return self.within("visited_at")
        source = {"active": self._active, "wrote": self._wrote, "completed": self._completed}[self.basis]
        return [f"conversation_hash IN ({source()})"]

    def _active(self) -> str:
        return select("conversation_hash", f"activity_in_range({VIEW_PARAMETERS})", self.at("local_time"))

    def _wrote(self) -> str:
        return _of("events", "type = 'message'", "sender = 'end_user'", *self.within("occurred_at"))

    def _completed(self) -> str:
        complete = ["conversation_closes_at < now64(3)", "conversation_activities >= 2"]
        return _of("session_facts", *complete, *self.within("started_at"), end=net("conversation_hash"))

    def _used(self) -> list[str]:
        if self.action_name is None:
            return []
        used = _of("events", "type = 'action'", "call_name = {action_name:String}", *in_range("occurred_at"))
        return [f"conversation_hash IN ({used})"]


class Messages(TimedQuery):
    """The parameters of the list of messages."""

    sender: Literal["end_user", "agent", "system"] | Absent = Field(
        None, description="Without it, messages of end users and agents: those that total_messages counts."
    )

    def selection(self) -> Selection:
        """Return the list's query."""
        sender = "sender = {sender:String}" if self.sender else "sender IN ('end_user', 'agent')"
        return _events(self, MESSAGE_COLUMNS, ["type = 'message'", sender])


class Actions(TimedQuery):
    """The parameters of the list of actions."""

    action_name: Name | Absent = Field(None, description="A trimmed action name.")
    failed: Truth | Absent = None
    timed: Truth | Absent = Field(None, description="Whether the duration is known.")

    def selection(self) -> Selection:
        """Return the list's query."""
        conditions = ["type = 'action'"]
        if self.action_name is not None:
            conditions.append("call_name = {action_name:String}")
        if self.failed is not None:
            conditions.append("failed = 1" if self.failed == "true" else "failed = 0")
        if self.timed is not None:
            conditions.append(f"call_duration_ms IS {'NOT ' if self.timed == 'true' else ''}NULL")
        return _events(self, ACTION_COLUMNS, conditions)


class Exchanges(TimedQuery):
    """The parameters of the list of exchanges."""

    state: Literal["measured", "not_measured", "unanswered", "waiting"] | Absent = None

    def selection(self) -> Selection:
        """Return the list's query."""
        states = {
            "measured": f"ifNull({_WAIT} >= 5, 0)",
            "not_measured": f"ifNull({_WAIT} < 5, 0)",
            "unanswered": "answered_at IS NULL AND ifNull(closes_at < now64(3), 0)",
            "waiting": "answered_at IS NULL AND NOT ifNull(closes_at < now64(3), 0)",
        }
        state = [states[self.state]] if self.state else []
        return _facts(self, "exchange_facts", "asked_at", EXCHANGE_COLUMNS, state)


class Sessions(TimedQuery):
    """The parameters of the list of sessions."""

    state: Literal["measured", "single_activity", "open"] | Absent = None

    def selection(self) -> Selection:
        """Return the list's query."""
        states = {
            "measured": "closes_at < now64(3) AND activities >= 2",
            "single_activity": "closes_at < now64(3) AND activities < 2",
            "open": "closes_at >= now64(3)",
        }
        return _facts(self, "session_facts", "started_at", SESSION_COLUMNS, [states[self.state]] if self.state else [])


class Customers(ListQuery):
    """The parameters of the list of customers."""

    def selection(self) -> Selection:
        """Return the query of customers with a message in the range, each with the time of the first message ever."""
        pairs = select(
            "customer, conversation_hash",
            f"end_user_activity_in_range({VIEW_PARAMETERS})",
            ["customer != ''", *self.of_rows()],
            net("customer, conversation_hash"),
        )
        wrote = select("customer, count() AS conversations", f"({pairs})", [], "GROUP BY customer")
        known = select(
            "customer, conversation_hash, first_end_user_message_at",
            "conversation_facts",
            [SCOPE, "customer != ''"],
            net("ALL"),
        )
        first = select(
            "customer, min(first_end_user_message_at) AS first_message_at", f"({known})", [], "GROUP BY customer"
        )
        return Selection(
            (milliseconds("first_message_at"), "customer"),
            ("Int64", "String"),
            f"conversations, first_message_at, customer NOT IN {WROTE_BEFORE} AS new",
            f"({wrote}) AS wrote INNER JOIN ({first}) AS first USING (customer)",
            [],
        )


AnyList = Conversations | Messages | Actions | Exchanges | Sessions | Customers


def _of(table: str, *conditions: str, end: str = "") -> str:
    """Return a query for the hashes of the conversations with matching rows."""
    return select("conversation_hash", table, [SCOPE, *quarter_hours(), *conditions], end)


def _events(query: TimedQuery, columns: str, conditions: list[str]) -> Selection:
    return Selection(
        (milliseconds("occurred_at"), "conversation_hash", "event_id"),
        ("Int64", "UInt64", "String"),
        f"conversation_id, occurred_at, {columns}",
        "events",
        [SCOPE, *quarter_hours(), *query.within("occurred_at"), *conditions, *query.of_rows()],
    )


def _facts(query: TimedQuery, table: str, at: str, columns: str, conditions: list[str]) -> Selection:
    return Selection(
        (milliseconds(at), "conversation_hash"),
        ("Int64", "UInt64"),
        columns,
        table,
        [SCOPE, *quarter_hours(), *query.within(at), *conditions, *query.of_rows()],
        NET,
    )
