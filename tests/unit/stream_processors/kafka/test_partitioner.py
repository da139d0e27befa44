"""The partitioner: the same as the clients' own, for any key."""

import aiokafka.partitioner
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.kafka.partitioner import murmur2, partitions_of


@given(st.lists(st.binary(max_size=100)))
def test_hashes_are_those_of_the_client(keys: list[bytes]) -> None:
    assert murmur2(keys).tolist() == [aiokafka.partitioner.murmur2(key) & 0xFFFFFFFF for key in keys]


@given(st.binary(max_size=40), st.integers(1, 64))
def test_a_key_goes_where_the_client_sends_it(key: bytes, partitions: int) -> None:
    numbers = list(range(partitions))
    assert partitions_of([key], partitions)[0] == aiokafka.partitioner.DefaultPartitioner()(key, numbers, numbers)
