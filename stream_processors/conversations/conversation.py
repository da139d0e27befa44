"""A conversation in memory, and the signed difference that new events make to its facts.

Events that come in order move the fold forward; only the facts that were open are compared. An event that belongs
before others makes the conversation fold all of its events again; then all facts are compared. Either way the result
is the difference between the facts before and after: the old ones with sign -1, the new ones with sign +1.
"""

from collections.abc import Hashable, Iterable, KeysView
from typing import NamedTuple, TypeVar

from stream_processors.conversations.attributes import ConversationFact
from stream_processors.conversations.events import FoldEvent
from stream_processors.conversations.exchanges import ExchangeFact
from stream_processors.conversations.fold import Facts, Finished, fold_all
from stream_processors.conversations.sessions import SessionFact

Fact = TypeVar("Fact", bound=Hashable)
Signed = list[tuple[Fact, int]]


class Changes(NamedTuple):
    """The signed difference between a conversation's facts before and after some events."""

    conversations: Signed[ConversationFact]
    sessions: Signed[SessionFact]
    exchanges: Signed[ExchangeFact]
    end_user_activity: Signed[tuple[int, str | None]]


class ConversationState:
    """The events of one conversation in order, by their ids, and the fold after the last of them."""

    __slots__ = ("_by_id", "_last", "fold", "hash")

    def __init__(self, session_gap_ms: int, events: Iterable[FoldEvent] = (), hash_: int = 0) -> None:
        self.hash = hash_  # that of its key
        self._take(sorted(events), session_gap_ms)

    def _take(self, events: list[FoldEvent], session_gap_ms: int) -> Facts:
        """Become the conversation of events in order, and return all of its facts."""
        self._by_id = {event.event_id: event for event in events}  # takes half of the memory of a list and a set
        self._last = events[-1] if events else None
        self.fold, facts = fold_all(events, session_gap_ms)
        return facts

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def events(self) -> list[FoldEvent]:
        """The events in order."""
        return list(self._by_id.values())

    @property
    def ids(self) -> KeysView[str]:
        """The ids of all events."""
        return self._by_id.keys()

    def absorb(self, events: list[FoldEvent]) -> Changes:
        """Take new events, whose ids are new, in any order; return what they change."""
        events.sort()
        if self._last is not None and events[0] < self._last:
            return self._fold_again(events)
        return self._fold_on(events)

    def _fold_on(self, events: list[FoldEvent]) -> Changes:
        fold, finished = self.fold, Finished()
        quarter_hours, customer = len(fold.quarter_hours), fold.attributes.customer
        before = fold.open_facts(quarter_hours) if self._last is not None else Facts()
        for event in events:
            fold.step(event, finished)
            self._by_id[event.event_id] = event
        self._last = events[-1]
        if fold.attributes.customer != customer:
            before.end_user_activity = [(quarter, customer) for quarter in fold.quarter_hours[:quarter_hours]]
            quarter_hours = 0
        after = fold.open_facts(quarter_hours)
        after.sessions += finished.sessions
        after.exchanges += finished.exchanges
        return difference(before, after)

    def _fold_again(self, events: list[FoldEvent]) -> Changes:
        gap, known = self.fold.sessions.gap, self.events
        _, before = fold_all(known, gap)
        return difference(before, self._take(sorted(known + events), gap))


def difference(before: Facts, after: Facts) -> Changes:
    """Return what takes the facts before back and adds the facts after, without those that are in both."""
    return Changes(
        signed(before.conversations, after.conversations),
        signed(before.sessions, after.sessions),
        signed(before.exchanges, after.exchanges),
        signed(before.end_user_activity, after.end_user_activity),
    )


def signed(before: list[Fact], after: list[Fact]) -> Signed[Fact]:
    """Return facts only before with sign -1 and facts only after with sign +1; facts of a kind are distinct."""
    if not before:
        return [(fact, 1) for fact in after]
    if before == after:
        return []
    old, new = set(before), set(after)
    return [(fact, -1) for fact in before if fact not in new] + [(fact, 1) for fact in after if fact not in old]
