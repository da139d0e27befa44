"""The places that a field of an event has: each one that lacks the field is named."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from convostream.contract.events import EVENT_MODELS
from sql.event_columns import CONTENT_COLUMNS, event_columns
from stream_processors.clickhouse.event_rows import EVENT_COLUMNS
from stream_processors.enrichment.enrich import OWN_COLUMNS
from tests.support.project.metadata import ROOT

# Texts that every policy keeps, because the numbers need them.
KEPT_TEXTS: Final = {
    "agent_id", "environment", "conversation_id", "event_id", "type", "customer_id", "sender", "action_name",
    "button_event", "rated_by", "model", "customer", "country_code", "region", "city", "device_class", "source_name",
    "language_code", "language_region", "verdict", "call_name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """What each place says; `fields` are those of the contract and `own` the columns filled, by type of event."""

    fields: Mapping[str, Collection[str]]
    own: Mapping[str, Sequence[str]]
    columns: Mapping[str, str]
    content: Collection[str]
    privacy: str


def places() -> Places:
    """Return the places of the project."""
    return Places(
        {model.model_fields["type"].default: set(model.model_fields) for model in EVENT_MODELS},
        OWN_COLUMNS,
        {column.name: column.type for column in event_columns()},
        CONTENT_COLUMNS,
        (ROOT / "docs/privacy.md").read_text(encoding="utf-8"),
    )


def forgotten(places: Places) -> list[str]:
    """Return what is missing where, in the order of docs/how-to/add-a-field.md."""
    return [*_unfilled(places), *_undeclared(places), *_unprotected(places)]


def _unfilled(places: Places) -> Iterator[str]:
    """Yield fields of the contract that become no column, and columns without a source."""
    for type_, fields in places.fields.items():
        for field in sorted(set(fields) - {*EVENT_COLUMNS, *places.own[type_]}):
            yield f"{field}: OWN_COLUMNS[{type_!r}] in stream_processors/enrichment/enrich.py"
    filled = {*EVENT_COLUMNS, *(column for own in places.own.values() for column in own)}
    for column in places.columns:
        if column not in filled:
            yield f"{column}: OWN_COLUMNS in stream_processors/enrichment/enrich.py"


def _undeclared(places: Places) -> Iterator[str]:
    for column in dict.fromkeys(column for own in places.own.values() for column in own):
        if column not in places.columns:
            yield f"{column}: sql/tables/events.sql"


def _unprotected(places: Places) -> Iterator[str]:
    """Yield columns that the documentation does not name, and texts without a policy."""
    for column, type_ in places.columns.items():
        is_text = type_ in ("String", "LowCardinality(String)")
        if is_text and column not in KEPT_TEXTS and column not in places.content:
            yield f"{column}: CONTENT_COLUMNS in sql/event_columns.py"
        if f"`{column}`" not in places.privacy:
            yield f"{column}: docs/privacy.md"
