"""Assign what a transcript does not have: the customer, the channel and the rating of a conversation."""

from dataclasses import dataclass
from typing import Final

from examples.demo.customers import customer_of
from examples.demo.deterministic_random import Weighted, chance
from examples.demo.schedule import age
from examples.demo.transcripts import Transcript

Rating = str | float | bool | dict[str, object]

_SOURCES: Final = Weighted[str | None](
    [
        ("web", 44),
        ("Web", 5),
        ("whatsapp", 18),
        (" WhatsApp ", 4),
        ("email", 9),
        ("telegram", 7),
        ("messenger", 6),
        ("phone", 4),
        (None, 3),
    ]
)
_CUSTOMER_IDS: Final = Weighted([("own", 84), ("absent", 11), ("anonymous", 3), ("null", 2)])
_WITH_A_WIDGET: Final = frozenset({"web", "messenger"})
_WITHOUT_A_SCREEN: Final = frozenset({"email", "phone"})
_GOOD: Final = Weighted[Rating](
    [("up", 30), (5, 24), (4, 12), (True, 8), ("positive", 8), ({"sentiment": "positive"}, 8), ("5.0", 4), ("Good ", 6)]
)
_MIDDLING: Final = Weighted[Rating]([(3, 6), ("neutral", 5), ({"rating": 3}, 2)])
_BAD: Final = Weighted[Rating]([("down", 12), (1, 8), (2, 5), (False, 3), ({"score": 1}, 3), ("dislike", 2)])
_UNREADABLE: Final = Weighted[Rating]([("meh", 2), (11, 1)])
_MOODS_WHEN_SOLVED: Final = Weighted([(_GOOD, 79), (_MIDDLING, 9), (_BAD, 10), (_UNREADABLE, 2)])
_MOODS_ELSE: Final = Weighted([(_GOOD, 18), (_MIDDLING, 20), (_BAD, 60), (_UNREADABLE, 2)])


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes that a conversation begins with; None is not sent."""

    conversation_id: str
    customer_id: str | None
    customer_ip_address: str | None
    device: str | None
    source: str | None
    language: str | None

    @property
    def channel(self) -> str:
        """Return the source as the metrics count it."""
        return (self.source or "").strip().lower()

    @property
    def has_widget(self) -> bool:
        """Return whether people open a widget on this channel before they write."""
        return self.channel in _WITH_A_WIDGET


def attributes_of(transcript: Transcript, copy: str) -> Attributes:
    """Return the attributes of one copy of a transcript.

    On WhatsApp a customer has one conversation for good (a phone number). Elsewhere each copy is a conversation.
    """
    key = (transcript.id, copy)
    customer = customer_of(transcript.language, age(*key), *key)
    source = _SOURCES.choose("source", *key)
    channel = (source or "").strip().lower()
    kind = _CUSTOMER_IDS.choose("customer id", *key)
    customer_id = customer.customer_id if kind == "own" else None if kind == "absent" else kind
    is_number = channel == "whatsapp" and kind == "own"
    return Attributes(
        f"whatsapp-{customer.customer_id}" if is_number else f"{transcript.short_id}-{copy}",
        customer_id,
        None if channel in _WITHOUT_A_SCREEN else customer.customer_ip_address,
        None if channel in _WITHOUT_A_SCREEN else customer.device,
        source,
        customer.language,
    )


def rating_of(transcript: Transcript, copy: str, time: int) -> Rating | None:
    """Return how the customer rates the conversation the first or the second time, if at all.

    The simulation says whether the task was solved; ratings are better then.
    """
    key = (transcript.id, copy, time)
    if not chance(0.42 if time == 1 else 0.12, "rates", *key):
        return None
    moods = _MOODS_WHEN_SOLVED if transcript.solved else _MOODS_ELSE
    return moods.choose("mood", *key).choose("rating", *key)
