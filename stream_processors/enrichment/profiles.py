"""Reads the profile in a visited or engaged event: customer, place, device, source, language and rating.

The rules are those of docs/metrics.md: individual_users, world_map, device_usage, sources, languages and
conversation_feedback. A value that is blank or `unknown` is None and erases nothing.
"""

from typing import Final

from convostream.contract.events import ConversationEngaged, ConversationVisited
from convostream.contract.whitespace import is_blank, trim
from stream_processors.caching import cached_by_text
from stream_processors.conversations.events import Profile
from stream_processors.conversations.values import Language, Place
from stream_processors.enrichment.devices import classify_device
from stream_processors.enrichment.ip_addresses import StatedAddresses, addresses_of
from stream_processors.enrichment.languages import parse_language
from stream_processors.enrichment.policy import Enrichment
from stream_processors.enrichment.ratings import verdict

# Texts that producers send instead of a customer id, in any case.
NO_CUSTOMER: Final = frozenset({"", "none", "null", "undefined", "anonymous", "unknown"})

COLUMNS: Final = (
    "customer_id",
    "customer_ip_address",
    "device",
    "source",
    "language",
    "name",
    "customer",
    "has_public_address",
    "country_code",
    "region",
    "city",
    "latitude",
    "longitude",
    "device_class",
    "source_name",
    "language_code",
    "language_region",
    "verdict",
)


def read_profile(
    event: ConversationVisited | ConversationEngaged, enrichment: Enrichment, invalid_fields: list[str]
) -> tuple[Profile, tuple[object, ...]]:
    """Return the profile of an event and the values of its own `COLUMNS`; append invalid fields to `invalid_fields`."""
    text = event.customer_ip_address
    stated = None if text is None else addresses_of(text)
    profile = Profile(
        customer=known_customer(event.customer_id) if event.customer_id else None,
        place=_place(stated, enrichment, invalid_fields),
        device=classify_device(event.device) if event.device else None,
        source=normalise_source(event.source) if event.source else None,
        language=_language(event.language, invalid_fields),
        rating=_rating(event, invalid_fields),
    )
    address = enrichment.address(text, stated)
    return profile, _own_values(event, profile, address)


def known_customer(text: str) -> str | None:
    """Return the trimmed customer id in its own case, or None when the text is none."""
    customer = trim(text)
    return None if customer.casefold() in NO_CUSTOMER else customer


@cached_by_text(maxsize=16_384)
def normalise_source(text: str) -> str | None:
    """Return the source trimmed and in lower case, or None when it is blank or `unknown`."""
    source = trim(text).lower()
    return source if source and source != "unknown" else None


def is_unknown(text: str) -> bool:
    """Return whether a text is blank or the word unknown."""
    return trim(text).casefold() in ("", "unknown")


def known_name(text: str | None) -> str | None:
    """Return the title of a conversation as it was sent, or None when it is blank."""
    return text if text and not is_blank(text) else None


def _place(stated: StatedAddresses | None, enrichment: Enrichment, invalid_fields: list[str]) -> Place | None:
    if stated is None:
        return None
    if stated.public is not None:
        return enrichment.geolocator.locate(stated.public)
    if not stated.is_readable:
        invalid_fields.append("customer_ip_address")
    return None


def _language(text: str | None, invalid_fields: list[str]) -> Language | None:
    if not text:
        return None
    language = parse_language(text)
    if language is None and not is_unknown(text):
        invalid_fields.append("language")
    return language


def _rating(event: ConversationVisited | ConversationEngaged, invalid_fields: list[str]) -> str | None:
    rating = (event.metadata or {}).get("feedback")
    if rating is None:
        return None
    rating_verdict = verdict(rating)
    if rating_verdict == "unrecognised":
        invalid_fields.append("rating")
    return rating_verdict


def _own_values(
    event: ConversationVisited | ConversationEngaged, profile: Profile, address: str | None
) -> tuple[object, ...]:
    place, language = profile.place, profile.language
    return (
        event.customer_id,
        address,
        event.device,
        event.source,
        event.language,
        known_name(event.name),
        profile.customer,
        place is not None,
        *((place.country_code, place.region, place.city, place.latitude, place.longitude) if place else _NO_PLACE),
        profile.device,
        profile.source,
        language.code if language else None,
        language.region if language else None,
        profile.rating,
    )


_NO_PLACE: Final = (None, None, None, None, None)
