"""Each rule of the event contract, at the one door by which an object becomes an event."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from convostream import (
    Action,
    ConversationEnded,
    Feedback,
    InvalidEvent,
    Message,
    TokenUsage,
    validate_event,
)
from convostream.contract.events import EVENT_MODELS
from tests.support.sdk.events import EVENT_ID, OWN, event, without

LARGEST = 2**53 - 1


@pytest.mark.parametrize("kind", OWN)
def test_each_type_is_its_own_model(kind: str) -> None:
    parsed = validate_event(event(kind))
    assert parsed.type == kind
    assert isinstance(parsed, EVENT_MODELS)


ALLOWED: list[Any] = [
    pytest.param(event(agent_id="😀" * 200), id="200 characters are counted as code points"),
    pytest.param(event(conversation_id="ж" * 255), id="255 characters of a conversation"),
    pytest.param(event(environment="e" * 64), id="64 characters of an environment"),
    pytest.param(event(agent_id="\x1c"), id="an information separator is not blank"),
    pytest.param(event(agent_id=" a "), id="an id with spaces around"),
    pytest.param(event(content=None, attachments=[{}]), id="an attachment without content"),
    pytest.param(event(content=" ", attachments=[{"x": 1}]), id="blank content with an attachment"),
    pytest.param(event(sender="system"), id="a system message"),
    pytest.param(event(attachments=[]), id="content with an empty list of attachments"),
    pytest.param(event(attachments=[{"filename": None, "size_bytes": None}]), id="nulls in an attachment"),
    pytest.param(event("token_usage", prompt_tokens=LARGEST), id="the largest integer"),
    pytest.param(event("token_usage", prompt_tokens=0), id="zero tokens"),
    pytest.param(event("action", duration_ms=-5), id="a negative duration is kept as sent"),
    pytest.param(event("action", duration_ms=1e300), id="an absurd duration is kept as sent"),
    pytest.param(event("feedback", rating=""), id="an empty rating is a string"),
    pytest.param(event("feedback", rating={}), id="an empty object is a rating"),
    pytest.param(event("feedback", rated_by="staff"), id="a rating by staff"),
    pytest.param(event(metadata={}), id="empty metadata"),
    pytest.param(event("conversation_ended", sender=5, rating=[1]), id="fields of another type are unknown here"),
    pytest.param(event("conversation_visited", customer_id="", device="smart-fridge"), id="attributes of any text"),
]


@pytest.mark.parametrize("fields", ALLOWED)
def test_what_the_contract_allows_is_an_event(fields: dict[str, object]) -> None:
    assert validate_event(fields).type == fields["type"]


REFUSED: list[Any] = [
    ("event_id", "not a UUID", event(event_id="1234"), "a short id"),
    ("event_id", "not a UUID", event(event_id=EVENT_ID + "\n"), "an id with a line feed"),
    ("event_id", "not a UUID", event(event_id=EVENT_ID.replace("-", "")), "an id without dashes"),
    ("event_id", "missing", without(event(), "event_id"), "no id"),
    ("event_id", "missing", event(event_id=None), "an id of null"),
    ("type", "unknown", event("greeting"), "an unknown type"),
    ("type", "unknown", event([]), "a list as type"),
    ("type", "missing", without(event(), "type"), "no type"),
    ("type", "missing", event(None), "a type of null"),
    ("schema_version", "this version is not supported", event(schema_version=2), "version 2"),
    ("schema_version", "this version is not supported", event(schema_version=0), "version 0"),
    ("schema_version", "not an integer", event(schema_version=True), "a version of true"),
    ("schema_version", "not an integer", event(schema_version=1.0), "version 1.0"),
    ("schema_version", "not an integer", event(schema_version="1"), "a version in quotes"),
    ("agent_id", "missing", without(event(), "agent_id"), "no agent"),
    ("agent_id", "blank", event(agent_id=""), "an empty agent"),
    ("agent_id", "blank", event(agent_id="\u3000\x85"), "an agent of white space"),
    ("agent_id", "too long", event(agent_id="😀" * 201), "201 characters"),
    ("agent_id", "not a string", event(agent_id=7), "a number as agent"),
    ("environment", "too long", event(environment="e" * 65), "65 characters"),
    ("environment", "blank", event(environment=" "), "a blank environment"),
    ("conversation_id", "too long", event(conversation_id="c" * 256), "256 characters"),
    ("conversation_id", "missing", event(conversation_id=None), "a conversation of null"),
    ("occurred_at", "not a date-time", event(occurred_at="yesterday"), "no date-time"),
    ("occurred_at", "no such day", event(occurred_at="2026-02-29T00:00:00Z"), "a day that is none"),
    ("occurred_at", "not a string", event(occurred_at=1_775_044_800_123), "milliseconds"),
    ("occurred_at", "missing", event(occurred_at=None), "a time of null"),
    ("metadata", "not an object", event(metadata=[]), "a list as metadata"),
    ("metadata", "not an object", event(metadata="x"), "a string as metadata"),
    ("sender", "missing", without(event(), "sender"), "no sender"),
    ("sender", "unknown", event(sender="bot"), "an unknown sender"),
    ("sender", "unknown", event(sender="Agent"), "a sender in capitals"),
    ("content", "blank, and there is no attachment", event(content="\u2003"), "blank content"),
    ("content", "blank, and there is no attachment", event(content=None), "no content"),
    ("content", "blank, and there is no attachment", event(content="", attachments=[]), "neither of both"),
    ("content", "not a string", event(content=5), "a number as content"),
    ("attachments", "not a list", event(attachments={}), "an object as attachments"),
    ("attachments[0]", "not an object", event(attachments=["a.png"]), "a string as attachment"),
    ("attachments[1].size_bytes", "not an integer", event(attachments=[{}, {"size_bytes": 5.0}]), "a size of 5.0"),
    ("attachments[0].size_bytes", "not an integer", event(attachments=[{"size_bytes": True}]), "a size of true"),
    ("attachments[0].size_bytes", "below 0", event(attachments=[{"size_bytes": -1}]), "a size of -1"),
    ("attachments[0].filename", "not a string", event(attachments=[{"filename": 5}]), "a number as filename"),
    ("action_name", "blank", event("action", action_name=" "), "a blank action"),
    ("action_name", "missing", event("action", action_name=None), "an action of null"),
    ("started_at", "not a date-time", event("action", started_at="x"), "a start that is none"),
    ("duration_ms", "of another type", event("action", duration_ms=True), "a duration of true"),
    ("duration_ms", "of another type", event("action", duration_ms="5"), "a duration in quotes"),
    ("tools_used", "not an object", event("action", tools_used=["a"]), "a list of tools"),
    ("error_message", "not a string", event("action", error_message={}), "an object as error"),
    ("button_event", "blank", event("button", button_event=""), "an empty button"),
    ("rating", "missing", event("feedback", rating=None), "a rating of null"),
    ("rating", "of another type", event("feedback", rating=["up"]), "a list as rating"),
    ("rated_by", "unknown", event("feedback", rated_by="robot"), "an unknown rater"),
    ("prompt_tokens", "not an integer", event("token_usage", prompt_tokens=5.0), "5.0 tokens"),
    ("prompt_tokens", "not an integer", event("token_usage", prompt_tokens=True), "true tokens"),
    ("prompt_tokens", "not an integer", event("token_usage", prompt_tokens="5"), "tokens in quotes"),
    ("total_tokens", "too large", event("token_usage", total_tokens=LARGEST + 1), "2^53 tokens"),
    ("total_tokens", "too large", event("token_usage", total_tokens=10**30), "10^30 tokens"),
    ("embedding_tokens", "below 0", event("token_usage", embedding_tokens=-1), "-1 tokens"),
    ("device", "not a string", event("conversation_visited", device=5), "a number as device"),
]


@pytest.mark.parametrize(("field", "problem", "fields"), [pytest.param(*case[:3], id=case[3]) for case in REFUSED])
def test_what_it_does_not_allow_is_refused_with_the_field(field: str, problem: str, fields: dict[str, object]) -> None:
    with pytest.raises(InvalidEvent) as refused:
        validate_event(fields)
    found = refused.value.problems[0]
    assert (found.field, found.problem) == (field, problem)
    assert str(refused.value).startswith(f"{field}: {problem}; ")


def test_a_reason_says_what_is_allowed_and_never_what_was_sent() -> None:
    with pytest.raises(InvalidEvent) as refused:
        validate_event(event(sender="secret-sender", occurred_at="secret-time", agent_id="secret" * 50))
    assert "secret" not in str(refused.value)
    assert "allowed are end_user, agent, system" in str(refused.value)


@pytest.mark.parametrize("value", [None, 5, "text", []])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(InvalidEvent, match="event: not an object"):
        validate_event(value)


def test_null_is_absent_in_every_field_that_need_not_be_there() -> None:
    names = ("schema_version", "environment", "metadata", "attachments")
    parsed = validate_event(event(**dict.fromkeys([*names, "unknown"])))
    assert parsed == validate_event(without(event(), *names))
    assert parsed.environment == "production"
    assert parsed.schema_version == 1
    assert parsed.model_extra == {}


def test_rated_by_is_the_customer_unless_said() -> None:
    parsed = validate_event(event("feedback", rated_by=None))
    assert isinstance(parsed, Feedback)
    assert parsed.rated_by == "customer"


def test_nulls_inside_of_values_stay() -> None:
    parsed = validate_event(event("feedback", metadata={"a": None}, rating={"score": None}, extra={"b": None}))
    assert isinstance(parsed, Feedback)
    assert parsed.metadata == {"a": None}
    assert parsed.rating == {"score": None}
    assert parsed.model_extra == {"extra": {"b": None}}


def test_an_unknown_field_is_kept_as_it_is() -> None:
    attachments = [{"filename": None}]
    parsed = validate_event(event("conversation_ended", attachments=attachments, content=5))
    assert parsed.model_extra == {"attachments": attachments, "content": 5}


def test_unknown_keys_of_an_attachment_are_kept_and_its_nulls_are_not() -> None:
    parsed = validate_event(event(attachments=[{"filename": None, "mime_type": "image/png", "width": {"px": 5}}]))
    assert isinstance(parsed, Message)
    assert parsed.attachments == [{"mime_type": "image/png", "width": {"px": 5}}]


def test_an_event_id_is_compared_in_lower_case() -> None:
    assert validate_event(event(event_id=EVENT_ID.upper())).event_id == EVENT_ID


@pytest.mark.parametrize("rating", ["5", 5, 5.0, True, False, {"score": 5}])
def test_a_rating_keeps_its_type(rating: object) -> None:
    parsed = validate_event(event("feedback", rating=rating))
    assert isinstance(parsed, Feedback)
    assert type(parsed.rating) is type(rating)
    assert parsed.rating == rating


@pytest.mark.parametrize("duration", [5, 5.0, 0.1])
def test_a_duration_keeps_its_type(duration: float) -> None:
    parsed = validate_event(event("action", duration_ms=duration))
    assert isinstance(parsed, Action)
    assert type(parsed.duration_ms) is type(duration)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    with pytest.raises(InvalidEvent, match=r"^duration_ms: "):
        validate_event(event("action", duration_ms=number))
    with pytest.raises(InvalidEvent, match=r"^rating: "):
        validate_event(event("feedback", rating=number))


def test_times_are_milliseconds_inside_and_text_outside() -> None:
    parsed = validate_event(event("action", started_at="2026-04-01T14:00:00.9999+02:00"))
    assert isinstance(parsed, Action)
    assert parsed.started_at == 1_775_044_800_999
    assert parsed.model_dump()["started_at"] == "2026-04-01T12:00:00.999Z"


def test_a_model_takes_datetimes() -> None:
    moment = datetime(2026, 4, 1, 12, tzinfo=UTC)
    fields = {"event_id": EVENT_ID, "agent_id": "a", "conversation_id": "c", "occurred_at": moment}
    ended = ConversationEnded.model_validate(fields)
    assert ended.occurred_at == 1_775_044_800_000


def test_an_event_is_frozen() -> None:
    parsed = validate_event(event("token_usage"))
    assert isinstance(parsed, TokenUsage)
    with pytest.raises(ValidationError):
        setattr(parsed, "model", "other")  # noqa: B010 - a type checker knows already


def test_validation_leaves_the_object_as_it_was() -> None:
    fields = event(metadata=None, attachments=[{"filename": None}])
    before = {**fields, "attachments": [{"filename": None}]}
    validate_event(fields)
    assert fields == before
