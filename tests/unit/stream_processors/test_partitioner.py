"""The partitioner: the same as the clients' own, for any key."""

import aiokafka.partitioner
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.partitioner import murmur2, partition_of


@given(st.binary(max_size=100))
def test_a_hash_is_the_one_of_the_client(data: bytes) -> None:
    assert murmur2(data) == aiokafka.partitioner.murmur2(data) & 0xFFFFFFFF


@given(st.binary(max_size=40), st.integers(1, 64))
def test_a_key_goes_where_the_client_sends_it(key: bytes, partitions: int) -> None:
    numbers = list(range(partitions))
    assert partition_of(key, partitions) == aiokafka.partitioner.DefaultPartitioner()(key, numbers, numbers)
