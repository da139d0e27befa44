"""CompactConversation conversations: one that was not used lately keeps its events alone, in a fraction of the memory.

All facts are a pure function of the events, so a conversation that is needed again folds them again and is as before.
"""

from array import array
from typing import Final

from stream_processors.conversations.conversation import ConversationState
from stream_processors.conversations.events import RANKS, FoldEvent

_SEPARATOR: Final = "\n"  # no id has it


class CompactConversation:
    """The events of one conversation in order, column by column."""

    __slots__ = ("_details", "_ids", "_kinds", "_times", "hash")

    def __init__(self, conversation: ConversationState) -> None:
        events = conversation.events
        self.hash = conversation.hash
        self._times = array("q", [event.occurred_at for event in events]).tobytes()
        self._kinds = bytes([event.kind for event in events])
        self._ids = _SEPARATOR.join([event.event_id for event in events])
        self._details = [(place, event.detail) for place, event in enumerate(events) if event.detail is not None]

    def __len__(self) -> int:
        return len(self._kinds)

    def expand(self, session_gap_ms: int) -> ConversationState:
        """Return the conversation as it was."""
        details = dict(self._details)
        ids = self._ids.split(_SEPARATOR)  # of no events one, which is empty
        columns = zip(array("q", self._times), self._kinds, ids, strict=False)
        return ConversationState(
            session_gap_ms,
            [
                FoldEvent(at, RANKS[kind], event_id, kind, details.get(place))
                for place, (at, kind, event_id) in enumerate(columns)
            ],
            self.hash,
        )
