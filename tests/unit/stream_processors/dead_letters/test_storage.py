"""What is stored of refused records: bytes as the policies want them, or their keyed hash, or nothing of them."""

import hashlib
import hmac

import orjson
import pytest

from stream_processors.dead_letters.storage import DeadLetterPolicy
from stream_processors.kafka.records import DEAD_LETTER_HEADER, KeptRecord
from stream_processors.privacy.redaction import load_redaction
from stream_processors.privacy.storage_policy import ContentPolicy
from tests.support.kafka.records import KafkaRecord
from tests.support.worker.wire_events import HASH_KEY
from tests.unit.stream_processors.privacy.test_redaction import SHIPPED

REDACTING = DeadLetterPolicy("full", False, ContentPolicy(redaction=load_redaction(SHIPPED)))


def test_hashed_keeps_nothing_but_a_keyed_hash() -> None:
    record = KafkaRecord(value=b"ann", key=b"ann", headers=(("ann", b"ann"),))
    digest = hmac.new(HASH_KEY, b"ann", hashlib.sha256).hexdigest()
    policy = DeadLetterPolicy("hashed", False, ContentPolicy("hashed", HASH_KEY))
    assert policy.keep(record) == KeptRecord("hashed", None, None, (), digest)
    assert policy.keep(KafkaRecord(value=None)).digest == ""


def test_dropped_keeps_no_hash_either() -> None:
    record = KafkaRecord(value=b"ann", key=b"ann", headers=(("ann", b"ann"),))
    policy = DeadLetterPolicy("dropped", False, ContentPolicy("dropped"))
    assert policy.keep(record) == KeptRecord("dropped", None, None, ())


@pytest.mark.parametrize(
    ("value", "without"),
    [
        (b'{"customer_ip_address":"81.2.69.142","n":1}', b'{"customer_ip_address":"","n":1}'),
        (b'[{"customer_ip_address": "2001:218:a:b::1"}]', b'[{"customer_ip_address":""}]'),
        (b'{"customer\\u005fip_address":"81.2.69.142"}', b'{"customer_ip_address":""}'),
        (b'{"customer_ip_address":["81.2.69.142"]}', b'{"customer_ip_address":[""]}'),
        (b'{"customer_ip_address":"81.2.69.142","customer_ip_address":""}', b'{"customer_ip_address":""}'),
        (b'{"customer_ip_address":"81.2.69.142", \xff', b'{"customer_ip_address":"", \xff'),
        (b'{"customer_ip_address":"2001:218:a:b::1"', b'{"customer_ip_address":""'),
    ],
)
def test_bytes_stay_as_they_came_unless_addresses_are_dropped(value: bytes, without: bytes) -> None:
    record = KafkaRecord(value=value)
    assert DeadLetterPolicy("full").keep(record).value == value
    assert DeadLetterPolicy("full", drops_addresses=True).keep(record).value == without


@pytest.mark.parametrize("value", [b'{"content":"10.20.30.40 is at 12:00:00"}', b"\xff 81.2.69.142", b"", None])
def test_what_names_no_address_of_a_customer_stays_as_it_came(value: bytes | None) -> None:
    record = KafkaRecord(value=value, key=b"\xfe", headers=(("h", None),))
    assert DeadLetterPolicy("full", drops_addresses=True).keep(record) == KeptRecord(
        "full", value, b"\xfe", (("h", None),)
    )


def test_redaction_reaches_bodies_keys_and_headers_but_no_identifiers() -> None:
    fields = {"customer_id": "ann@example.org", "content": "ann@example.org", "metadata": {"card": 4111111111111111}}
    headers = (("h", b"ann@example.org"), ("h", None), (DEAD_LETTER_HEADER, b"agent-events:0:1:4111111111111111"))
    kept = REDACTING.keep(KafkaRecord(value=orjson.dumps(fields), key=b"ann@example.org", headers=headers))
    assert orjson.loads(kept.value or b"") == {**fields, "content": "[email]", "metadata": {"card": "[card]"}}
    assert (kept.key, list(kept.headers)) == (b"[email]", [("h", b"[email]"), *headers[1:]])


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b'{"content": "ann@example.org"', id="broken"),
        pytest.param(b"[" * 500 + b'"ann@example.org"' + b"]" * 500, id="nested too deeply"),
        pytest.param(b'{"content":"ann\\u0040example.org","content":""}', id="twice the same field"),
        pytest.param(b'"ann\\u0040example.org"', id="no object"),
        pytest.param(b'{"conversation_id":["ann@example.org"]}', id="an identifier that is none"),
        pytest.param(b"\xff\xfe ann@example.org", id="no Unicode"),
    ],
)
def test_redaction_reaches_bodies_that_are_no_events(value: bytes) -> None:
    kept = REDACTING.keep(KafkaRecord(value=value)).value or b""
    assert b"ann" not in kept
