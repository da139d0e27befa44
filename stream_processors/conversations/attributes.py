"""Computes the attributes of a whole conversation: customer, place, device, source, language, rating, escalation.

This implements rules 8, 9 and 12 of docs/metrics.md. Events come in the order of the conversation, so "first known"
keeps the value that is there and "last known" replaces it.
"""

from typing import NamedTuple

from stream_processors.conversations.events import Call, Profile
from stream_processors.conversations.values import Language, Place


class ConversationFact(NamedTuple):
    """A row of `conversation_facts`; times in milliseconds since 1970 UTC, None is unknown."""

    engaged_at: int | None
    visited_at: int | None
    first_end_user_message_at: int | None
    customer: str | None
    place: Place | None
    device: str | None
    source: str | None
    language: Language | None
    rating: str | None
    escalated: bool
    escalation_failed: bool


class Attributes:
    """The attributes of one conversation; its events are added in order."""

    __slots__ = ConversationFact._fields

    def __init__(self) -> None:
        self.engaged_at: int | None = None
        self.visited_at: int | None = None
        self.first_end_user_message_at: int | None = None
        self.customer: str | None = None
        self.place: Place | None = None
        self.device: str | None = None
        self.source: str | None = None
        self.language: Language | None = None
        self.rating: str | None = None
        self.escalated = False
        self.escalation_failed = False

    def add_profile(self, profile: Profile) -> None:
        """Add the profile of a visit or an engagement; None erases nothing.

        Place and source are the first known values, the others the last known ones.
        """
        self.customer = profile.customer or self.customer
        self.place = self.place or profile.place
        self.device = profile.device or self.device
        self.source = self.source or profile.source
        self.language = profile.language or self.language
        self.rating = profile.rating or self.rating

    def add_call(self, call: Call) -> None:
        """Add an action: one escalation, even a failed one, escalates the conversation for good."""
        if call.escalates:
            self.escalated = True
            self.escalation_failed = self.escalation_failed or call.failed

    def fact(self) -> ConversationFact:
        """Return the conversation's fact."""
        return ConversationFact(
            self.engaged_at,
            self.visited_at,
            self.first_end_user_message_at,
            self.customer,
            self.place,
            self.device,
            self.source,
            self.language,
            self.rating,
            self.escalated,
            self.escalation_failed,
        )
