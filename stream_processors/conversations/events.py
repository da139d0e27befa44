"""Defines `FoldEvent`, the part of an event that the fold reads: its order, its kind and its detail.

Events are ordered as rule 9 of docs/metrics.md says. Everything in a `FoldEvent` is stored with the event in the table
`events`. So folding a conversation again, even after the GeoIP file changed, gives the facts that were written.
"""

from typing import Final, NamedTuple

import msgspec

from stream_processors.conversations.values import Language, Place

# The kinds of events that the fold distinguishes. Activities come first, so that one comparison identifies them.
END_USER_MESSAGE: Final = 0
AGENT_MESSAGE: Final = 1
ACTION: Final = 2
BUTTON: Final = 3
LAST_ACTIVITY: Final = BUTTON
ENGAGEMENT: Final = 4
VISIT: Final = 5
RATING: Final = 6
END: Final = 7
SILENT: Final = 8  # system messages, token usage, ratings by staff: stored, but they change no fact

SENDER_KINDS: Final = {
    "end_user": END_USER_MESSAGE,
    "agent": AGENT_MESSAGE,
    "system": SILENT,
}


class Profile(NamedTuple):
    """The detail of a visited or engaged event; None is unknown and erases nothing (rule 8)."""

    customer: str | None
    place: Place | None
    device: str | None
    source: str | None
    language: Language | None
    rating: str | None


class Call(NamedTuple):
    """The detail of an action."""

    escalates: bool
    failed: bool


# Every possible call, shared by all events.
CALLS: Final = {(escalates, failed): Call(escalates, failed) for escalates in (False, True) for failed in (False, True)}


class FoldEvent(msgspec.Struct, frozen=True, order=True, gc=False):
    """An event, ordered within its conversation by time, then end_user messages first, then by id.

    `occurred_at` is in milliseconds since 1970 UTC; `detail` is a `Profile` of a visit or engagement, a `Call` of an
    action, the verdict of a rating, else None. Ids are unique in a conversation, so no comparison goes past `event_id`.
    """

    occurred_at: int
    rank: int
    event_id: str
    kind: int
    detail: Profile | Call | str | None = None


def rank_of(kind: int) -> int:
    """Return the rank of a kind among events of the same millisecond: end_user messages first."""
    return 0 if kind == END_USER_MESSAGE else 1


# The ranks of all kinds.
RANKS: Final = tuple(map(rank_of, range(SILENT + 1)))
