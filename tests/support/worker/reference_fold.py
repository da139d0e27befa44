"""Compute the facts of a conversation from the definitions, without state, to compare the fold with."""

from collections.abc import Callable
from typing import TypeVar

from stream_processors.conversations import events as kinds
from stream_processors.conversations.attributes import ConversationFact
from stream_processors.conversations.events import Call, FoldEvent, Profile
from stream_processors.conversations.exchanges import ExchangeFact
from stream_processors.conversations.fold import Facts
from stream_processors.conversations.sessions import SessionFact
from tests.oracle.events import Event
from tests.oracle.sessions import Exchange, Session, exchanges, split_sessions

Known = TypeVar("Known")

TYPES: dict[int, tuple[str, dict[str, object]]] = {
    kinds.END_USER_MESSAGE: ("message", {"sender": "end_user"}),
    kinds.AGENT_MESSAGE: ("message", {"sender": "agent"}),
    kinds.ACTION: ("action", {}),
    kinds.BUTTON: ("button", {}),
    kinds.ENGAGEMENT: ("conversation_engaged", {}),
    kinds.VISIT: ("conversation_visited", {}),
    kinds.RATING: ("feedback", {}),
    kinds.END: ("conversation_ended", {}),
    kinds.SILENT: ("token_usage", {}),
}


def facts_by_definition(events: list[FoldEvent], gap: int) -> Facts:
    """Return all facts of a conversation with at least one event, in any order."""
    by_id = {event.event_id: event for event in events}
    ordered = sorted(map(_oracle_event, events), key=lambda event: event.order)
    ends = [event.at for event in ordered if event.type == "conversation_ended"]
    sessions = split_sessions([event for event in ordered if event.is_activity], ends, gap)
    fact = _conversation_fact([by_id[event.event_id] for event in ordered], ordered)
    quarter_hours = {event.at // 900_000 for event in ordered if event.is_from("end_user")}
    return Facts(
        [fact],
        _session_facts(sessions, gap),
        [_exchange_fact(found, gap) for session in sessions for found in exchanges(session)],
        [(quarter, fact.customer) for quarter in quarter_hours],
    )


def _oracle_event(event: FoldEvent) -> Event:
    type_, fields = TYPES[event.kind]
    at = event.occurred_at
    return Event(("a", "production", "c"), event.event_id, type_, at, received_at=at, fields=fields)


def _session_facts(sessions: list[Session], gap: int) -> list[SessionFact]:
    facts = []
    for session in sessions:
        last = session.last_activity_at
        end = min((end for end in session.ends if end - last <= gap), default=None)
        facts.append(SessionFact(session.started_at, last, end, _closes_at(session, gap), len(session.activities)))
    if facts:
        facts[0] = facts[0]._replace(
            conversation_last_activity_at=facts[-1].last_activity_at,
            conversation_activities=sum(fact.activities for fact in facts),
            conversation_closes_at=max(fact.closes_at for fact in facts),
        )
    return facts


def _closes_at(session: Session, gap: int) -> int:
    return 0 if session.ends else session.last_activity_at + gap


def _exchange_fact(found: Exchange, gap: int) -> ExchangeFact:
    closes_at = _closes_at(found.session, gap) if found.answered_at is None else None
    return ExchangeFact(found.asked_at, found.last_asked_at, found.answered_at, closes_at)


def _conversation_fact(events: list[FoldEvent], ordered: list[Event]) -> ConversationFact:
    profiles = [event.detail for event in events if isinstance(event.detail, Profile)]
    calls = [event.detail for event in events if isinstance(event.detail, Call)]
    escalations = [call for call in calls if call.escalates]
    return ConversationFact(
        engaged_at=min((event.at for event in ordered if event.engages), default=None),
        visited_at=min((event.at for event in ordered if event.type == "conversation_visited"), default=None),
        first_end_user_message_at=min((event.at for event in ordered if event.is_from("end_user")), default=None),
        customer=_last(profiles, lambda profile: profile.customer),
        place=_last(profiles[::-1], lambda profile: profile.place),
        device=_last(profiles, lambda profile: profile.device),
        source=_last(profiles[::-1], lambda profile: profile.source),
        language=_last(profiles, lambda profile: profile.language),
        rating=_last(events, _rating),
        escalated=bool(escalations),
        escalation_failed=any(call.failed for call in escalations),
    )


def _rating(event: FoldEvent) -> str | None:
    return event.detail.rating if isinstance(event.detail, Profile) else _text(event.detail)


def _text(detail: object) -> str | None:
    return detail if isinstance(detail, str) else None


def _last(items: list[FoldEvent] | list[Profile], read: Callable[..., Known | None]) -> Known | None:
    known = [value for value in map(read, items) if value is not None]
    return known[-1] if known else None
