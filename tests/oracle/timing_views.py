"""The views of response times, durations and tools."""

from tests.oracle.conversations import Conversation
from tests.oracle.events import Event
from tests.oracle.scope import Row, Scope, by_name
from tests.oracle.statistics import mean_seconds, timings


def average_response_time(scope: Scope) -> list[Row]:
    """Return the times from the first message of a burst to its answer."""
    bursts = [
        burst
        for conversation in scope.conversations
        for burst in conversation.exchanges
        if scope.question.covers(burst.asked_at)
    ]
    answered = [burst for burst in bursts if burst.answered_at is not None]
    measured = [burst for burst in answered if burst.is_measured]
    from_first = [(burst.answered_at or 0) - burst.asked_at for burst in measured]
    from_last = [(burst.answered_at or 0) - burst.last_asked_at for burst in measured]
    unanswered = sum(burst.answered_at is None and burst.session.is_closed(scope.question.now) for burst in bursts)
    not_measured = len(answered) - len(measured)
    return [(*timings(from_first), len(measured), mean_seconds(from_last), unanswered, not_measured)]


def average_conversation_duration(scope: Scope) -> list[Row]:
    """Return the durations of closed sessions with two or more activities, and of whole conversations."""
    closed = [session for session in scope.sessions if session.is_closed(scope.question.now)]
    counted = [session for session in closed if len(session.activities) > 1]
    durations = [session.ended_at - session.started_at for session in counted]
    spans = [
        conversation.activities[-1].at - conversation.activities[0].at
        for conversation in scope.conversations
        if _has_span(conversation, scope)
    ]
    return [
        (
            *timings(durations),
            len(counted),
            len(scope.sessions) - len(closed),
            len(closed) - len(counted),
            mean_seconds(spans),
            len(spans),
        )
    ]


def _has_span(conversation: Conversation, scope: Scope) -> bool:
    activities = conversation.activities
    return (
        len(activities) > 1
        and scope.question.covers(activities[0].at)
        and all(session.is_closed(scope.question.now) for session in conversation.sessions)
    )


def tool_usage(scope: Scope) -> list[Row]:
    """Return a row for each action name."""
    calls: dict[str, list[Event]] = {}
    for event in scope.activities():
        if event.type == "action":
            calls.setdefault(event.action_name, []).append(event)
    ordered = sorted(calls.items(), key=lambda item: (-len(item[1]), by_name([item[0]])))
    return [_tool(name, events) for name, events in ordered]


def _tool(name: str, calls: list[Event]) -> Row:
    durations = [call.duration_ms for call in calls if call.duration_ms is not None]
    failed = sum(call.failed for call in calls)
    conversations = {call.key for call in calls}
    unknown = len(calls) - len(durations)
    return (name, len(calls), failed, len(conversations), *timings(durations), len(durations), unknown)
