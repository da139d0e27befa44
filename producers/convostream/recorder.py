"""From arguments to a record: completes an event, checks it against the contract and hands it to the transport.

All of it happens on the caller's thread and takes microseconds. The JSON is made here too, so what the caller changes
afterwards in a dict that it passed does not matter, and the buffer knows the bytes it holds.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from convostream.date_times import epoch_milliseconds, format_date_time
from convostream.errors import InvalidArgument, InvalidEvent
from convostream.event_ids import new_event_id
from convostream.events import EVENT_MODELS, Event, validate_event
from convostream.transport import Transport
from convostream.wire import record_of

_TIMES: Final = ("occurred_at", "started_at", "ended_at")
_OBJECTS: Final = ("metadata", "tools_used", "rating")


class Recorder:
    """Makes the events of one agent in one environment."""

    def __init__(
        self, agent_id: str, environment: str, transport: Transport, *, clock_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.transport: Final = transport
        self._scope: Final[dict[str, object]] = {"schema_version": 1, "agent_id": agent_id, "environment": environment}
        self._clock_ns = clock_ns
        self.complete("conversation_ended", "-", {})  # raises when the agent or the environment is none

    def record(self, kind: str, conversation_id: str, own: Mapping[str, object]) -> None:
        """Make an event of this type with its own fields and hand it over; None is absent.

        Raises InvalidArgument when the contract does not allow the event.
        """
        self.transport.send(record_of(self.complete(kind, conversation_id, own)))

    def complete(self, kind: str, conversation_id: str, own: Mapping[str, object]) -> dict[str, object]:
        """Return the event that these fields make, all of its fields there and checked."""
        fields: dict[str, object] = {"event_id": new_event_id(), "type": kind, "conversation_id": conversation_id}
        fields.update({name: value for name, value in own.items() if value is not None})
        _make_plain(fields)
        if "occurred_at" not in fields:
            fields["occurred_at"] = format_date_time(self._clock_ns() // 1_000_000)
        fields.update(self._scope)
        _check(fields)
        return fields

    def emit(self, event: Event) -> None:
        """Hand over a ready event."""
        if not isinstance(event, EVENT_MODELS):
            raise InvalidArgument("event", event, "allowed is an event model of convostream")
        self.transport.send(record_of(event.model_dump(exclude_none=True)))


def _make_plain(fields: dict[str, object]) -> None:
    """Turn what Python callers pass into JSON: datetimes into text, other mappings into dicts, tuples into lists."""
    for name in _TIMES:
        if isinstance(moment := fields.get(name), datetime):
            fields[name] = format_date_time(epoch_milliseconds(moment))
    for name in _OBJECTS:
        if isinstance(mapping := fields.get(name), Mapping):
            fields[name] = dict(mapping)
    attachments = fields.get("attachments")
    if isinstance(attachments, tuple):
        fields["attachments"] = list(attachments)


def _check(fields: dict[str, object]) -> None:
    try:
        validate_event(fields)
    except InvalidEvent as error:
        found = error.problems[0]
        given = fields.get(found.field.partition("[")[0])
        raise InvalidArgument(found.field, given, f"{found.problem}; {found.allowed}") from None
