"""The public tables equal the oracle: each row once, despite duplicates and corrections."""

import json
from collections.abc import Iterable

import pytest

from tests.oracle import Event
from tests.oracle.conversations import Conversation
from tests.oracle.validation import COMMON, OWN, without_nulls
from tests.support.metrics.random_sets import SEEDS, RandomSet
from tests.support.stack.harness import Harness

TEXTS = (
    "customer_id", "device", "source", "language", "name", "sender", "content", "action_name", "response",
    "error_message", "button_event", "label", "value", "comment", "model",
)  # fmt: skip
OBJECTS = ("metadata", "tools_used", "attachments", "rating")
Rows = list[tuple[object, ...]]


def _ms(*columns: str) -> str:
    return ", ".join(f"toUnixTimestamp64Milli({column})" for column in columns)


def _rows(harness: Harness, each: RandomSet, columns: str, table: str) -> Rows:
    names = f"agent_id, environment, conversation_id, {columns}"
    query = f"SELECT {names} FROM {table} WHERE agent_id IN {{agents:Array(String)}}"
    return _ordered(harness.rows(query, agents=each.agents))


def _ordered(rows: Iterable[tuple[object, ...]]) -> Rows:
    return sorted(rows, key=repr)


def _stored(event: Event) -> tuple[object, ...]:
    texts = (event.text(name) if name in OWN[event.type] else "" for name in TEXTS)
    return *event.key, event.event_id, event.type, event.at, event.received_at, *texts


def _object(event: Event, name: str) -> object:
    """Parse a field that is kept as JSON; null in an attachment's field means absent."""
    value = event.fields.get(name) if name in COMMON | OWN[event.type] else None
    return [without_nulls(item) for item in value] if name == "attachments" and isinstance(value, list) else value


@pytest.mark.parametrize("seed", SEEDS)
def test_events_has_the_first_arrival_of_every_event(harness: Harness, remembered: list[RandomSet], seed: int) -> None:
    each = remembered[seed]
    columns = f"event_id, type, {_ms('occurred_at', 'received_at')}, {', '.join(TEXTS)}"
    assert _rows(harness, each, columns, "events") == _ordered(map(_stored, each.history.events))


@pytest.mark.parametrize("seed", SEEDS)
def test_events_has_objects_and_unknown_fields_unchanged(
    harness: Harness, remembered: list[RandomSet], seed: int
) -> None:
    each = remembered[seed]
    events = {(*event.key, event.event_id): event for event in each.history.events}
    for *key, extra, objects in _rows(harness, each, f"event_id, extra, [{', '.join(OBJECTS)}]", "events"):
        event = events[tuple(map(str, key))]  # type: ignore[index]
        assert isinstance(objects, list)
        sent = [_object(event, name) for name in OBJECTS]
        assert [json.loads(text) if text else None for text in objects] == sent
        known = COMMON.keys() | OWN[event.type].keys() | {"type"}
        unknown = {name: value for name, value in event.fields.items() if name not in known}
        assert json.loads(str(extra) or "{}") == unknown


@pytest.mark.parametrize("seed", SEEDS)
def test_dead_letters_has_every_rejected_record_once(harness: Harness, remembered: list[RandomSet], seed: int) -> None:
    refused = {
        (letter.record.partition, letter.record.offset): letter for letter in remembered[seed].history.dead_letters
    }
    query = """
        SELECT partition, offset, reason FROM dead_letters
        WHERE topic = {topic:String} AND (partition, offset) IN {places:Array(Tuple(UInt32, UInt64))}
    """
    found = harness.rows(query, topic=harness.log.topic, places=list(refused))
    assert sorted(place for *place, _ in found) == sorted(map(list, refused))
    for partition, offset, reason in found:
        fields = refused[int(str(partition)), int(str(offset))].fields
        assert not fields or any(field in str(reason) for field in fields)


def _conversation(each: Conversation) -> tuple[object, ...]:
    messages = each.end_user_messages
    place, (language, region) = each.place, each.language
    failed = any(action.failed for action in each.escalations)
    return (
        *each.key, each.engaged_at, each.visited_at, messages[0].at if messages else None, each.customer or "",
        place.country_code, place.region, place.city, place.latitude, place.longitude, each.device, each.source,
        language, region, each.verdict or "", int(bool(each.escalations)), int(failed),
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_conversations_has_one_correct_row_for_each(harness: Harness, remembered: list[RandomSet], seed: int) -> None:
    each = remembered[seed]
    columns = (
        f"{_ms('engaged_at', 'visited_at', 'first_end_user_message_at')}, customer, country_code, region, city,"
        " latitude, longitude, device, source, language, language_region, rating, escalated, escalation_failed"
    )
    expected = _ordered(map(_conversation, each.history.conversations))
    assert _rows(harness, each, columns, "conversations") == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_sessions_has_one_correct_row_for_each(harness: Harness, remembered: list[RandomSet], seed: int) -> None:
    each = remembered[seed]
    expected = [
        (*conversation.key, session.started_at, session.last_activity_at, session.ended_at, len(session.activities))
        for conversation in each.history.conversations
        for session in conversation.sessions
    ]
    columns = f"{_ms('started_at', 'last_activity_at', 'ifNull(ended_at, last_activity_at)')}, activities"
    assert _rows(harness, each, columns, "sessions") == _ordered(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_exchanges_has_one_correct_row_for_each(harness: Harness, remembered: list[RandomSet], seed: int) -> None:
    each = remembered[seed]
    expected = [
        (*conversation.key, exchange.asked_at, exchange.last_asked_at, exchange.answered_at)
        for conversation in each.history.conversations
        for exchange in conversation.exchanges
    ]
    columns = _ms("asked_at", "last_asked_at", "answered_at")
    assert _rows(harness, each, columns, "exchanges") == _ordered(expected)
