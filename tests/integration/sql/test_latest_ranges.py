"""The view latest_ranges has one row per partition: latest claim, then latest log epoch, then highest range."""

from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

# By partition: ranges as (owner_epoch, log_epoch, first, confirmed), and the latest of them.
PARTITIONS = [
    ([(1, 1, 0, 0), (1, 1, 0, 1)], (1, 1, 0, 1)),
    ([(1, 1, 0, 0), (1, 1, 10, 0)], (1, 1, 10, 0)),
    ([(1, 1, 10, 1), (2, 1, 0, 0)], (2, 1, 0, 0)),
    ([(2, 1, 90, 1), (2, 2, 0, 0), (1, 3, 99, 1)], (2, 2, 0, 0)),
]


@pytest.fixture
def topic(client: Client) -> str:
    name = f"topic-{uuid4()}"
    for partition, (ranges, _) in enumerate(PARTITIONS):
        rows = [[name, partition, *range_, range_[2] + 9, "f1" if range_[3] else "f2"] for range_ in ranges]
        columns = ["topic", "partition", "owner_epoch", "log_epoch", "first", "confirmed", "last", "fold_version"]
        client.insert("ranges", rows, columns)
    return name


@pytest.mark.parametrize(
    ("condition", "partitions"),
    [
        ("1", [0, 1, 2, 3]),
        ("partition >= 1", [1, 2, 3]),
        ("confirmed", [0]),
        ("NOT confirmed AND partition != 2", [1, 3]),
        ("fold_version = 'f1'", [0]),
        ("first = 10", [1]),
    ],
)
def test_conditions_apply_to_the_latest_ranges(
    client: Client, topic: str, condition: str, partitions: list[int]
) -> None:
    query = (
        "SELECT partition, owner_epoch, log_epoch, first, confirmed, last FROM latest_ranges"
        f" WHERE topic = {{topic:String}} AND {condition} ORDER BY partition"
    )
    latest = [(partition, *PARTITIONS[partition][1]) for partition in partitions]
    assert client.query(query, parameters={"topic": topic}).result_rows == [(*row, row[3] + 9) for row in latest]


def test_a_partition_is_found_by_the_primary_key_of_ranges(client: Client, topic: str) -> None:
    query = "EXPLAIN indexes = 1 SELECT last FROM latest_ranges WHERE topic = {topic:String} AND partition = 1"
    plan = "\n".join(row[0] for row in client.query(query, parameters={"topic": topic}).result_rows)
    assert "(partition in [1, 1])" in plan
    assert topic in plan
