"""Dead letters in ClickHouse: rejections, replays and drops, and which dead letters are pending."""

import random
from itertools import permutations

import pytest
from clickhouse_connect.driver.client import Client

from sql.address import parse_address
from sql.connection import connect
from sql.retention import Retention, apply_retention
from tests.support.sql.agent import Agent
from tests.support.sql.clickhouse import ClickHouse
from tests.support.sql.inbox_rows import OWNER, PARTITION, TOPIC, Row, milliseconds, text

AT = milliseconds("2026-03-01 10:00:00")
OPEN = (
    "SELECT offset, attempts, reason, reason_code, raw, has_value, key, has_key, headers, topic, partition, log_epoch"
    " FROM dead_letters WHERE offset = {offset:UInt64}"
)


@pytest.fixture
def offset() -> int:
    """Return an offset for a dead letter of this test."""
    return random.randrange(2**62)


def refused(offset: int, at: int | None = None, **columns: object) -> Row:
    """Return a rejection of the dead letter at an offset, by the record at another one if it is a replay."""
    first = {"raw": "{\x00", "has_value": 1, "key": "k", "has_key": 1, "headers": [["h", "v"], ["h", None]]}
    reason = {"reason": "type: unknown", "reason_code": "invalid_event"}
    return {**row_of(offset, offset if at is None else at, "refused"), **first, **reason, **columns}


def replayed(offset: int, at: int) -> Row:
    """Return a successful replay of the dead letter at an offset."""
    return row_of(offset, at, "replayed")


def row_of(offset: int, at: int, status: str) -> Row:
    origin = {"origin_topic": TOPIC, "origin_partition": PARTITION, "origin_log_epoch": 1, "origin_offset": offset}
    place = {"topic": TOPIC, "partition": PARTITION, "log_epoch": 1, "offset": at, "owner_epoch": 1, "owner_id": OWNER}
    return {"kind": "dead_letter", "status": status, "received_at": text(AT), **place, **origin}


def write(agent: Agent, *rows: Row, token: str = "") -> None:
    agent.rows += rows
    agent.flush(token)


def open_letters(client: Client, offset: int) -> list[tuple[object, ...]]:
    return [tuple(row) for row in client.query(OPEN, parameters={"offset": offset}).result_rows]


def test_a_dead_letter_keeps_the_record_and_a_repeated_flush_changes_nothing(
    client: Client, agent: Agent, offset: int
) -> None:
    for _ in range(2):
        write(agent, refused(offset), token=f"{agent.agent_id}:dead")
    assert open_letters(client, offset) == [
        (
            offset,
            1,
            "type: unknown",
            "invalid_event",
            "{\x00",
            1,
            "k",
            1,
            [("h", "v"), ("h", None)],
            TOPIC,
            PARTITION,
            1,
        )
    ]
    stored = client.query(
        "SELECT count() FROM dead_letter_records WHERE offset = {offset:UInt64}", parameters={"offset": offset}
    )
    assert stored.result_rows == [(1,)]


def test_a_duplicate_record_counts_once(client: Client, agent: Agent, offset: int) -> None:
    write(agent, refused(offset))
    write(agent, refused(offset))
    assert [row[:2] for row in open_letters(client, offset)] == [(offset, 1)]


def test_a_failed_replay_updates_the_reason_and_keeps_the_record(client: Client, agent: Agent, offset: int) -> None:
    write(agent, refused(offset))
    again = {"key": "a/c", "headers": [["convostream-dead-letter", "x"]], "reason": "rating: missing"}
    write(agent, refused(offset, offset + 1, **again))
    ((_, attempts, reason, *_, key, _, headers, _, _, _),) = open_letters(client, offset)
    assert (attempts, reason, key, headers) == (2, "rating: missing", "k", [("h", "v"), ("h", None)])
    assert open_letters(client, offset + 1) == []


def test_a_replayed_dead_letter_stays_resolved_in_any_order_of_its_rows(
    client: Client, agent: Agent, offset: int
) -> None:
    for number, order in enumerate(permutations(range(3))):
        letter = offset + 10 * number
        rows = refused(letter), replayed(letter, letter + 1), refused(letter, letter + 2)
        for each in order:
            write(agent, rows[each])
        assert open_letters(client, letter) == []


def test_a_dropped_dead_letter_is_not_pending(client: Client, agent: Agent, offset: int) -> None:
    write(agent, refused(offset), refused(offset + 1))
    write(agent, {**row_of(offset, 0, "dropped")})
    assert [len(open_letters(client, each)) for each in (offset, offset + 1)] == [0, 1]


def test_a_record_of_another_log_epoch_is_another_dead_letter(client: Client, agent: Agent, offset: int) -> None:
    write(agent, refused(offset), refused(offset, log_epoch=2, origin_log_epoch=2))
    write(agent, replayed(offset, offset + 1))
    assert [row[-1] for row in open_letters(client, offset)] == [2]


def test_a_resolved_dead_letter_stays_resolved_when_rejections_expire(
    client: Client, clickhouse: ClickHouse, agent: Agent, offset: int
) -> None:
    rows = refused(offset), replayed(offset, offset + 1), refused(offset + 2)
    columns = sorted({name for row in rows for name in row} - {"kind", "owner_epoch", "owner_id"})
    old = [[*(row.get(name, "" if name != "headers" else []) for name in columns), 0] for row in rows]
    for row in old:
        row[columns.index("received_at")] = AT // 1000
        row[columns.index("has_value")] = row[columns.index("has_key")] = 1
    client.insert("dead_letter_records", old, [*columns, "written_at"])
    database = connect(parse_address(clickhouse.url()))
    apply_retention(database, Retention(dead_letter_days=9))
    client.command("OPTIMIZE TABLE dead_letter_records FINAL")
    apply_retention(database, Retention())
    left = client.query(
        "SELECT status FROM dead_letter_records WHERE origin_offset BETWEEN {offset:UInt64} AND {offset:UInt64} + 2",
        parameters={"offset": offset},
    )
    assert left.result_rows == [("replayed",)]
