"""The current conversation, in a context variable, so that threads and tasks do not see each other's.

A conversation becomes the current one when it is opened, or for the duration of a `with` block.
"""

from contextvars import ContextVar
from typing import NamedTuple


class _Place(NamedTuple):
    opened: str | None
    entered: tuple[str, ...]


_NOWHERE = _Place(None, ())


class CurrentConversation:
    """The current conversation of one tracker; each context has its own."""

    def __init__(self) -> None:
        self._place: ContextVar[_Place] = ContextVar("convostream_conversation", default=_NOWHERE)

    def get(self) -> str | None:
        """Return the id of the current conversation, None if there is none."""
        place = self._place.get()
        if place.opened is not None:
            return place.opened
        return place.entered[-1] if place.entered else None

    def open(self, conversation_id: str) -> None:
        """Make a conversation the current one until another is opened or the enclosing block ends."""
        self._place.set(_Place(conversation_id, self._place.get().entered))

    def end(self, conversation_id: str) -> None:
        """Forget a conversation that was opened."""
        place = self._place.get()
        if place.opened == conversation_id:
            self._place.set(_Place(None, place.entered))

    def enter(self, conversation_id: str) -> None:
        """Start a block in which this conversation is the current one."""
        self._place.set(_Place(None, (*self._place.get().entered, conversation_id)))

    def leave(self) -> None:
        """End the innermost block."""
        self._place.set(_Place(None, self._place.get().entered[:-1]))
