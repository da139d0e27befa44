"""A conversation: everything that its events say about it as a whole, whatever the range."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from tests.oracle.attributes import Verdict, read_customer, read_device, read_rating, read_source
from tests.oracle.events import ConversationKey, Event
from tests.oracle.languages import read_language
from tests.oracle.places import UNKNOWN_PLACE, Locate, Place, first_public_address
from tests.oracle.records import Settings
from tests.oracle.sessions import Exchange, Session, exchanges, split_sessions
from tests.oracle.white_space import trim

Known = TypeVar("Known")
OPENING = {"conversation_visited", "conversation_engaged"}


@dataclass(frozen=True)
class Conversation:
    """All events of one agent's, one environment's and one conversation id's, in the order of rule 9."""

    key: ConversationKey
    events: list[Event]
    settings: Settings
    locate: Locate

    @cached_property
    def activities(self) -> list[Event]:
        """Messages, actions and button clicks."""
        return [event for event in self.events if event.is_activity]

    @cached_property
    def end_user_messages(self) -> list[Event]:
        """Messages of the end user."""
        return [event for event in self.events if event.is_from("end_user")]

    @cached_property
    def actions(self) -> list[Event]:
        """The calls of tools."""
        return [event for event in self.events if event.type == "action"]

    @cached_property
    def engaged_at(self) -> int | None:
        """The earliest engaging event."""
        return min((event.at for event in self.events if event.engages), default=None)

    @cached_property
    def visited_at(self) -> int | None:
        """The earliest visit."""
        return min((event.at for event in self.events if event.type == "conversation_visited"), default=None)

    @cached_property
    def sessions(self) -> list[Session]:
        """Its sessions in order."""
        ends = [event.at for event in self.events if event.type == "conversation_ended"]
        return split_sessions(self.activities, ends, self.settings.session_gap_ms)

    @cached_property
    def exchanges(self) -> list[Exchange]:
        """The bursts of all sessions."""
        return [exchange for session in self.sessions for exchange in exchanges(session)]

    @cached_property
    def customer(self) -> str | None:
        """The last known customer."""
        return _last(self._known("customer_id", read_customer))

    @cached_property
    def device(self) -> str:
        """The last known device."""
        return _last(self._known("device", read_device)) or "unknown"

    @cached_property
    def source(self) -> str:
        """The channel that started it: the first known one."""
        return next(self._known("source", read_source), "unknown")

    @cached_property
    def language(self) -> tuple[str, str]:
        """The last known language with its region."""
        return _last(self._known("language", read_language)) or ("unknown", "unknown")

    @cached_property
    def place(self) -> Place:
        """The place of the first public address."""
        address = next(self._known("customer_ip_address", first_public_address), None)
        return UNKNOWN_PLACE if address is None else self.locate(address)

    @cached_property
    def verdict(self) -> Verdict | None:
        """The latest customer rating, None when there is none."""
        return _last(read_rating(rating) for rating in self._ratings())

    @cached_property
    def escalations(self) -> list[Event]:
        """The escalation actions."""
        names = {trim(name).casefold() for name in self.settings.escalation_actions}
        return [action for action in self.actions if action.action_name.casefold() in names]

    def _known(self, field: str, read: Callable[[str], Known | None]) -> Iterator[Known]:
        for event in self.events:
            if event.type in OPENING and (known := read(event.text(field))) is not None:
                yield known

    def _ratings(self) -> Iterator[object]:
        for event in self.events:
            metadata = event.fields.get("metadata")
            if event.type == "feedback" and event.fields.get("rated_by", "customer") == "customer":
                yield event.fields["rating"]
            elif event.type in OPENING and isinstance(metadata, dict) and metadata.get("feedback") is not None:
                yield metadata["feedback"]


def _last(values: Iterable[Known]) -> Known | None:
    last = None
    for value in values:
        last = value
    return last


def gather(events: Iterable[Event], settings: Settings, locate: Locate) -> list[Conversation]:
    """Return the conversations of events in any order."""
    found: dict[ConversationKey, list[Event]] = {}
    for event in events:
        found.setdefault(event.key, []).append(event)
    return [
        Conversation(key, sorted(events, key=lambda event: event.order), settings, locate)
        for key, events in found.items()
    ]
