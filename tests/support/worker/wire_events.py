"""Random events of each type as producers send them, and their enrichment."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from hypothesis import strategies as st

from convostream.contract.date_times import format_date_time
from convostream.contract.events import validate_event
from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.event_rows import Part, event_segments
from stream_processors.conversations.events import FoldEvent
from stream_processors.conversations.key import ConversationKey
from stream_processors.conversations.rules import DEFAULT_ESCALATION_ACTIONS, EscalationActions
from stream_processors.enrichment.enrich import EnrichedEvents, enrich
from stream_processors.enrichment.geolocation import Geolocator
from stream_processors.enrichment.policy import Enrichment
from stream_processors.privacy.storage_policy import AddressStorage, ContentPolicy, Storage
from tests.support.kafka.records import AT_MS, fields_of
from tests.support.strategies.pools import (
    ACTIONS,
    ADDRESSES,
    CUSTOMERS,
    DEVICES,
    DURATIONS,
    LANGUAGES,
    RATINGS,
    SOURCES,
)

Fields = dict[str, object]

CITY_DATABASE: Final = Path(__file__).parents[2] / "data" / "geoip" / "GeoIP2-City-Test.mmdb"
TYPES: Final = (
    "conversation_visited", "conversation_engaged", "message", "action", "button", "feedback", "token_usage",
    "conversation_ended",
)  # fmt: skip
HASH_KEY: Final = b"k" * 32
YEAR_MS: Final = 366 * 86_400_000

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
json_objects = st.dictionaries(texts, scalars | texts | st.lists(scalars, max_size=2), max_size=3)
date_times = st.integers(AT_MS - YEAR_MS, AT_MS + YEAR_MS).map(format_date_time)
counts = st.integers(0, 2**53 - 1)


def one_of(pool: Sequence[object]) -> st.SearchStrategy[object]:
    """Draw a value of a pool of tricky ones, or null."""
    return st.sampled_from([*pool, None])


PROFILE: Final[dict[str, st.SearchStrategy[object]]] = {
    "customer_id": one_of(CUSTOMERS) | texts,
    "customer_ip_address": one_of(ADDRESSES) | texts,
    "device": one_of(DEVICES) | texts,
    "source": one_of(SOURCES) | texts,
    "language": one_of(LANGUAGES) | texts,
    "name": texts,
    "metadata": st.fixed_dictionaries({"feedback": one_of(RATINGS)}) | json_objects,
}
REQUIRED: Final[dict[str, dict[str, st.SearchStrategy[object]]]] = {
    "message": {"sender": st.sampled_from(["end_user", "agent", "system"]), "content": texts.map("_".__add__)},
    "action": {"action_name": st.sampled_from(ACTIONS) | texts.map("_".__add__)},
    "button": {"button_event": texts.map("_".__add__)},
    "feedback": {"rating": st.sampled_from(RATINGS) | texts | json_objects},
}
OPTIONAL: Final[dict[str, dict[str, st.SearchStrategy[object]]]] = {
    "conversation_visited": PROFILE,
    "conversation_engaged": PROFILE,
    "message": {"attachments": st.lists(st.fixed_dictionaries({}, optional={"filename": texts}), max_size=2)},
    "action": {
        "started_at": date_times,
        "ended_at": date_times,
        "duration_ms": one_of(DURATIONS) | st.floats(allow_nan=False, allow_infinity=False),
        "tools_used": json_objects,
        "response": texts,
        "error_message": texts,
    },
    "button": {"label": texts, "value": texts},
    "feedback": {"comment": texts, "rated_by": st.sampled_from(["customer", "staff", None])},
    "token_usage": {"prompt_tokens": counts, "completion_tokens": counts, "total_tokens": counts, "model": texts},
}
COMMON: Final[dict[str, st.SearchStrategy[object]]] = {
    "metadata": json_objects,
    "environment": st.sampled_from(["staging", None]),
    "unheard_of": json_objects | texts | scalars,
}


def events_of(type_: str) -> st.SearchStrategy[Fields]:
    """Draw the fields of valid events of a type."""
    identity = {"event_id": st.uuids().map(str), "occurred_at": date_times}
    optional = {**COMMON, **OPTIONAL.get(type_, {})}
    own = st.fixed_dictionaries({**identity, **REQUIRED.get(type_, {})}, optional=optional)
    return own.map(lambda fields: fields_of(type_, **fields))


any_events = st.sampled_from(TYPES).flatmap(events_of)


@lru_cache(maxsize=1)
def geolocator() -> Geolocator:
    """Return MaxMind's small database, opened once."""
    return Geolocator(CITY_DATABASE)


def enrichment_of(addresses: AddressStorage = "truncated", content: ContentPolicy | Storage = "full") -> Enrichment:
    """Return the enrichment with the default rules and these storage policies for personal data."""
    policy = content if isinstance(content, ContentPolicy) else ContentPolicy(content, HASH_KEY)
    actions = EscalationActions(DEFAULT_ESCALATION_ACTIONS)
    return Enrichment(geolocator(), actions, addresses, policy)


class EnrichedEvent(NamedTuple):
    """The result of enriching one event."""

    key: ConversationKey
    fold_event: FoldEvent
    received_at: int
    invalid_fields: list[str]
    metadata: str | None
    extra: str | None
    own: tuple[object, ...]


def enriched_events(*fields: Fields, received_at: int = AT_MS, enrichment: Enrichment | None = None) -> EnrichedEvents:
    """Return the events of these fields, all of one type, enriched together."""
    events = [validate_event(field) for field in fields]
    return enrich(events, [received_at] * len(events), enrichment or enrichment_of())


def enriched(fields: Fields, received_at: int = AT_MS, enrichment: Enrichment | None = None) -> EnrichedEvent:
    """Return the enriched event of these fields."""
    events = enriched_events(fields, received_at=received_at, enrichment=enrichment)
    return EnrichedEvent(
        events.keys[0],
        events.fold_events[0],
        events.received_at[0],
        events.invalid_fields.get(0, []),
        events.metadata[0],
        events.extra[0],
        tuple(column[0] for column in events.own),
    )


def rows_of(*events: EnrichedEvents, hash_: int = 5, offset: int = 7) -> list[Segment]:
    """Return the segments of events of one conversation at successive offsets."""
    parts, places = [], 0
    for each in events:
        parts.append(Part(places, each, range(offset + places, offset + places + len(each))))
        places += len(each)
    return event_segments(parts, {events[0].keys[0]: range(places)}, [hash_])


def own_values(event: EnrichedEvent, columns: Sequence[str]) -> dict[str, object]:
    """Return the values of the type's own columns by name."""
    return dict(zip(columns, event.own, strict=True))
