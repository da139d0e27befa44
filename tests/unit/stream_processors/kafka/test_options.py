"""The connection to Kafka: what the worker asks of the clients beyond the address."""

import pytest

from stream_processors.kafka.options import broker_options
from stream_processors.settings import WorkerSettings


@pytest.mark.parametrize("client", ["consumer", "producer"])
def test_a_topic_that_was_made_again_is_noticed_within_seconds(client: str) -> None:
    assert broker_options(WorkerSettings())[f"{client}_metadata_max_age_ms"] <= 10_000


@pytest.mark.parametrize(
    ("buffer", "fetch"),
    [(1_048_576, 1_048_576), (32 * 1024**2, 2 * 1024**2), (1024**3, 8 * 1024**2)],
    ids=["a whole record at least", "a sixteenth of the buffer", "8 MiB at most"],
)
def test_what_is_fetched_at_once_follows_the_buffer(buffer: int, fetch: int) -> None:
    settings = WorkerSettings.model_validate({"buffer_max_bytes": buffer})
    assert broker_options(settings)["consumer_max_fetch_size"] == fetch
