"""The fast path accepts only what the contract's models accept, with the same values; the rest is left to them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convostream.contract.events import EVENT_MODELS, Event
from stream_processors.decoding.decode import decode
from stream_processors.decoding.fast_path import fast_decode
from stream_processors.errors import InvalidRecord
from tests.oracle.cases.records import BAD_RECORDS, GOOD_RECORDS
from tests.support.kafka.records import EVENT_ID, fields_of, value_of
from tests.support.worker.wire_events import Fields, any_events

FIELDS = sorted({name for model in EVENT_MODELS for name in model.model_fields})

# Values as JSON that one field or another may not have, or that two readers of JSON may read in two ways.
ODD_VALUES = (
    b"null", b"true", b"0", b"-0", b"1", b"1.0", b"-0.0", b"1e2", b"5", b"18446744073709551616",
    b"-9223372036854775809",
    b"9007199254740992", b"1e400", b"1e-400", b"NaN", b'""', b'" "', b'"\\u3000"', b'"x"', b'"\\ud800"', b'"\xff"',
    b'"\\u0000"', b"[]", b"[{}]", b"{}", b'{"a":1,"b":2,"a":3}', b'{"a":18446744073709551616}', b'{"a":1e400}',
    b'{"feedback":"up"}', b'"2026-04-01T12:00:00.123Z"', b'"2023-02-29T00:00:00Z"', b'"2026-04-01 12:00:00+23:59"',
    b'"agent"', b'"staff"', b'"message"', b'"' + b"x" * 64 + b'"', b'"' + b"x" * 201 + b'"', b'"' + b"x" * 256 + b'"',
    b'"' + EVENT_ID.upper().encode() + b'"', b'"' + EVENT_ID.encode() + b'\\n"', b'{"a":' * 70 + b"1" + b"}" * 70,
)  # fmt: skip

members = st.tuples(st.sampled_from([*FIELDS, "unheard_of"]), st.sampled_from(ODD_VALUES))


def seen(event: Event) -> dict[str, object]:
    """Return all that the steps see of an event, told apart by type as well: 5 is not 5.0, and 0.0 is not -0.0."""
    model = next(each for each in EVENT_MODELS if each.__name__ == type(event).__name__)
    return {name: repr(getattr(event, name)) for name in model.model_fields} | {"extra": event.model_extra or None}


def check(value: bytes) -> bool:
    """Check that the fast path agrees with the models; return whether it accepted the value."""
    (event,) = fast_decode([value])
    if event is not None:
        assert seen(event) == seen(decode(value))
    return event is not None


def with_member(fields: Fields, name: str, value: bytes) -> bytes:
    """Return an event with one more member behind the others; of duplicate names the last counts."""
    return value_of(fields)[:-1] + b',"' + name.encode() + b'":' + value + b"}"


@given(any_events)
def test_an_event_of_any_kind_is_the_one_that_the_models_make(fields: Fields) -> None:
    check(value_of(fields))


@given(any_events, members, members)
@example(fields_of(), ("metadata", b'{"a":"\xff"}'), ("metadata", b"{}"))
@example(fields_of(), ("metadata", b'{"a":1e999}'), ("metadata", b"null"))
@example(fields_of(), ("type", b'"button"'), ("button_event", b'"x"'))
def test_odd_and_repeated_members_are_read_as_the_models_read_them(
    fields: Fields, one: tuple[str, bytes], other: tuple[str, bytes]
) -> None:
    first = with_member(fields, *one)
    check(first)
    check(first[:-1] + b',"' + other[0].encode() + b'":' + other[1] + b"}")
    check(b'{"' + one[0].encode() + b'":' + one[1] + b"," + value_of(fields)[1:])


@given(any_events, st.sampled_from(FIELDS), st.sampled_from(ODD_VALUES))
def test_an_odd_value_in_place_of_a_good_one(fields: Fields, name: str, value: bytes) -> None:
    check(with_member({key: kept for key, kept in fields.items() if key != name}, name, value))


@given(any_events, st.sampled_from(FIELDS))
def test_a_field_left_out(fields: Fields, name: str) -> None:
    check(value_of({key: kept for key, kept in fields.items() if key != name}))


@given(any_events, st.data())
def test_bytes_changed_anywhere(fields: Fields, data: st.DataObject) -> None:
    value = bytearray(value_of(fields))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(value) - 1))
        value[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    check(bytes(value))


@pytest.mark.parametrize("record", [*BAD_RECORDS, *GOOD_RECORDS], ids=lambda record: record.fact)
def test_records_just_within_and_just_outside_the_contract(record: object) -> None:
    value = getattr(record, "value", None)
    check(value or b"")


@pytest.mark.parametrize(
    "fields",
    [
        fields_of("conversation_visited", customer_id="c", metadata={"feedback": "up", "n": [1, {"x": None}]}),
        fields_of("conversation_engaged", customer_ip_address=None, language="en"),
        fields_of("message", sender="agent", content="hi"),
        fields_of("action", action_name="a", started_at="2026-04-01T12:00:00Z", duration_ms=5, tools_used={"a": 1.5}),
        fields_of("button", button_event="b", label="l"),
        fields_of("feedback", rating={"score": 5}, rated_by="staff"),
        fields_of("token_usage", prompt_tokens=2**53 - 1),
        fields_of("conversation_ended", environment="staging", schema_version=1),
    ],
    ids=lambda fields: str(fields["type"]),
)
def test_a_common_event_of_each_type_takes_the_fast_path(fields: Fields) -> None:
    assert check(value_of(fields))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value_of(fields_of(unheard_of=1)), id="a field that the type does not list"),
        pytest.param(value_of(fields_of("message", sender="agent", attachments=[{}])), id="an attachment"),
        pytest.param(value_of(fields_of(environment=None)), id="null where there is a default"),
        pytest.param(with_member(fields_of(), "metadata", b'{"n":1%s}' % (b"0" * 20)), id="an integer beyond 64 bits"),
    ],
)
def test_the_rest_is_left_to_the_models(value: bytes) -> None:
    assert not check(value)
    assert decode(value).conversation_id


@given(st.lists(st.tuples(any_events, st.none() | members), max_size=4))
def test_the_result_of_a_record_does_not_depend_on_its_batch(
    records: list[tuple[Fields, tuple[str, bytes] | None]],
) -> None:
    values = [with_member(fields, *member) if member else value_of(fields) for fields, member in records]
    together, alone = fast_decode([*values, None]), [fast_decode([value])[0] for value in values]
    assert [event and seen(event) for event in together] == [*(event and seen(event) for event in alone), None]


def test_a_refused_record_is_refused_by_the_models() -> None:
    with pytest.raises(InvalidRecord, match="sender: missing"):
        decode(value_of(fields_of("message", content="x")))
