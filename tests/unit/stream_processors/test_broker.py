"""The connection to Kafka: what the worker asks of the clients beyond the address."""

import pytest

from stream_processors.broker import broker_options
from stream_processors.settings import WorkerSettings


@pytest.mark.parametrize("client", ["consumer", "producer"])
def test_a_topic_that_was_made_again_is_noticed_within_seconds(client: str) -> None:
    assert broker_options(WorkerSettings())[f"{client}_metadata_max_age_ms"] <= 10_000
