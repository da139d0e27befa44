"""An upgrade copies tables and recreates views while a worker writes: nothing is lost or duplicated."""

import threading
import time

from deploy.embedded.stack.stack import Stack
from sql.address import parse_address
from sql.connection import connect
from sql.differences import find_differences
from sql.migrations import Migration
from sql.retention import Retention
from sql.schema import apply_schema
from tests.oracle import Record
from tests.support.stack.harness import Harness, history, unique_agent
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions
from tests.support.strategies.random_events import generate

UPGRADES = 3
COPIED = ("events", "activity", "dead_letter_records", "session_facts", "ranges")
STATEMENTS = (
    *(
        statement
        for table in COPIED
        for statement in (
            f"DROP TABLE IF EXISTS {table}_new",
            f"CREATE TABLE {table}_new AS {table}",
            f"INSERT INTO {table}_new SELECT * FROM {table}",
            f"EXCHANGE TABLES {table}_new AND {table}",
            f"DROP TABLE {table}_new",
        )
    ),
    "DROP VIEW IF EXISTS activity_mv",
    "DROP VIEW IF EXISTS ranges_mv",
    "DROP VIEW IF EXISTS inbox_accepted_mv",
)


def test_every_view_is_exact_after_upgrades_under_a_writing_worker(stack: Stack, harness: Harness) -> None:
    database = connect(parse_address(stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"]))
    agent, failures = unique_agent("upgrade"), list[BaseException]()

    def upgrade() -> None:
        try:
            for _ in range(UPGRADES):
                apply_schema(database, Retention(), migrations=[Migration(unique_agent("0"), STATEMENTS)])
                time.sleep(2)
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            failures.append(error)

    upgrading = threading.Thread(target=upgrade)
    sent = generate(23, 240, agent_ids=[agent], now=harness.now())
    delivered: list[Record] = []
    upgrading.start()
    while upgrading.is_alive() and sent:
        delivered += harness.send(sent[:40])
        del sent[:40]
        time.sleep(0.1)
    upgrading.join()
    delivered += harness.send(sent) if sent else []
    assert not failures
    harness.drain(120)

    known = history(delivered)
    moments = [event.at for event in known.events if event.key[0] == agent]
    asked = questions(RandomChoices(7), (agent, "production"), moments, harness.now(), 4)
    assert not harness.differences(known, asked)
    stored = harness.rows("SELECT event_id FROM events WHERE agent_id = {agent:String}", agent=agent)
    assert len(stored) == len([event for event in known.events if event.key[0] == agent])
    assert find_differences(database, Retention()) == ()
