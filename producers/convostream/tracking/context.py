"""Which conversation is the current one: kept in a context variable, so threads and tasks never see each other's.

A conversation becomes current when it is opened, or for the length of a `with` block.
"""

from contextvars import ContextVar
from typing import NamedTuple


class _Place(NamedTuple):
    opened: str | None
    entered: tuple[str, ...]


_NOWHERE = _Place(None, ())


class CurrentConversation:
    """The current conversation of one tracker, in each context its own."""

    def __init__(self) -> None:
        self._place: ContextVar[_Place] = ContextVar("convostream_conversation", default=_NOWHERE)

    def get(self) -> str | None:
        """Return the id of the current conversation, if there is one."""
        place = self._place.get()
        if place.opened is not None:
            return place.opened
        return place.entered[-1] if place.entered else None

    def open(self, conversation_id: str) -> None:
        """Make a conversation the current one until another is opened or the enclosing block ends."""
        self._place.set(_Place(conversation_id, self._place.get().entered))

    def end(self, conversation_id: str) -> None:
        """Let go of a conversation that was opened."""
        place = self._place.get()
        if place.opened == conversation_id:
            self._place.set(_Place(None, place.entered))

    def enter(self, conversation_id: str) -> None:
        """Begin a block in which this conversation is the current one."""
        self._place.set(_Place(None, (*self._place.get().entered, conversation_id)))

    def leave(self) -> None:
        """End the innermost block."""
        self._place.set(_Place(None, self._place.get().entered[:-1]))
