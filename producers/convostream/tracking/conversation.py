"""The handle of one conversation: all tracking calls, without naming the conversation again."""

from types import TracebackType
from typing import Self

from convostream.errors import InvalidArgument
from convostream.tracking.calls import Tracking
from convostream.tracking.context import CurrentConversation
from convostream.tracking.event_builder import Recorder


class Conversation(Tracking):
    """One conversation. Its `with` block makes it the current conversation of the tracker it comes from."""

    def __init__(self, conversation_id: str, recorder: Recorder, current: CurrentConversation) -> None:
        self.conversation_id = conversation_id
        self._recorder = recorder
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
