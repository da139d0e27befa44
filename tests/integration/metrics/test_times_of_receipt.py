"""Rule 2 with producer timestamps: the limits of the range, and records without a time."""

import pytest

from tests.oracle.cases import Script
from tests.oracle.date_times import epoch_ms
from tests.support.kafka.topic_log import PlacedRecord
from tests.support.stack.harness import Harness, unique_agent

pytestmark = pytest.mark.brokers("embedded", "kafka")

NOON = epoch_ms("2024-04-02T12:00:00Z")
LEAD = 300_000
SQL = """
SELECT toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(received_at), has(invalid_fields, 'occurred_at')
FROM events WHERE agent_id = {agent_id:String} ORDER BY conversation_id
"""


def _stored(harness: Harness, times: list[tuple[str | int, int | None]]) -> list[tuple[object, ...]]:
    script = Script(unique_agent("received"), NOON)
    for number, (occurred_at, _) in enumerate(times):
        script.user(occurred_at, f"chat-{number}")
    harness.send([PlacedRecord(sent, timestamp_ms=at) for sent, (_, at) in zip(script.sent, times, strict=True)])
    harness.drain()
    return harness.rows(SQL, agent_id=script.agent_id)


def test_rule_2_five_minutes_ahead_of_receipt_is_kept_and_one_more_millisecond_is_replaced(forgetful: Harness) -> None:
    stored = _stored(forgetful, [(NOON + LEAD, NOON), (NOON + LEAD + 1, NOON), (f"{'2024-04-02 12:05:00.0009'}", NOON)])
    assert stored == [(NOON + LEAD, NOON, 0), (NOON, NOON, 1), (NOON + LEAD, NOON, 0)]


def test_rule_2_the_year_2000_is_kept_and_the_millisecond_before_is_replaced(forgetful: Harness) -> None:
    first = epoch_ms("2000-01-01T00:00:00Z")
    stored = _stored(forgetful, [(first, NOON), (first - 1, NOON), ("0001-01-01T00:00:00+23:59", NOON)])
    assert stored == [(first, NOON, 0), (NOON, NOON, 1), (NOON, NOON, 1)]


def test_rule_2_the_time_of_receipt_is_the_records_own(harness: Harness) -> None:
    script = Script(unique_agent("received"), NOON)
    script.user("10:00:00")
    (record,) = harness.send(script.sent)
    harness.drain()
    assert harness.rows(SQL, agent_id=script.agent_id) == [(epoch_ms("2024-04-02T10:00:00Z"), record.received_at, 0)]
