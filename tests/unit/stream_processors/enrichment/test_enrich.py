"""Enrichment: times out of range, repairs, what is derived for the fold, and the values of a row."""

import json

import pytest
from hypothesis import given

from convostream.contract.date_times import format_date_time
from stream_processors.clickhouse.block import build_block
from stream_processors.conversations import events as kinds
from stream_processors.conversations.events import Call, Profile
from stream_processors.conversations.values import CLOCK_TOLERANCE_MS, EARLIEST_TIME
from stream_processors.enrichment.durations import LATEST_MS
from stream_processors.enrichment.enrich import OWN_COLUMNS
from tests.support.kafka.records import AT_MS, fields_of
from tests.support.worker.wire_events import (
    TYPES,
    EnrichedEvent,
    Fields,
    any_events,
    enriched,
    enriched_events,
    own_values,
    rows_of,
)

MINUTE = 60_000
OWNER: dict[str, str | int] = {"topic": "t", "partition": 0, "log_epoch": 1, "owner_epoch": 1, "owner_id": "w"}


def own(fields: Fields, event: EnrichedEvent | None = None) -> dict[str, object]:
    return own_values(event or enriched(fields), OWN_COLUMNS[str(fields["type"])])


def action(**own_fields: object) -> Fields:
    return fields_of("action", **{"action_name": "search", **own_fields})


@pytest.mark.parametrize(
    ("occurred_at", "received_at", "counts"),
    [
        pytest.param(AT_MS, AT_MS, True, id="at the time of receipt"),
        pytest.param(AT_MS + 5 * MINUTE, AT_MS, True, id="exactly five minutes ahead"),
        pytest.param(AT_MS + 5 * MINUTE + 1, AT_MS, False, id="a millisecond more"),
        pytest.param(EARLIEST_TIME, AT_MS, True, id="exactly 2000-01-01"),
        pytest.param(EARLIEST_TIME - 1, AT_MS, False, id="a millisecond before it"),
        pytest.param(-62_135_683_140_000, AT_MS, False, id="before the year 1"),
        pytest.param(253_402_387_139_000, AT_MS, False, id="after the year 9999"),
        pytest.param(AT_MS - 366 * 24 * 60 * MINUTE, AT_MS, True, id="a year late"),
    ],
)
def test_a_time_out_of_range_is_replaced_by_that_of_receipt_and_flagged(
    occurred_at: int, received_at: int, counts: bool
) -> None:
    event = enriched(fields_of(occurred_at=format_date_time(occurred_at)), received_at)
    assert event.fold_event.occurred_at == (occurred_at if counts else received_at)
    assert event.invalid_fields == ([] if counts else ["occurred_at"])
    assert event.received_at == received_at


def test_the_bounds_are_those_of_the_definition() -> None:
    assert format_date_time(EARLIEST_TIME) == "2000-01-01T00:00:00.000Z"
    assert CLOCK_TOLERANCE_MS == 5 * MINUTE
    assert format_date_time(LATEST_MS) == "2299-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    ("fields", "invalid_fields"),
    [
        pytest.param(fields_of("conversation_visited", language="Elvish?"), ["language"], id="a language"),
        pytest.param(
            fields_of("conversation_engaged", customer_ip_address="x"), ["customer_ip_address"], id="an address"
        ),
        pytest.param(fields_of("feedback", rating="meh"), ["rating"], id="a rating"),
        pytest.param(fields_of("feedback", rating="meh", rated_by="staff"), ["rating"], id="a rating by staff"),
        pytest.param(
            fields_of("conversation_visited", metadata={"feedback": 9}), ["rating"], id="a rating in metadata"
        ),
        pytest.param(action(duration_ms=-1), ["duration_ms"], id="a negative duration"),
        pytest.param(action(duration_ms=10**12 + 1), ["duration_ms"], id="a duration above 10^12 ms"),
        pytest.param(
            action(started_at="1899-12-31T23:59:59Z", ended_at="1900-01-01T00:00:00Z"),
            ["duration_ms"],
            id="before 1900",
        ),
        pytest.param(
            action(started_at="2299-12-31T23:59:59Z", ended_at="2300-01-01T00:00:00Z"), ["duration_ms"], id="after 2299"
        ),
        pytest.param(
            action(started_at="2024-01-02T00:00:00Z", ended_at="2024-01-01T00:00:00Z"), ["duration_ms"], id="backwards"
        ),
        pytest.param(fields_of(occurred_at="1970-01-01T00:00:00Z"), ["occurred_at"], id="a time out of range"),
    ],
)
def test_what_cannot_be_read_is_flagged(fields: Fields, invalid_fields: list[str]) -> None:
    assert enriched(fields).invalid_fields == invalid_fields


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(fields_of("conversation_visited", device="fridge"), id="any device is other"),
        pytest.param(fields_of("conversation_visited", source="anything"), id="any source is one"),
        pytest.param(fields_of("conversation_visited", device="", source=" ", language="unknown"), id="not known"),
        pytest.param(fields_of("conversation_visited", customer_ip_address="10.0.0.1"), id="a private address"),
        pytest.param(fields_of("conversation_visited", customer_ip_address="x, 10.0.0.1"), id="a list with an address"),
        pytest.param(fields_of("conversation_visited", customer_id="none"), id="nobody"),
        pytest.param(fields_of("conversation_visited", metadata={"feedback": None}), id="no rating in metadata"),
        pytest.param(fields_of("token_usage", metadata={"feedback": 9}), id="metadata of another type"),
        pytest.param(action(duration_ms=10**12), id="the longest duration"),
        pytest.param(action(started_at="2024-01-01T00:00:00Z"), id="a start alone"),
        pytest.param(fields_of("feedback", rating=3.0), id="a number that is one of the scale"),
    ],
)
def test_what_can_be_read_is_not_flagged(fields: Fields) -> None:
    assert enriched(fields).invalid_fields == []


def test_several_repairs_are_all_named() -> None:
    event = enriched(
        fields_of(
            "conversation_engaged",
            occurred_at="1970-01-01T00:00:00Z",
            customer_ip_address="x",
            language="?",
            metadata={"feedback": "?"},
        )
    )
    assert sorted(event.invalid_fields) == ["customer_ip_address", "language", "occurred_at", "rating"]


def test_times_of_a_call_outside_1900_to_2299_are_not_stored() -> None:
    fields = action(started_at="1899-12-31T23:59:59.999Z", ended_at="2300-01-01T00:00:00Z")
    assert (own(fields)["started_at"], own(fields)["ended_at"], own(fields)["call_duration_ms"]) == (None, None, None)
    fields = action(started_at="1900-01-01T00:00:00Z", ended_at="2299-12-31T23:59:59.999Z")
    assert (own(fields)["started_at"], own(fields)["ended_at"]) == (-2_208_988_800_000, LATEST_MS)


def test_a_duration_is_kept_as_sent_beside_the_one_that_counts() -> None:
    values = own(action(duration_ms=-5, started_at="2024-01-01T00:00:00Z", ended_at="2024-01-01T00:00:01Z"))
    assert (values["duration_ms"], values["call_duration_ms"]) == (-5, 1_000)


@pytest.mark.parametrize(
    ("error_message", "failed"),
    [(None, False), ("", False), (" \u3000\n", False), ("boom", True), ("\x1f", True)],
    ids=["none", "empty", "blank", "a text", "a control character"],
)
def test_a_call_with_an_error_message_that_is_not_blank_has_failed(error_message: str | None, failed: bool) -> None:
    fields = action(action_name=" Ticket ", error_message=error_message)
    assert enriched(fields).fold_event.detail == Call(escalates=True, failed=failed)
    assert (own(fields)["failed"], own(fields)["call_name"], own(fields)["action_name"]) == (
        failed,
        "Ticket",
        " Ticket ",
    )


@pytest.mark.parametrize("type_", ["conversation_visited", "conversation_engaged"])
def test_feedback_in_the_metadata_of_an_opening_is_a_rating(type_: str) -> None:
    fields = fields_of(type_, metadata={"feedback": {"score": 5}})
    detail = enriched(fields).fold_event.detail
    assert isinstance(detail, Profile)
    assert detail.rating == own(fields)["verdict"] == "positive"


def test_a_customer_s_feedback_is_a_rating_and_staff_s_is_silent() -> None:
    customer, staff = fields_of("feedback", rating="up"), fields_of("feedback", rating="up", rated_by="staff")
    rated, silent = enriched(customer).fold_event, enriched(staff).fold_event
    assert (rated.kind, rated.detail) == (kinds.RATING, "positive")
    assert (silent.kind, silent.detail) == (kinds.SILENT, None)
    assert own(staff)["verdict"] == "positive"


@pytest.mark.parametrize(
    ("fields", "kind", "rank"),
    [
        (fields_of("message", sender="end_user", content="x"), kinds.END_USER_MESSAGE, 0),
        (fields_of("message", sender="agent", content="x"), kinds.AGENT_MESSAGE, 1),
        (fields_of("message", sender="system", content="x"), kinds.SILENT, 1),
        (fields_of("button", button_event="x"), kinds.BUTTON, 1),
        (fields_of("token_usage"), kinds.SILENT, 1),
        (fields_of("conversation_ended"), kinds.END, 1),
    ],
    ids=["end_user", "agent", "system", "button", "tokens", "end"],
)
def test_each_event_has_its_kind_and_its_place_in_a_millisecond(fields: Fields, kind: int, rank: int) -> None:
    event = enriched(fields).fold_event
    assert (event.kind, event.rank, event.detail) == (kind, rank, None)


def test_extra_holds_the_fields_that_the_type_does_not_list() -> None:
    extra = enriched(fields_of("message", sender="agent", content="x", device={"a": [None]}, rating=5)).extra
    assert json.loads(extra or "") == {"device": {"a": [None]}, "rating": 5}


@pytest.mark.parametrize("type_", TYPES)
def test_nothing_unknown_is_no_extra(type_: str) -> None:
    required: Fields = {
        "message": {"sender": "agent", "content": "x"},
        "action": {"action_name": "x"},
        "button": {"button_event": "x"},
        "feedback": {"rating": 5},
    }
    own_fields = required.get(type_, {})
    assert isinstance(own_fields, dict)
    assert enriched(fields_of(type_, **own_fields)).extra is None


def test_json_columns_hold_what_was_sent() -> None:
    attachments = [{"filename": "a.pdf", "size_bytes": 5, "pages": [1]}]
    message = fields_of("message", sender="agent", attachments=attachments, metadata={"a": {"b": None}})
    assert json.loads(str(own(message)["attachments"])) == attachments
    assert json.loads(enriched(message).metadata or "") == {"a": {"b": None}}
    assert own(action(tools_used={"q": "ä"}))["tools_used"] == '{"q":"ä"}'


@pytest.mark.parametrize(
    ("rating", "stored"),
    [(5, "5"), (5.0, "5.0"), (0, "0"), (False, "false"), (True, "true"), ("up", '"up"'), ({"score": 1}, '{"score":1}')],
)
def test_a_rating_is_stored_as_the_json_that_was_sent(rating: object, stored: str) -> None:
    assert own(fields_of("feedback", rating=rating))["rating"] == stored


@given(any_events)
def test_any_event_becomes_a_row(fields: Fields) -> None:
    assert build_block(rows_of(enriched_events(fields)), OWNER).rows == 1


@pytest.mark.parametrize("duration_ms", [2**53 + 1, 10**18, -(10**18), 2**64 - 1])
def test_a_whole_duration_of_any_size_becomes_a_row(duration_ms: int) -> None:
    assert build_block(rows_of(enriched_events(action(duration_ms=duration_ms))), OWNER).rows == 1


@pytest.mark.parametrize(("rating", "stored"), [("", '""'), ({}, "{}"), (0, "0"), (False, "false")])
def test_an_empty_rating_is_stored_as_the_json_that_was_sent(rating: object, stored: str) -> None:
    assert own(fields_of("feedback", rating=rating))["rating"] == stored
