"""Keeps a conversation in memory and computes the signed facts that new events cause.

Events that arrive in order advance the fold, and only the facts that were open are compared. A late event makes the
conversation fold all of its events again, and all facts are compared. Both give the same result, so the order of
arrival does not matter (rule 4 of docs/metrics.md): facts that no longer hold with sign -1, new facts with sign +1.
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
    """The signed facts of a conversation that some events caused, by kind."""

    conversations: Signed[ConversationFact]
    sessions: Signed[SessionFact]
    exchanges: Signed[ExchangeFact]
    end_user_activity: Signed[tuple[int, str | None]]


class ConversationState:
    """The events of one conversation in order, by id, and the fold after the last event."""

    __slots__ = ("_by_id", "_last", "fold", "hash")

    def __init__(self, session_gap_ms: int, events: Iterable[FoldEvent] = (), hash_: int = 0) -> None:
        self.hash = hash_  # the hash of its key
        self._fold_all(sorted(events), session_gap_ms)

    def _fold_all(self, events: list[FoldEvent], session_gap_ms: int) -> Facts:
        """Replace the events and the fold; return all facts of the events, which are in order."""
        self._by_id = {event.event_id: event for event in events}  # half the memory of a list and a set
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
        """Add events with new ids in any order; return the signed facts that they cause."""
        events.sort()
        if self._last is not None and events[0] < self._last:
            return self._refold(events)
        return self._append(events)

    def _append(self, events: list[FoldEvent]) -> Changes:
        fold, finished = self.fold, Finished()
        count, customer = len(fold.quarter_hours), fold.attributes.customer
        before = fold.open_facts(count) if self._last is not None else Facts()
        for event in events:
            fold.step(event, finished)
            self._by_id[event.event_id] = event
        self._last = events[-1]
        if fold.attributes.customer != customer:
            before.end_user_activity = [(quarter_hour, customer) for quarter_hour in fold.quarter_hours[:count]]
            count = 0
        after = fold.open_facts(count)
        after.sessions += finished.sessions
        after.exchanges += finished.exchanges
        return difference(before, after)

    def _refold(self, events: list[FoldEvent]) -> Changes:
        gap, earlier = self.fold.sessions.gap, self.events
        _, before = fold_all(earlier, gap)
        return difference(before, self._fold_all(sorted(earlier + events), gap))


def difference(before: Facts, after: Facts) -> Changes:
    """Return the signed facts that turn the facts before into the facts after."""
    return Changes(
        signed(before.conversations, after.conversations),
        signed(before.sessions, after.sessions),
        signed(before.exchanges, after.exchanges),
        signed(before.end_user_activity, after.end_user_activity),
    )


def signed(before: list[Fact], after: list[Fact]) -> Signed[Fact]:
    """Return the facts only before with sign -1 and the facts only after with sign +1; facts of a kind are distinct."""
    if not before:
        return [(fact, 1) for fact in after]
    if before == after:
        return []
    old, new = set(before), set(after)
    return [(fact, -1) for fact in before if fact not in new] + [(fact, 1) for fact in after if fact not in old]
