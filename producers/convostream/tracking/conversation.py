"""The handle of one conversation: all tracking calls, without repeating its id."""

from types import TracebackType
from typing import Self

from convostream.errors import InvalidArgument
from convostream.tracking.calls import TrackingMethods
from convostream.tracking.context import CurrentConversation
from convostream.tracking.event_builder import EventBuilder


class Conversation(TrackingMethods):
    """One conversation. A `with` block makes it the current conversation of its tracker."""

    def __init__(self, conversation_id: str, recorder: EventBuilder, current: CurrentConversation) -> None:
        self.conversation_id = conversation_id
        self._event_builder = recorder
        self._current = current

    def __enter__(self) -> Self:
        self._current.enter(self.conversation_id)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._current.leave()

    def __repr__(self) -> str:
        return f"Conversation({self.conversation_id!r})"

    def _conversation_of(self, conversation_id: str | None) -> str:
        if conversation_id is not None and conversation_id != self.conversation_id:
            raise InvalidArgument(
                "conversation_id", conversation_id, "allowed is the id of this handle's conversation alone"
            )
        return self.conversation_id
