"""The views that count messages, conversations and days."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from tests.oracle.date_times import local
from tests.oracle.scope import Question, Row, Scope

HOUR_MS = 3_600_000


def total_messages(scope: Scope) -> list[Row]:
    """Count messages, also by sender."""
    from_end_user = sum(message.is_from("end_user") for message in scope.messages)
    return [(len(scope.messages), from_end_user, len(scope.messages) - from_end_user)]


def total_conversations(scope: Scope) -> list[Row]:
    """Count engaged and active conversations, and sessions started."""
    active = {event.key for event in scope.activities()}
    return [(len(scope.engaged), len(active), len(scope.sessions))]


def peak_hours(scope: Scope) -> list[Row]:
    """Return the matrix of weekdays and hours."""
    zone = scope.question.zone
    cells = {(weekday, hour): [0, 0] for weekday in range(1, 8) for hour in range(24)}
    moments = [(message.at, 0) for message in scope.messages]
    moments += [(conversation.engaged_at or 0, 1) for conversation in scope.engaged]
    for at, column in moments:
        clock = local(at, zone)
        cells[clock.isoweekday(), clock.hour][column] += 1
    return [(weekday, hour, *counts) for (weekday, hour), counts in sorted(cells.items())]


def daily_overview(scope: Scope) -> list[Row]:
    """Return a row for each local day that the range touches."""
    zone = scope.question.zone
    messages = Counter(local(message.at, zone).date() for message in scope.messages)
    active = Counter(day for day, _ in {(local(event.at, zone).date(), event.key) for event in scope.activities()})
    new = Counter(local(conversation.engaged_at or 0, zone).date() for conversation in scope.engaged)
    days = sorted(set(_days(scope.question)))
    return [(day.isoformat(), messages[day], active[day], new[day]) for day in days]


def _days(question: Question) -> Iterator[date]:
    if question.since < question.until:
        for at in (*range(question.since, question.until, HOUR_MS), question.until - 1):
            yield local(at, question.zone).date()
