"""What is stored of addresses: whole, truncated or not at all, after everything was derived of them."""

import pytest

from stream_processors.conversations.events import Profile
from stream_processors.conversations.values import Place
from stream_processors.enrichment.enrich import OWN_COLUMNS
from stream_processors.enrichment.policy import Enrichment, as_json
from tests.support.kafka.records import fields_of
from tests.support.worker.wire_events import Fields, enriched, enrichment_of, own_values

LONDON = "81.2.69.142"


def stored(fields: Fields, enrichment: Enrichment) -> dict[str, object]:
    return own_values(enriched(fields, enrichment=enrichment), OWN_COLUMNS[str(fields["type"])])


@pytest.mark.parametrize(
    ("address", "full", "truncated"),
    [
        (LONDON, LONDON, "81.2.69.0"),
        (f"{LONDON}:8080", f"{LONDON}:8080", "81.2.69.0"),
        ("2001:218:a:b::1", "2001:218:a:b::1", "2001:218:a::"),
        (f"10.1.2.3, {LONDON}", f"10.1.2.3, {LONDON}", "10.1.2.0, 81.2.69.0"),
        ("ann@example.org", "ann@example.org", ""),
        ("", "", ""),
    ],
    ids=["IPv4", "with a port", "IPv6", "a list", "a text that is no address", "empty"],
)
def test_an_address_is_stored_as_the_setting_says(address: str, full: str, truncated: str) -> None:
    fields = fields_of("conversation_visited", customer_ip_address=address)
    assert stored(fields, enrichment_of("full"))["customer_ip_address"] == full
    assert stored(fields, enrichment_of("truncated"))["customer_ip_address"] == truncated
    assert stored(fields, enrichment_of("dropped"))["customer_ip_address"] is None


@pytest.mark.parametrize("address_storage", ["full", "truncated", "dropped"])
def test_the_place_is_found_before_the_address_is_cut(address_storage: str) -> None:
    storage = next(each for each in ("full", "truncated", "dropped") if each == address_storage)
    event = enriched(fields_of("conversation_visited", customer_ip_address=LONDON), enrichment=enrichment_of(storage))
    assert isinstance(event.fold_event.detail, Profile)
    assert isinstance(event.fold_event.detail.place, Place)
    assert event.fold_event.detail.place.city == "London"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, None, "ä"]}, '{"a":[1,null,"ä"]}'),
        (2**64 - 1, "18446744073709551615"),
        (None, None),
        ({}, None),
        ([], None),
        ("\u2028</script>", '"\u2028</script>"'),
    ],
)
def test_json_is_kept_as_text(value: object, text: str | None) -> None:
    assert as_json(value) == text
