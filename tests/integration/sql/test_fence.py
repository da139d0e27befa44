"""A flush is rejected before it reaches any target, unless its owner is the latest claimant of the partition."""

from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from stream_processors.clickhouse.client import ClickHouse as Store
from stream_processors.errors import MaintenanceUnderWay
from stream_processors.partitions.range_log import OwnerClaim, RangeLog
from tests.support.sql.agent import Agent
from tests.support.sql.clickhouse import ClickHouse
from tests.support.sql.inbox_rows import Row, milliseconds

NOON = milliseconds("2026-04-01 12:00:00")
TARGETS = (
    "events",
    "conversation_facts",
    "session_facts",
    "exchange_facts",
    "end_user_activity",
    "activity",
)


@pytest.fixture
def topic(client: Client) -> str:
    """Return a topic whose partition 0 the worker `first` has claimed."""
    name = f"topic-{uuid4()}"
    claim(client, name, 1, "first")
    return name


def claim(
    client: Client, topic: str, epoch: int, owner: str, *, partition: int = 0, layout: tuple[int, int] = (1, 1)
) -> None:
    names = ["topic", "partition", "owner_epoch", "owner_id", "layout", "partitions"]
    client.insert("owners", [[topic, partition, epoch, owner, *layout]], names)


def flush(agent: Agent, topic: str, epoch: int, owner: str) -> None:
    """Insert a row for each target as that owner."""
    agent.message("c", NOON)
    agent.conversation("c", NOON)
    agent.session("c", NOON, NOON + 1)
    agent.exchange("c", NOON)
    agent.wrote("c", NOON, "anna")
    changed: Row = {"topic": topic, "owner_epoch": epoch, "owner_id": owner}
    agent.rows = [values | changed for values in agent.rows]
    try:
        agent.flush()
    finally:
        agent.rows.clear()


def test_the_latest_claimant_fills_every_target(client: Client, agent: Agent, topic: str) -> None:
    flush(agent, topic, 1, "first")
    assert [agent.count(table) for table in TARGETS] == [1] * len(TARGETS)


def test_a_stale_owner_is_refused_before_any_target(client: Client, agent: Agent, topic: str) -> None:
    claim(client, topic, 2, "second")
    with pytest.raises(DatabaseError, match="CONVOSTREAM_STALE_OWNER"):
        flush(agent, topic, 1, "first")
    assert [agent.count(table) for table in TARGETS] == [0] * len(TARGETS)


def test_the_claims_are_read_at_every_insert(client: Client, agent: Agent, topic: str) -> None:
    flush(agent, topic, 1, "first")
    claim(client, topic, 2, "second")
    with pytest.raises(DatabaseError, match="CONVOSTREAM_STALE_OWNER"):
        flush(agent, topic, 1, "first")
    flush(agent, topic, 2, "second")
    assert agent.count("events") == 2


@pytest.mark.parametrize(
    ("epoch", "owner"),
    [(1, "another"), (2, "first"), (0, "first")],
    ids=["another owner", "an epoch ahead", "no epoch"],
)
def test_only_the_epoch_and_owner_of_the_claim_are_accepted(agent: Agent, topic: str, epoch: int, owner: str) -> None:
    with pytest.raises(DatabaseError, match="CONVOSTREAM_STALE_OWNER"):
        flush(agent, topic, epoch, owner)


def test_of_two_claims_of_one_epoch_the_greater_owner_wins(client: Client, agent: Agent, topic: str) -> None:
    claim(client, topic, 1, "second")
    flush(agent, topic, 1, "second")
    with pytest.raises(DatabaseError, match="CONVOSTREAM_STALE_OWNER"):
        flush(agent, topic, 1, "first")


def test_an_unclaimed_partition_rejects_every_insert(agent: Agent) -> None:
    with pytest.raises(DatabaseError, match="CONVOSTREAM_STALE_OWNER"):
        flush(agent, "unclaimed", 1, "first")


@pytest.mark.parametrize("layout", [(2, 2), (2, 0), (1, 2)], ids=["added", "removed", "two counts at the same time"])
def test_an_owner_with_an_old_partition_count_is_rejected_until_it_claims_again(
    client: Client, agent: Agent, topic: str, layout: tuple[int, int]
) -> None:
    claim(client, topic, 1, "other", partition=1, layout=layout)
    with pytest.raises(DatabaseError, match="CONVOSTREAM_STALE_OWNER"):
        flush(agent, topic, 1, "first")
    claim(client, topic, 2, "first", layout=layout)
    flush(agent, topic, 2, "first")
    assert agent.count("events") == 1


def test_the_partition_count_of_another_topic_does_not_matter(client: Client, agent: Agent, topic: str) -> None:
    claim(client, f"{topic}-too", 1, "other", layout=(7, 7))
    flush(agent, topic, 1, "first")
    assert agent.count("events") == 1


def test_a_stale_owner_writes_no_range(client: Client, topic: str) -> None:
    names = ["topic", "partition", "owner_epoch", "owner_id", "first", "last"]
    client.insert("range_inbox", [[topic, 0, 1, "first", 0, 9]], names)
    claim(client, topic, 2, "second")
    with pytest.raises(DatabaseError, match="CONVOSTREAM_STALE_OWNER"):
        client.insert("range_inbox", [[topic, 0, 1, "first", 10, 19]], names)
    query = "SELECT first, last, written_at > now() - 60 FROM ranges WHERE topic = {topic:String}"
    assert client.query(query, parameters={"topic": topic}).result_rows == [(0, 9, 1)]


async def holds(clickhouse: ClickHouse, topic: str, epoch: int, owner: str) -> bool:
    """Return whether a claim is valid, as its worker determines it."""
    store = Store(clickhouse.url(), threads=1)
    try:
        return await RangeLog(store, topic, owner).holds(OwnerClaim(topic, 0, epoch, owner, 1, 1))
    finally:
        store.close()


async def test_the_latest_claim_is_the_highest_epoch_and_then_the_highest_owner(
    clickhouse: ClickHouse, client: Client, topic: str
) -> None:
    claim(client, topic, 1, "second")
    assert (await holds(clickhouse, topic, 1, "first"), await holds(clickhouse, topic, 1, "second")) == (False, True)
    claim(client, topic, 2, "a")
    assert (await holds(clickhouse, topic, 1, "second"), await holds(clickhouse, topic, 2, "a")) == (False, True)
    claim(client, topic, 9, "of another", partition=1)
    assert await holds(clickhouse, topic, 2, "a")


async def test_a_leased_claim_blocks_workers_until_it_is_released(
    clickhouse: ClickHouse, client: Client, topic: str
) -> None:
    claim(client, topic, 2, "command")
    assert not await holds(clickhouse, topic, 1, "first")
    for seconds in (60, 30):  # the latest lease counts, in any order of writing
        lease(client, topic, 2, "command", seconds)
        with pytest.raises(MaintenanceUnderWay):
            await holds(clickhouse, topic, 1, "first")
        claim(client, topic, 2, "command")  # a row without a lease does not release one
    assert await holds(clickhouse, topic, 2, "command")
    with pytest.raises(MaintenanceUnderWay):
        await holds(clickhouse, topic, 1, "first")
    lease(client, topic, 2, "command", 0, released=1)
    assert not await holds(clickhouse, topic, 1, "first")


def lease(client: Client, topic: str, epoch: int, owner: str, seconds: int, released: int = 0) -> None:
    """Lease a claim for this many seconds from now."""
    client.command(
        "INSERT INTO owners (topic, partition, owner_epoch, owner_id, layout, partitions, lease_until, released)"
        " SELECT {topic:String}, 0, {epoch:UInt64}, {owner:String}, 1, 1, now64(3) + {seconds:UInt32},"
        " {released:UInt8}",
        parameters={"topic": topic, "epoch": epoch, "owner": owner, "seconds": seconds, "released": released},
    )
