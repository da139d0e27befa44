"""The fold: computes all facts of a conversation as a pure function of its events.

`Fold.step` takes one event in the order of the conversation. It collects facts that no later event can change in
`Finished`; `open_facts` returns those that can still change. Folding all events again gives the same facts as folding
them as they arrive, because both run through the same step.
"""

import msgspec

from stream_processors.conversations.attributes import Attributes, ConversationFact
from stream_processors.conversations.events import (
    ACTION,
    AGENT_MESSAGE,
    END,
    END_USER_MESSAGE,
    ENGAGEMENT,
    LAST_ACTIVITY,
    RATING,
    VISIT,
    Call,
    FoldEvent,
    Profile,
)
from stream_processors.conversations.exchanges import ExchangeFact, Exchanges
from stream_processors.conversations.sessions import SessionFact, Sessions
from stream_processors.conversations.values import QUARTER_HOUR_MS


class Facts(msgspec.Struct, gc=False):
    """The facts of one conversation, by kind.

    `end_user_activity` has pairs of a quarter-hour with an end_user message, counted since 1970 UTC, and the customer.
    """

    conversations: list[ConversationFact] = []
    sessions: list[SessionFact] = []
    exchanges: list[ExchangeFact] = []
    end_user_activity: list[tuple[int, str | None]] = []


class Finished(msgspec.Struct, gc=False):
    """The facts that steps have finished: no later event in order changes them."""

    sessions: list[SessionFact] = []
    exchanges: list[ExchangeFact] = []


class Fold:
    """The state of one conversation after some of its events in order."""

    __slots__ = ("attributes", "exchanges", "quarter_hours", "sessions")

    def __init__(self, session_gap_ms: int) -> None:
        self.attributes = Attributes()
        self.sessions = Sessions(session_gap_ms)
        self.exchanges = Exchanges()
        self.quarter_hours: list[int] = []  # ascending quarter-hours with an end_user message

    def step(self, event: FoldEvent, finished: Finished) -> None:
        """Take the next event in order."""
        at, kind, detail = event.occurred_at, event.kind, event.detail
        attributes = self.attributes
        if kind <= LAST_ACTIVITY:
            self._step_activity(at, kind, finished)
        if kind <= ENGAGEMENT and attributes.engaged_at is None:
            attributes.engaged_at = at
        if kind == ACTION and isinstance(detail, Call):
            attributes.add_call(detail)
        elif isinstance(detail, Profile):
            attributes.add_profile(detail)
            if kind == VISIT and attributes.visited_at is None:
                attributes.visited_at = at
        elif kind == RATING and isinstance(detail, str):
            attributes.rating = detail
        elif kind == END:
            self.sessions.add_end(at)

    def _step_activity(self, at: int, kind: int, finished: Finished) -> None:
        previous = self.sessions.add_activity(at, finished.sessions)
        if previous is not None:
            self.exchanges.end_session(previous.closes_at(self.sessions.gap), finished.exchanges)
        if kind == END_USER_MESSAGE:
            self._step_end_user_message(at)
        elif kind == AGENT_MESSAGE:
            self.exchanges.add_agent_message(at, finished.exchanges)

    def _step_end_user_message(self, at: int) -> None:
        self.exchanges.add_end_user_message(at)
        if self.attributes.first_end_user_message_at is None:
            self.attributes.first_end_user_message_at = at
        quarter_hour = at // QUARTER_HOUR_MS
        if not self.quarter_hours or self.quarter_hours[-1] != quarter_hour:
            self.quarter_hours.append(quarter_hour)

    def open_facts(self, first_quarter_hour: int = 0) -> Facts:
        """Return the facts that may still change, and the end_user activity from the quarter-hour of that index on."""
        current = self.sessions.current
        closes_at = 0 if current is None else current.closes_at(self.sessions.gap)
        customer = self.attributes.customer
        return Facts(
            [self.attributes.fact()],
            self.sessions.open_facts(),
            self.exchanges.open_facts(closes_at),
            [(quarter_hour, customer) for quarter_hour in self.quarter_hours[first_quarter_hour:]],
        )


def fold_all(events: list[FoldEvent], session_gap_ms: int) -> tuple[Fold, Facts]:
    """Fold events that are in order; return the state and all facts (no facts without events)."""
    fold, finished = Fold(session_gap_ms), Finished()
    for event in events:
        fold.step(event, finished)
    facts = fold.open_facts() if events else Facts()
    facts.sessions += finished.sessions
    facts.exchanges += finished.exchanges
    return fold, facts
