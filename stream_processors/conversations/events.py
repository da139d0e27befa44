"""What the fold sees of an event: its place in the order of a conversation, what it is, and what it tells.

Everything in a `FoldEvent` is stored with the event in `events`, so that a conversation that is folded again
later, under another GeoIP file or another setting, gives the facts that were written.
"""

from typing import Final, NamedTuple

import msgspec

from stream_processors.conversations.values import Language, Place

# The kinds of events that the fold tells apart. Activities come first, so that one comparison finds them.
END_USER_MESSAGE: Final = 0
AGENT_MESSAGE: Final = 1
ACTION: Final = 2
BUTTON: Final = 3
LAST_ACTIVITY: Final = BUTTON
ENGAGEMENT: Final = 4
VISIT: Final = 5
RATING: Final = 6
END: Final = 7
SILENT: Final = 8  # system messages, token usage, ratings by staff: kept, but they change no fact


SENDER_KINDS: Final = {
    "end_user": END_USER_MESSAGE,
    "agent": AGENT_MESSAGE,
    "system": SILENT,
}


class Profile(NamedTuple):
    """What a visited or engaged event tells of its conversation; None is "no opinion" and erases nothing."""

    customer: str | None
    place: Place | None
    device: str | None
    source: str | None
    language: Language | None
    rating: str | None


class Call(NamedTuple):
    """What an action tells of its conversation."""

    escalates: bool
    failed: bool


# All calls there are.
CALLS: Final = {(escalates, failed): Call(escalates, failed) for escalates in (False, True) for failed in (False, True)}


class FoldEvent(msgspec.Struct, frozen=True, order=True, gc=False):
    """An event in the order of its conversation: by time, end_user messages before all else, then by id.

    `occurred_at` is in milliseconds since 1970 UTC; `detail` is a `Profile` of a visit or engagement, a `Call` of an
    action, the verdict of a rating, else None. Ids are unique in a conversation, so comparing ends at `event_id`.
    """

    occurred_at: int
    rank: int
    event_id: str
    kind: int
    detail: Profile | Call | str | None = None


def rank_of(kind: int) -> int:
    """Return the place of a kind among events of the same millisecond."""
    return 0 if kind == END_USER_MESSAGE else 1


# The ranks of all kinds.
RANKS: Final = tuple(map(rank_of, range(SILENT + 1)))
