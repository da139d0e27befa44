"""Faust as its user guide teaches it: an agent that takes batches of a stream.

https://faust-streaming.github.io/faust/userguide/streams.html (take)
"""

from typing import Any

import faust

from benchmarks.contenders.small_job import BROKER, DIRECTORY, ROWS, SESSION_SECONDS, TOPIC, SmallJob

app = faust.App(
    "vanilla-faust",
    broker=f"kafka://{BROKER}",
    broker_session_timeout=SESSION_SECONDS,
    broker_heartbeat_interval=SESSION_SECONDS / 3,
    topic_disable_leader=True,
    web_enabled=False,
    datadir=DIRECTORY,
)
events = app.topic(TOPIC)
job = SmallJob()


@app.agent(events)
async def store(stream: Any) -> None:
    """Write batches of the stream to ClickHouse."""
    async for batch in stream.take_events(ROWS, within=1.0):
        job.insert([job.row(event.key, event.value) for event in batch])


if __name__ == "__main__":
    app.main()
