"""Quix Streams as its docs teach it: a streaming dataframe with state, and a batching sink.

https://quix.io/docs/quix-streams/advanced/stateful-processing.html, .../connectors/sinks/custom-sinks.html
The question that waits for its answer lies in its state, which survives a crash: RocksDB and a changelog topic.
"""

from typing import Any

from quixstreams import Application, State
from quixstreams.sinks.base import BatchingSink, SinkBatch

from benchmarks.contenders.small_job import BROKER, DIRECTORY, ROWS, SESSION_SECONDS, TOPIC, Row, SmallJob, pair

job = SmallJob()


class ClickHouseSink(BatchingSink):
    """Writes the rows of a partition when the checkpoint is committed."""

    def write(self, batch: SinkBatch) -> None:
        """Insert a batch."""
        job.insert([item.value for item in batch])


def enrich(value: dict[str, Any], state: State) -> Row:
    """Return the row of an event; its conversation's question lies in the state."""
    event, before = job.event(value), state.get("asked_at")
    asked_at, response_ms = pair(before, event)
    if asked_at != before:
        state.set("asked_at", asked_at)
    return job.enriched(event, response_ms)


app = Application(
    broker_address=BROKER,
    consumer_group="quix-streams",
    auto_offset_reset="earliest",
    commit_every=ROWS,
    commit_interval=1.0,
    state_dir=DIRECTORY,
    consumer_extra_config={"session.timeout.ms": SESSION_SECONDS * 1_000},
    loglevel="WARNING",
)
events = app.dataframe(app.topic(TOPIC, value_deserializer="json"))
events.apply(enrich, stateful=True).sink(ClickHouseSink())

if __name__ == "__main__":
    app.run()
