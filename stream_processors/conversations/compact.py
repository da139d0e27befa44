"""Keep idle conversations in memory as their events alone, in a quarter of the space.

`python -m benchmarks.scenarios.object_sizes` compares both forms.

All facts are a pure function of the events, so expanding a compact conversation restores its state exactly.
"""

from array import array
from typing import Final

from stream_processors.conversations.conversation import ConversationState
from stream_processors.conversations.events import RANKS, FoldEvent

_SEPARATOR: Final = "\n"  # event ids are UUIDs


class CompactConversation:
    """The events of one conversation in order, column by column."""

    __slots__ = ("_details", "_ids", "_kinds", "_times", "hash")

    def __init__(self, conversation: ConversationState) -> None:
        events = conversation.events
        self.hash = conversation.hash
        self._times = array("q", [event.occurred_at for event in events]).tobytes()
        self._kinds = bytes([event.kind for event in events])
        self._ids = _SEPARATOR.join([event.event_id for event in events])
        self._details = [(index, event.detail) for index, event in enumerate(events) if event.detail is not None]

    def __len__(self) -> int:
        return len(self._kinds)

    def expand(self, session_gap_ms: int) -> ConversationState:
        """Return the state of the conversation, folded again from its events."""
        details = dict(self._details)
        ids = self._ids.split(_SEPARATOR)  # "" splits into one id, but no column has a value for it
        columns = zip(array("q", self._times), self._kinds, ids, strict=False)
        return ConversationState(
            session_gap_ms,
            [
                FoldEvent(at, RANKS[kind], event_id, kind, details.get(index))
                for index, (at, kind, event_id) in enumerate(columns)
            ],
            self.hash,
        )
