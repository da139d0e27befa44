"""The database of the pipelines beside this project: a row an event and two views, and what it must hold."""

from typing import Final
from urllib.parse import urlsplit

from clickhouse_connect.driver.client import Client

from benchmarks.contenders.small_job import OBJECTS, TEXTS
from benchmarks.harness.contender import ContenderFailed
from benchmarks.harness.queries import client_of
from benchmarks.workload.load import Load

DATABASE: Final = "convostream_small"

# Columns of few values.
FEW: Final = ("type", "agent_id", "environment", "device", "source", "language", "sender", "action_name")

EVENTS_SQL: Final = f"""
CREATE TABLE events (
    {", ".join(f"{name} {'LowCardinality(String)' if name in FEW else 'String'}" for name in (*TEXTS, *OBJECTS))},
    occurred_at DateTime64(3, 'UTC'), duration_ms Nullable(Float64), country_code LowCardinality(String),
    response_ms Nullable(Int64), inserted_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree ORDER BY (agent_id, environment, occurred_at)
"""
MESSAGES_SQL: Final = """
CREATE MATERIALIZED VIEW messages_by_hour ENGINE = SummingMergeTree ORDER BY (agent_id, environment, hour) AS
SELECT agent_id, environment, toStartOfHour(occurred_at) AS hour, count() AS events,
    countIf(type = 'message') AS messages, countIf(response_ms IS NOT NULL) AS answers, sum(response_ms) AS waited_ms
FROM events GROUP BY agent_id, environment, hour
"""
CONVERSATIONS_SQL: Final = """
CREATE MATERIALIZED VIEW conversations_by_day ENGINE = AggregatingMergeTree
ORDER BY (agent_id, environment, day, country_code) AS
SELECT agent_id, environment, toDate(occurred_at) AS day, country_code, uniqState(conversation_id) AS conversations
FROM events GROUP BY agent_id, environment, day, country_code
"""
LANDED_SQL: Final = "SELECT (SELECT count() FROM events), (SELECT sum(events) FROM messages_by_hour)"
FOUND_SQL: Final = (
    "SELECT count() AS stored, uniqExact(agent_id, conversation_id, event_id) AS event_ids,"
    " countIf(type = 'message') AS messages, countIf(response_ms IS NOT NULL) AS answers,"
    " (SELECT sum(answers) FROM messages_by_hour) AS answers_in_view FROM events"
)


def database_url(url: str) -> str:
    """Return the address of the database, from that of the product's on the same server."""
    return urlsplit(url)._replace(path=f"/{DATABASE}").geturl()


def make_database(url: str) -> Client:
    """Make the database anew, and return a client of it."""
    server = client_of(url)
    server.command(f"DROP DATABASE IF EXISTS {DATABASE} SYNC")
    server.command(f"CREATE DATABASE {DATABASE}")
    client = client_of(database_url(url))
    for statement in (EVENTS_SQL, MESSAGES_SQL, CONVERSATIONS_SQL):
        client.command(statement)
    return client


def landed(client: Client) -> int:
    """Return how many events are in the table and in its view."""
    return min(int(value) for value in client.query(LANDED_SQL).result_rows[0])


def check(client: Client, load: Load) -> None:
    """Raise ContenderFailed unless the table and its views hold what was sent, and every answer has its question."""
    (found,) = client.query(FOUND_SQL).named_results()
    messages = sum(number for (_, view, column), number in load.numbers.items() if column == "messages")
    expected = {"stored": len(load.records), "event_ids": len(load.records), "messages": messages}
    expected |= dict.fromkeys(("answers", "answers_in_view"), load.answers)
    wrong = [f"{name}: {sent:,} sent, {found[name]:,} found" for name, sent in expected.items() if sent != found[name]]
    if wrong:
        raise ContenderFailed("the numbers are wrong:\n" + "\n".join(wrong))
