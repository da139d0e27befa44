"""A dead letter belongs to a person by what it says of itself, and where that cannot be read by the ids in it."""

import orjson
import pytest

from stream_processors.errors import OperatorError
from stream_processors.maintenance.person import Person
from stream_processors.maintenance.person_dead_letters import Matcher
from tests.support.kafka.records import fields_of, value_of

CUSTOMER, SHORT, CONVERSATION = "c-4711-ž", "7", "chat-12345"
ANN = Person("a", "production", CUSTOMER, None)
SEVEN = Person("a", "production", SHORT, None)


def is_of(person: Person, raw: bytes, key: bytes = b"", headers: tuple[tuple[bytes, bytes | None], ...] = ()) -> bool:
    return Matcher(person, [CONVERSATION]).matches({"raw": raw, "key": key, "headers": headers})


def body(**own: object) -> bytes:
    return value_of(fields_of("unheard of", **own))


@pytest.mark.parametrize(
    "raw",
    [
        body(conversation_id=CONVERSATION),
        body(customer_id=f" {CUSTOMER} "),
        body(customerId=CUSTOMER),
        body(nested=[{"deep": [CUSTOMER]}]),
        b'{"customer_id": "%s", broken' % CUSTOMER.encode(),
        b'{"customer_id": "c-4711-\\u017e", broken',
        b"c-4711-\\u017E",
        CUSTOMER.encode("utf-16-le"),
        CUSTOMER.encode("utf-16-be"),
        b"\xff " + CUSTOMER.encode(),
        b"text with chat-12345, cut off",
        b'"chat\\u002d12345"',
        orjson.dumps([CUSTOMER]),
        body(conversation_id=None, content=f"I am {CUSTOMER}."),
    ],
)
def test_a_letter_is_of_a_person_in_any_spelling(raw: bytes) -> None:
    assert is_of(ANN, raw)


@pytest.mark.parametrize(
    "raw",
    [
        body(conversation_id="another", content=f"I am {CUSTOMER}"),
        body(conversation_id=CONVERSATION, agent_id="b"),
        body(conversation_id=CONVERSATION, environment="staging"),
        b"chat-123456",
        b"wchat-12345",
        b"",
    ],
)
def test_a_letter_of_somebody_else_is_left(raw: bytes) -> None:
    assert not is_of(ANN, raw)


def test_the_key_and_the_headers_of_a_record_name_a_person_too() -> None:
    assert is_of(ANN, b"no JSON", key=b"a/chat-12345")
    assert is_of(ANN, b"no JSON", headers=((b"who", CUSTOMER.encode()),))
    assert not is_of(ANN, b"no JSON", key=b"a/chat-1", headers=((b"who", None),))
    assert not is_of(ANN, b"chat-12345", key=b"b/chat-12345")


def test_a_short_id_counts_in_quotes_or_as_a_value_alone() -> None:
    assert is_of(SEVEN, b'{"customer_id": "7", broken')
    assert is_of(SEVEN, body(customer_id=7))
    assert is_of(SEVEN, b"7")
    assert not is_of(SEVEN, b'{"schema_version": 7, "content": "7 days", broken')


def test_nesting_without_end_is_no_danger() -> None:
    assert not is_of(ANN, b'{"agent_id":"a","conversation_id":"x","deep":' + b"[" * 1_000 + b"]" * 1_000 + b"}")


@pytest.mark.parametrize(
    ("customer", "conversation"),
    [(None, None), ("ann", "chat"), (" ", None), (None, " "), ("anonymous", None), ("\udcff", None), (None, "\udcff")],
)
def test_nobody_is_no_person(customer: str | None, conversation: str | None) -> None:
    with pytest.raises(OperatorError):
        Person.named("a", "production", customer, conversation)


def test_a_customer_is_named_as_events_name_one() -> None:
    assert Person.named("a", "production", " ann\u2003", None).customer == "ann"
