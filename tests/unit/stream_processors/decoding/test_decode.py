"""Decoding: which records are events, which become dead letters, and what the reasons contain."""

import gc
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convostream.contract.wire import LARGEST_RECORD
from stream_processors.decoding.decode import REASON_CODES, decode, decode_all, nesting
from stream_processors.decoding.fast_path import MAX_NESTING
from stream_processors.errors import InvalidRecord
from tests.oracle.cases.records import BAD_RECORDS, GOOD_RECORDS, BadRecord, GoodRecord
from tests.support.kafka.records import AT_MS, EVENT_ID, fields_of, value_of

PLAIN = value_of(fields_of())
SECRET = "Zq7-secret-Zq7"


def refusal(value: bytes | None) -> InvalidRecord:
    with pytest.raises(InvalidRecord) as caught:
        decode(value)
    return caught.value


def with_member(member: bytes) -> bytes:
    """Return an event with one more member, written as given."""
    return PLAIN[:-1] + b"," + member + b"}"


def nested(levels: int, opening: bytes = b'{"a":', innermost: bytes = b"{}", closing: bytes = b"}") -> bytes:
    """Return an event nested so many levels deep, itself and the innermost object or list included."""
    between = levels - 2
    return with_member(b'"deep":' + opening * between + innermost + closing * between)


@pytest.mark.parametrize("bad", BAD_RECORDS, ids=lambda bad: bad.fact)
def test_a_record_that_breaks_the_contract_is_rejected(bad: BadRecord) -> None:
    error = refusal(bad.value)
    assert error.code in REASON_CODES
    assert not bad.fields or str(error).partition(":")[0].partition("[")[0] in bad.fields


@pytest.mark.parametrize("good", GOOD_RECORDS, ids=lambda good: good.fact)
def test_a_record_just_within_the_contract_is_an_event(good: GoodRecord) -> None:
    assert decode(good.value).conversation_id


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param(None, "no_value", id="no value"),
        pytest.param(b"", "broken_json", id="an empty value"),
        pytest.param(b" \n", "broken_json", id="white space alone"),
        pytest.param(PLAIN[:-1], "broken_json", id="cut off"),
        pytest.param(PLAIN + b"{}", "broken_json", id="two objects"),
        pytest.param(with_member(b'"x":NaN'), "broken_json", id="NaN"),
        pytest.param(with_member(b'"x":Infinity'), "broken_json", id="Infinity"),
        pytest.param(with_member(b'"x":-Infinity'), "broken_json", id="minus Infinity"),
        pytest.param(with_member(b'"x":1e999'), "broken_json", id="a number that is not finite"),
        pytest.param(with_member(b'"x":-1e999'), "broken_json", id="a negative number that is not finite"),
        pytest.param(with_member(b'"x":1' + b"0" * 400), "broken_json", id="an integer that is not finite"),
        pytest.param(with_member(b'"x":"\\ud800"'), "broken_json", id="a lone high surrogate"),
        pytest.param(with_member(b'"x":"\\udc00\\ud800"'), "broken_json", id="surrogates the wrong way round"),
        pytest.param(with_member(b'"\\udfff":1'), "broken_json", id="a lone surrogate in a name"),
        pytest.param(with_member(b'"x":"\xed\xa0\x80"'), "broken_json", id="a surrogate as bytes"),
        pytest.param(with_member(b'"x":"\xff"'), "broken_json", id="bytes that are no UTF-8"),
        pytest.param(with_member(b'"x":"\xc0\x80"'), "broken_json", id="an overlong encoding"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN, "broken_json", id="a byte order mark"),
        pytest.param(with_member(b'"x":01'), "broken_json", id="a leading zero"),
        pytest.param(with_member(b'"x":"\t"'), "broken_json", id="a raw control character"),
        pytest.param(with_member(b"x:1"), "broken_json", id="a name without quotes"),
        pytest.param(with_member(b'"x":1/**/'), "broken_json", id="a comment"),
        pytest.param(b"[" + PLAIN + b"]", "not_an_object", id="a list at the top"),
        pytest.param(b'"text"', "not_an_object", id="a string at the top"),
        pytest.param(b"null", "not_an_object", id="null at the top"),
        pytest.param(b"0", "not_an_object", id="a number at the top"),
        pytest.param(nested(65), "too_deep", id="65 levels of objects"),
        pytest.param(nested(65, b"[", b"[]", b"]"), "too_deep", id="65 levels of lists"),
        pytest.param(b"{}", "invalid_event", id="an empty object"),
    ],
)
def test_each_fault_has_its_code(value: bytes | None, code: str) -> None:
    assert refusal(value).code == code


def test_a_record_may_be_one_mebibyte_and_no_byte_more() -> None:
    padding = LARGEST_RECORD - len(with_member(b'"x":""'))
    largest = with_member(b'"x":"' + b"y" * padding + b'"')
    assert len(largest) == 1024 * 1024
    assert decode(largest).event_id == EVENT_ID
    assert refusal(largest + b" ").code == "too_large"


def test_64_levels_are_an_event() -> None:
    assert MAX_NESTING == 64
    assert decode(nested(64)).model_extra
    assert decode(nested(64, b"[", b"[]", b"]")).model_extra
    assert decode(nested(64, innermost=b"[]")[:-1] + b',"beside":[{},[]]}').model_extra


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert decode(with_member(b'"x":[' + b"[],{}," * 500 + b"[]]")).model_extra


def test_brackets_inside_a_string_nest_nothing() -> None:
    assert decode(with_member(b'"x":"' + b"[{" * 500 + b'"')).model_extra


@given(st.integers(0, 80), st.booleans())
def test_nesting_counts_the_levels(levels: int, as_list: bool) -> None:
    value: object = 5
    for _ in range(levels):
        value = [0, value] if as_list else {"a": 0, "b": value}
    assert nesting(value) == levels


def test_of_duplicate_keys_the_last_counts() -> None:
    assert decode(b'{"type":"nonsense","agent_id":5,' + PLAIN[1:]).agent_id == "a"
    assert refusal(with_member(b'"agent_id":5')).code == "invalid_event"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param(fields_of(SECRET), "type", id="an unknown type"),
        pytest.param(fields_of(type=...), "type", id="no type"),
        pytest.param(fields_of(event_id=SECRET), "event_id", id="no UUID"),
        pytest.param(fields_of(event_id=EVENT_ID + "\n"), "event_id", id="a line end behind the UUID"),
        pytest.param(fields_of(agent_id=...), "agent_id", id="a missing field"),
        pytest.param(fields_of(agent_id=None), "agent_id", id="a required field that is null"),
        pytest.param(fields_of(conversation_id=SECRET * 20), "conversation_id", id="a long id"),
        pytest.param(fields_of(environment="\u3000"), "environment", id="a blank one"),
        pytest.param(fields_of(occurred_at=SECRET), "occurred_at", id="no date"),
        pytest.param(fields_of(occurred_at="2023-02-29T00:00:00Z"), "occurred_at", id="no such day"),
        pytest.param(fields_of(occurred_at="2023-02-28T00:00:60Z"), "occurred_at", id="a leap second"),
        pytest.param(fields_of(occurred_at=1_712_052_000), "occurred_at", id="a number for a date"),
        pytest.param(fields_of(metadata=[SECRET]), "metadata", id="a list for an object"),
        pytest.param(fields_of(schema_version=2), "schema_version", id="another version"),
        pytest.param(fields_of("message", sender=SECRET, content="x"), "sender", id="an unknown sender"),
        pytest.param(fields_of("message", sender="agent", content=[SECRET]), "content", id="a list for a text"),
        pytest.param(fields_of("message", sender="agent", attachments=[SECRET]), "attachments", id="a text in a list"),
        pytest.param(fields_of("action", action_name=" "), "action_name", id="a blank action"),
        pytest.param(fields_of("action", action_name="a", duration_ms=SECRET), "duration_ms", id="no number"),
        pytest.param(fields_of("action", action_name="a", started_at=SECRET), "started_at", id="no start"),
        pytest.param(fields_of("button", button_event=5), "button_event", id="a number for a text"),
        pytest.param(fields_of("feedback"), "rating", id="no rating"),
        pytest.param(fields_of("feedback", rating=[SECRET]), "rating", id="a list for a rating"),
        pytest.param(fields_of("feedback", rating=5, rated_by=SECRET), "rated_by", id="an unknown rater"),
        pytest.param(fields_of("token_usage", prompt_tokens=5.0), "prompt_tokens", id="5.0 for an integer"),
        pytest.param(fields_of("token_usage", total_tokens=2**53), "total_tokens", id="an integer beyond 2^53-1"),
        pytest.param(fields_of("token_usage", total_tokens=-1), "total_tokens", id="a negative count"),
        pytest.param(fields_of("token_usage", total_tokens=True), "total_tokens", id="a boolean for an integer"),
        pytest.param(fields_of("conversation_visited", device=[SECRET]), "device", id="a list for a device"),
    ],
)
def test_a_reason_names_the_field_and_what_is_allowed_but_never_the_value(
    fields: dict[str, object], named: str
) -> None:
    error = refusal(value_of(fields))
    assert error.code == "invalid_event"
    assert str(error).partition(":")[0].partition("[")[0] == named
    assert "allowed" in str(error) or "required" in str(error)
    assert SECRET not in str(error)


@pytest.mark.parametrize("member", [b'"%s"', b'"x":%s', b'"x":"%s', b'"x":"%s\\ud800"', b'"x":"%s\xff"', b'"%s":NaN'])
def test_a_reason_for_broken_json_contains_nothing_of_the_value(member: bytes) -> None:
    error = refusal(with_member(member % SECRET.encode()))
    assert error.code == "broken_json"
    assert SECRET not in str(error)


@given(st.binary(max_size=40) | st.text(string.printable, max_size=40).map(str.encode))
@example(b"[" * 5_000)
@example(b'{"a":' * 5_000)
def test_any_bytes_are_an_event_or_rejected(value: bytes) -> None:
    assert refusal(value).code in REASON_CODES


@pytest.mark.parametrize(
    "fields",
    [
        fields_of(),
        fields_of("token_usage"),
        fields_of("action", action_name="a"),
        fields_of("message", sender="agent", content="hi"),
        fields_of("message", sender="agent", attachments=[{}]),
    ],
)
def test_an_event_is_of_the_type_that_it_names(fields: dict[str, object]) -> None:
    assert decode(value_of(fields)).type == fields["type"]


def test_null_means_absent() -> None:
    event = decode(value_of(fields_of(environment=None, metadata=None, unheard_of=None)))
    assert (event.environment, event.metadata, event.model_extra) == ("production", None, {})


def test_an_event_id_is_compared_in_lower_case_and_times_are_cut_to_the_millisecond() -> None:
    event = decode(value_of(fields_of(event_id=EVENT_ID.upper(), occurred_at="2024-04-02t12:00:00.0009999+02:00")))
    assert (event.event_id, event.occurred_at) == (EVENT_ID, AT_MS)


def test_rejected_records_keep_no_reference_to_their_batch() -> None:
    batch = [PLAIN, None, b"{", value_of(fields_of(type="unheard_of"))]
    gc.collect()
    gc.disable()
    try:
        assert [place for place, *_ in decode_all(batch).refused] == [1, 2, 3]
        assert gc.collect() == 0
    finally:
        gc.enable()
