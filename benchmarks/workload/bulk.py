"""Millions of events inside ClickHouse without Kafka, and the facts that the worker's own `rebuild` makes of them.

Each conversation has eight events: an opening, a question, an action, an answer, a question, an answer or none, a
button, a rating or tokens; one in twenty goes on after a pause of two hours. Everything is a hash of its number.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from deploy.embedded.settings import ROOT
from stream_processors.conversations.key import ConversationKey, conversation_hash

EVENTS_EACH: Final = 8
DAYS: Final = 60
ENVIRONMENT: Final = "production"

# Conversations of one insert: a million events.
AT_ONCE: Final = 125_000

# What the events of a conversation have in common, by its number `c`; people write in the second half of the day.
CONVERSATIONS: Final = """
SELECT
    c, agent_id, conversation_id, conversation_hash, cityHash64(c) AS draw,
    toUnixTimestamp({today:DateTime('UTC')}) * 1000 - (draw % {days:UInt32}) * 86400000
        - (cityHash64(c, 'hour') % 43200000 + cityHash64(c, 'hour again') % 43200000) AS began,
    cityHash64(c, 'customer') % {customers:UInt64} AS person,
    if(draw % 10 = 0, NULL, cityHash64(c, 'place') % 400) AS place,
    if(cityHash64(c, 'pause') % 20 = 0, 7200000, 0) AS pause
FROM bulk
"""
EVENTS: Final = f"""
INSERT INTO events (
    agent_id, environment, quarter_hour, conversation_hash, conversation_id, event_id, type, schema_version,
    occurred_at, received_at, sender, content, action_name, error_message, button_event, rating, rated_by,
    prompt_tokens, customer_id, device, source, language, duration_ms, customer, has_public_address, country_code,
    region, city, latitude, longitude, device_class, source_name, language_code, verdict, failed, call_name,
    call_duration_ms, topic, partition, log_epoch, offset
)
WITH
    arrayJoin(range({EVENTS_EACH})) AS step,
    cityHash64(c, step) AS chance,
    began + step * 15000 + chance % 14000 + if(step >= 4, pause, 0) AS at,
    multiIf(
        step = 0, if(chance % 10 < 3, 'conversation_visited', 'conversation_engaged'), step = 2, 'action',
        step = 6, 'button', step = 7, if(chance % 4 = 0, 'feedback', 'token_usage'),
        step = 5 AND chance % 10 = 0, 'token_usage', 'message'
    ) AS type,
    step = 0 AS opens, type = 'action' AS acts, opens AND place IS NOT NULL AS placed,
    if(type != 'message', '', if(step IN (1, 4), 'end_user', 'agent')) AS sender,
    if(acts, if(chance % 12 = 0, 'open_ticket', concat('tool_', toString(chance % 40))), '') AS name,
    if(acts AND chance % 31 = 0, 'TimeoutError: no answer', '') AS error,
    if(acts, toFloat64(chance % 900000) / 1000, NULL) AS milliseconds,
    if(opens AND person % 9 != 0, concat('u-', toString(person)), '') AS customer,
    if(opens, ['desktop', 'mobile', 'tablet', ''][chance % 4 + 1], '') AS device,
    if(opens, ['web', 'whatsapp', 'email', ''][chance % 4 + 1], '') AS source,
    if(opens, ['en', 'es', 'de', 'hr', ''][chance % 5 + 1], '') AS language,
    if(type = 'feedback', ['positive', 'positive', 'neutral', 'negative'][intDiv(chance, 4) % 4 + 1], '') AS verdict
SELECT
    agent_id, '{ENVIRONMENT}', intDiv(at, 900000), conversation_hash, conversation_id,
    concat('01980000-0000-7000-8000-', leftPad(lower(hex(c * {EVENTS_EACH} + step)), 12, '0')),
    type, 1, fromUnixTimestamp64Milli(at, 'UTC'), fromUnixTimestamp64Milli(at + 300, 'UTC'),
    sender, if(type = 'message', repeat('Where is my order? ', 1 + chance % 8), ''), name, error,
    if(type = 'button', 'quick_reply', ''), if(verdict = '', '', concat('"', verdict, '"')),
    if(type = 'feedback', 'customer', ''), if(type = 'token_usage', chance % 4000, NULL),
    customer, device, source, language, milliseconds, customer, placed,
    if(placed, ['US', 'GB', 'DE', 'FR', 'HR', 'IN', 'BR', 'AU', 'CA', 'JP'][ifNull(place, 0) % 10 + 1], ''),
    if(placed, concat('Region ', toString(ifNull(place, 0) % 50)), ''),
    if(placed, concat('City ', toString(ifNull(place, 0))), ''),
    if(placed, place / 4 - 40, NULL), if(placed, place / 2 - 100, NULL), device, source, language, verdict,
    error != '', name, milliseconds, 'bulk', 0, 1, c * {EVENTS_EACH} + step
FROM ({CONVERSATIONS})
"""  # noqa: S608 - our own words


def fill(client: Client, events: int, agents: int, today: str, said: Callable[[int], None]) -> None:
    """Insert the events of the days before a day, in blocks of a million; return how many there are."""
    client.command("CREATE TABLE bulk (c UInt64, agent_id String, conversation_id String, conversation_hash UInt64)"
                   " ENGINE = Memory")  # fmt: skip
    parameters = {"today": today, "days": DAYS, "customers": max(1, events // EVENTS_EACH // 4)}
    for numbers in _blocks(events // EVENTS_EACH):
        client.insert_arrow("bulk", _named(numbers, agents))
        client.command(EVENTS, parameters)
        client.command("TRUNCATE TABLE bulk")
        said(numbers.stop * EVENTS_EACH)
    client.command("DROP TABLE bulk")


def rebuild(environment: Mapping[str, str]) -> None:
    """Let the worker's own command compute all facts of the events."""
    command = [sys.executable, "-m", "stream_processors", "rebuild"]
    path = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'producers'}"}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **path, **environment}, check=True)


def agent_name(number: int) -> str:
    """Return the name of an agent."""
    return f"agent-{number}"


def _blocks(conversations: int) -> Iterator[range]:
    for first in range(0, conversations, AT_ONCE):
        yield range(first, min(first + AT_ONCE, conversations))


def _named(numbers: range, agents: int) -> pa.Table:
    keys = [ConversationKey(agent_name(c % agents), ENVIRONMENT, f"c-{c:08d}") for c in numbers]
    return pa.table(
        {
            "c": pa.array(numbers, pa.uint64()),
            "agent_id": [key.agent_id for key in keys],
            "conversation_id": [key.conversation_id for key in keys],
            "conversation_hash": pa.array(map(conversation_hash, keys), pa.uint64()),
        }
    )
