"""The tracking calls, one method per event type. Trackers and conversation handles have all of them.

Each call returns at once. An invalid argument raises InvalidArgument; an unavailable broker or a full queue never
raises. Times are datetimes (a naive one is UTC) or date-time texts of the contract. None means absent.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Literal, ParamSpec, TypeAlias, TypeVar

from convostream.contract.events import Attachment
from convostream.errors import InvalidArgument
from convostream.tracking.context import CurrentConversation
from convostream.tracking.event_builder import EventBuilder
from convostream.tracking.timed_action import TimedAction, check_action_name, timed

P = ParamSpec("P")
R = TypeVar("R")
Moment: TypeAlias = datetime | str
JsonMapping: TypeAlias = Mapping[str, object]

log = logging.getLogger("convostream")


class TrackingMethods(ABC):
    """The tracking calls. Without `conversation_id` they refer to the current conversation."""

    _event_builder: EventBuilder
    _current: CurrentConversation

    @abstractmethod
    def _conversation_of(self, conversation_id: str | None) -> str | None:
        """Return the conversation that a call refers to, None if there is none."""

    def track_human_message(
        self,
        content: str | None,
        *,
        attachments: Sequence[Attachment] = (),
        occurred_at: Moment | None = None,
        metadata: JsonMapping | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Track a message of the end user: a text, attachments, or both."""
        self._message("end_user", content, attachments, occurred_at, metadata, conversation_id)

    def track_agent_message(
        self,
        content: str | None,
        *,
        attachments: Sequence[Attachment] = (),
        occurred_at: Moment | None = None,
        metadata: JsonMapping | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Track a message of the agent: a text, attachments, or both."""
        self._message("agent", content, attachments, occurred_at, metadata, conversation_id)

    def track_system_message(
        self,
        content: str | None,
        *,
        attachments: Sequence[Attachment] = (),
        occurred_at: Moment | None = None,
        metadata: JsonMapping | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Track a system message; metrics do not count it as a message."""
        self._message("system", content, attachments, occurred_at, metadata, conversation_id)

    def track_action(
        self,
        action_name: str,
        *,
        started_at: Moment | None = None,
        ended_at: Moment | None = None,
        duration_ms: float | None = None,
        tools_used: JsonMapping | None = None,
        response: str | None = None,
        error_message: str | None = None,
        occurred_at: Moment | None = None,
        metadata: JsonMapping | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Track one call of a tool; `duration_ms` in milliseconds. A call with an error message counts as failed."""
        own = {
            "action_name": action_name,
            "started_at": started_at,
            "ended_at": ended_at,
            "duration_ms": duration_ms,
            "tools_used": tools_used,
            "response": response,
            "error_message": error_message,
        }
        self._record("action", conversation_id, {**own, "occurred_at": occurred_at, "metadata": metadata})

    def action(self, action_name: str, *, conversation_id: str | None = None) -> TimedAction:
        """Time a `with` block as an action and record its error: `with tracker.action("search") as call: ...`."""
        conversation = self._required(conversation_id)
        self._event_builder.build("action", conversation, {"action_name": action_name})  # raises now, not at the end
        return TimedAction(action_name, partial(self._event_builder.record, "action", conversation))

    def timed_action(self, action_name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Decorate a function or coroutine function so that each call is tracked as an action.

        Calls outside of any conversation are not tracked.
        """
        check_action_name(action_name)
        return lambda function: timed(function, lambda: self._begin(action_name))

    def track_button(
        self,
        button_event: str,
        label: str | None = None,
        value: str | None = None,
        *,
        occurred_at: Moment | None = None,
        metadata: JsonMapping | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Track a click on a button."""
        own = {"button_event": button_event, "label": label, "value": value}
        self._record("button", conversation_id, {**own, "occurred_at": occurred_at, "metadata": metadata})

    def submit_feedback(
        self,
        rating: str | float | bool | JsonMapping,
        comment: str | None = None,
        *,
        rated_by: Literal["customer", "staff"] = "customer",
        occurred_at: Moment | None = None,
        metadata: JsonMapping | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Track a rating of the conversation, like "up", 4, True or {"sentiment": "positive"}."""
        own = {"rating": rating, "comment": comment, "rated_by": rated_by}
        self._record("feedback", conversation_id, {**own, "occurred_at": occurred_at, "metadata": metadata})

    def track_token_usage(
        self,
        *,
        prompt_tokens: int | None = None,
        completion_tokens: int | None = None,
        total_tokens: int | None = None,
        embedding_tokens: int | None = None,
        model: str | None = None,
        occurred_at: Moment | None = None,
        metadata: JsonMapping | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Track the tokens that a model call used."""
        own = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": total_tokens,
            "embedding_tokens": embedding_tokens,
            "model": model,
        }
        self._record("token_usage", conversation_id, {**own, "occurred_at": occurred_at, "metadata": metadata})

    def end_conversation(
        self,
        *,
        occurred_at: Moment | None = None,
        metadata: JsonMapping | None = None,
        conversation_id: str | None = None,
    ) -> None:
        """Track an explicit end of the conversation."""
        ended = self._required(conversation_id)
        self._event_builder.record("conversation_ended", ended, {"occurred_at": occurred_at, "metadata": metadata})
        self._current.end(ended)

    def _message(
        self,
        sender: str,
        content: str | None,
        attachments: Sequence[Attachment],
        occurred_at: Moment | None,
        metadata: JsonMapping | None,
        conversation_id: str | None,
    ) -> None:
        own = {"sender": sender, "content": content, "attachments": attachments or None}
        self._record("message", conversation_id, {**own, "occurred_at": occurred_at, "metadata": metadata})

    def _record(self, kind: str, conversation_id: str | None, own: Mapping[str, object]) -> None:
        self._event_builder.record(kind, self._required(conversation_id), own)

    def _required(self, conversation_id: str | None) -> str:
        current_id = self._conversation_of(conversation_id)
        if current_id is None:
            allowed = (
                "there is no current conversation; pass conversation_id, or call get_or_create_conversation before"
            )
            raise InvalidArgument("conversation_id", None, allowed)
        return current_id

    def _begin(self, action_name: str) -> TimedAction | None:
        conversation_id = self._conversation_of(None)
        if conversation_id is None:
            log.debug("a call of a timed action outside of any conversation is not tracked")
            return None
        return self.action(action_name, conversation_id=conversation_id)
