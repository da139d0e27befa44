"""Build an event from arguments, validate it against the contract and hand its record to the transport.

Everything happens on the caller's thread and takes microseconds. The JSON is encoded here too, so later changes of a
dict that the caller passed have no effect, and the queue knows its size in bytes.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from convostream.contract.date_times import epoch_milliseconds, format_date_time
from convostream.contract.event_ids import new_event_id
from convostream.contract.events import EVENT_MODELS, Event, validate_event
from convostream.contract.wire import record_of
from convostream.errors import InvalidArgument, InvalidEvent
from convostream.transport.interface import Transport

_TIMES: Final = ("occurred_at", "started_at", "ended_at")
_PLAIN: Final = (str, dict, float, int)
_OBJECTS: Final = ("metadata", "tools_used", "rating")


class EventBuilder:
    """Build the events of one agent in one environment."""

    def __init__(
        self, agent_id: str, environment: str, transport: Transport, *, clock_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.transport: Final = transport
        self._scope: Final[dict[str, object]] = {"schema_version": 1, "agent_id": agent_id, "environment": environment}
        self._clock_ns = clock_ns
        self.build("conversation_ended", "-", {})  # raises if the agent id or the environment is invalid

    def record(self, kind: str, conversation_id: str, own: Mapping[str, object]) -> None:
        """Build an event of a type and hand it to the transport; None means absent.

        Raises InvalidArgument if the contract does not allow the event.
        """
        self.transport.send(record_of(self.build(kind, conversation_id, own)))

    def build(self, kind: str, conversation_id: str, own: Mapping[str, object]) -> dict[str, object]:
        """Return the complete, validated event."""
        fields = {"event_id": new_event_id(), "type": kind, **self._scope, "conversation_id": conversation_id}
        for name, value in own.items():
            if value is not None:
                fields[name] = value if type(value) in _PLAIN else _plain(name, value)
        if "occurred_at" not in fields:
            fields["occurred_at"] = format_date_time(self._clock_ns() // 1_000_000)
        try:
            validate_event(fields)
        except InvalidEvent as error:
            refusal = _as_argument(error, fields)
        else:
            return fields
        raise refusal  # outside of the handler, so that the context of this error does not contain the values

    def emit(self, event: Event) -> None:
        """Hand a complete event to the transport."""
        if not isinstance(event, EVENT_MODELS):
            raise InvalidArgument("event", event, "allowed is an event model of convostream")
        self.transport.send(record_of(event.model_dump(exclude_none=True)))


def _plain(name: str, value: object) -> object:
    """Convert Python values for JSON: a datetime to text, any mapping to a dict, a tuple to a list."""
    if isinstance(value, datetime) and name in _TIMES:
        return format_date_time(epoch_milliseconds(value))
    if isinstance(value, Mapping) and name in _OBJECTS:
        return dict(value)
    if isinstance(value, tuple) and name == "attachments":
        return list(value)
    return value


def _as_argument(error: InvalidEvent, fields: Mapping[str, object]) -> InvalidArgument:
    problem = error.problems[0]
    given = fields.get(problem.field.partition("[")[0])
    return InvalidArgument(problem.field, given, f"{problem.problem}; {problem.allowed}")
