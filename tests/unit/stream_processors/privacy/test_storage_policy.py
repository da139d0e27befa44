"""Each policy stores texts as it says, and never changes a column that metrics read."""

import hashlib
import hmac

import orjson
import pytest
from hypothesis import given

from sql.event_columns import CONTENT_COLUMNS
from stream_processors.clickhouse.columns import COLUMN_TYPES, KIND_COLUMNS, TEXT
from stream_processors.enrichment.enrich import OWN_COLUMNS
from stream_processors.privacy.storage_policy import JSON_COLUMNS, TEXT_COLUMNS, ContentPolicy, Storage
from stream_processors.state.loader import FOLD_COLUMNS
from tests.support.kafka.records import fields_of
from tests.support.project.event_fields import KEPT_TEXTS
from tests.support.worker.wire_events import (
    HASH_KEY,
    EnrichedEvent,
    Fields,
    any_events,
    enriched,
    enrichment_of,
    own_values,
)

CONTENT = TEXT_COLUMNS | JSON_COLUMNS
ADDRESS = {"customer_ip_address"}
SECRET = "Zoë's own words"
TEXTS: list[tuple[Fields, str]] = [
    (fields_of("message", sender="agent", content=SECRET), "content"),
    (fields_of("message", sender="agent", attachments=[{"filename": SECRET}]), "attachments"),
    (fields_of("action", action_name="a", response=SECRET), "response"),
    (fields_of("action", action_name="a", error_message=SECRET), "error_message"),
    (fields_of("action", action_name="a", tools_used={SECRET: 1}), "tools_used"),
    (fields_of("button", button_event="a", label=SECRET), "label"),
    (fields_of("button", button_event="a", value=SECRET), "value"),
    (fields_of("feedback", rating=SECRET), "rating"),
    (fields_of("feedback", rating={"score": 5, "why": SECRET}), "rating"),
    (fields_of("feedback", rating=5, comment=SECRET), "comment"),
    (fields_of("conversation_visited", name=SECRET), "name"),
    (fields_of("conversation_engaged", device=SECRET), "device"),
    (fields_of("conversation_engaged", language=SECRET), "language"),
    (fields_of("conversation_ended", metadata={"a": [SECRET]}), "metadata"),
    (fields_of("token_usage", total_tokens=1, unheard_of=SECRET), "extra"),
]


def values(event: EnrichedEvent, type_: object) -> dict[str, object]:
    return own_values(event, OWN_COLUMNS[str(type_)]) | {"metadata": event.metadata, "extra": event.extra}


def stored(fields: Fields, content: ContentPolicy | Storage) -> dict[str, object]:
    return values(enriched(fields, enrichment=enrichment_of("full", content)), fields["type"])


def test_every_text_of_an_event_is_content_or_an_address_or_needed() -> None:
    texts = {name for name in KIND_COLUMNS["event"] if COLUMN_TYPES[name] == TEXT}
    assert texts == CONTENT | ADDRESS | KEPT_TEXTS
    assert len(texts) == len(CONTENT) + len(ADDRESS) + len(KEPT_TEXTS)


def test_the_columns_that_expire_are_those_that_a_policy_may_drop() -> None:
    assert set(CONTENT_COLUMNS) == CONTENT | ADDRESS


def test_the_fold_reads_no_content() -> None:
    assert set(FOLD_COLUMNS.replace(",", " ").split()) & (CONTENT | ADDRESS) == set()


@given(fields=any_events)
@pytest.mark.parametrize("content", ["hashed", "dropped"])
def test_all_else_is_the_same_under_each_policy(content: Storage, fields: Fields) -> None:
    known, shown = (enriched(fields, enrichment=enrichment_of("full", each)) for each in ("full", content))
    assert (shown.key, shown.fold_event, shown.received_at, shown.invalid_fields) == (
        known.key,
        known.fold_event,
        known.received_at,
        known.invalid_fields,
    )
    whole, policed = values(known, fields["type"]), values(shown, fields["type"])
    assert {name: each for name, each in policed.items() if name not in CONTENT} == {
        name: each for name, each in whole.items() if name not in CONTENT
    }


@pytest.mark.parametrize(("fields", "column"), TEXTS, ids=[f"{fields['type']} {column}" for fields, column in TEXTS])
def test_a_text_is_stored_as_the_setting_says(fields: Fields, column: str) -> None:
    whole = str(stored(fields, "full")[column])
    assert SECRET in whole
    assert stored(fields, "dropped")[column] is None
    digest = hmac.new(HASH_KEY, whole.encode(), hashlib.sha256).hexdigest()
    hashed = f'{{"hmac-sha256":"{digest}"}}'
    if column in TEXT_COLUMNS:
        hashed = f"hmac-sha256:{digest}"
    assert stored(fields, "hashed")[column] == (f"[{hashed}]" if column == "attachments" else hashed)
    other = ContentPolicy("hashed", b"another key")
    assert stored(fields, other)[column] != stored(fields, "hashed")[column]


@pytest.mark.parametrize("content", ["hashed", "dropped"])
def test_a_customer_among_the_extra_fields_stays_so_that_erasing_finds_it(content: Storage) -> None:
    fields = fields_of("message", sender="agent", content="x", customer_id="u-1", other=SECRET)
    kept = enriched(fields, enrichment=enrichment_of(content=content)).extra
    assert kept is not None
    assert (orjson.loads(kept)["customer_id"], SECRET in kept) == ("u-1", False)
