"""The expected rows of metric views for a list of messages, computed without SQL."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message of a conversation; the customer is '' if unknown."""

    at: int
    conversation: str
    sender: str
    customer: str


def local(at: int, zone: ZoneInfo) -> datetime:
    """Return the local time of that millisecond in the zone."""
    return (EPOCH + timedelta(milliseconds=at)).astimezone(zone)


def first_times(messages: Iterable[SentMessage], key: str) -> dict[str, int]:
    """Return the earliest time of each conversation or customer."""
    times: dict[str, int] = {}
    for message in messages:
        name = getattr(message, key)
        times[name] = min(message.at, times.get(name, message.at))
    return times


def total_messages(messages: list[SentMessage], since: int, until: int) -> dict[str, int]:
    """Return the row of total_messages."""
    senders = Counter(message.sender for message in messages if since <= message.at < until)
    return {
        "messages": senders.total(),
        "end_user_messages": senders["end_user"],
        "agent_messages": senders["agent"],
    }


def peak_hours(
    messages: list[SentMessage], since: int, until: int, zone: ZoneInfo
) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the cells of peak_hours that are not empty."""
    spoken = Counter(_cell(message.at, zone) for message in messages if since <= message.at < until)
    engaged = Counter(_cell(at, zone) for at in first_times(messages, "conversation").values() if since <= at < until)
    return {cell: (spoken[cell], engaged[cell]) for cell in spoken.keys() | engaged.keys()}


def _cell(at: int, zone: ZoneInfo) -> tuple[int, int]:
    moment = local(at, zone)
    return moment.isoweekday(), moment.hour


def daily_overview(
    messages: list[SentMessage], since: int, until: int, zone: ZoneInfo
) -> dict[date, tuple[int, int, int]]:
    """Return all rows of daily_overview."""
    inside = [message for message in messages if since <= message.at < until]
    spoken = Counter(local(message.at, zone).date() for message in inside)
    active = Counter(day for day, _ in {(local(m.at, zone).date(), m.conversation) for m in inside})
    begun = [at for at in first_times(messages, "conversation").values() if since <= at < until]
    new = Counter(local(at, zone).date() for at in begun)
    return {day: (spoken[day], active[day], new[day]) for day in days(since, until, zone)}


def days(since: int, until: int, zone: ZoneInfo) -> list[date]:
    """Return the local days that the range touches, sampled every 15 minutes."""
    if since >= until:
        return []
    moments = [*range(since, until, 900_000), until - 1]
    return sorted({local(at, zone).date() for at in moments})


def individual_users(messages: list[SentMessage], since: int, until: int) -> dict[str, int]:
    """Return the row of individual_users."""
    written = [message for message in messages if message.sender == "end_user"]
    inside = [message for message in written if since <= message.at < until]
    users = {message.customer for message in inside} - {""}
    first = first_times(written, "customer")
    new = sum(first[user] >= since for user in users)
    return {
        "users": len(users),
        "new_users": new,
        "returning_users": len(users) - new,
        "anonymous_conversations": len({message.conversation for message in inside if not message.customer}),
    }
