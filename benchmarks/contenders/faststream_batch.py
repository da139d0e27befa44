"""FastStream as its docs teach it: a subscriber that is given batches.

https://faststream.ag2.ai/latest/kafka/Subscriber/batch_subscriber/
"""

import asyncio
from typing import Any

from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage

from benchmarks.contenders.small_job import BROKER, ROWS, SESSION_SECONDS, TOPIC, SmallJob

broker = KafkaBroker(BROKER, logger=None)
app = FastStream(broker, logger=None)
job = SmallJob()


@broker.subscriber(
    TOPIC,
    batch=True,
    max_records=ROWS,
    batch_timeout_ms=1_000,
    group_id="faststream-batch",
    auto_offset_reset="earliest",
    session_timeout_ms=SESSION_SECONDS * 1_000,
    heartbeat_interval_ms=SESSION_SECONDS * 1_000 // 3,
)
async def store(values: list[dict[str, Any]], message: KafkaMessage) -> None:
    """Write a batch to ClickHouse."""
    records = message.raw_message if isinstance(message.raw_message, tuple) else (message.raw_message,)
    rows = [job.row(record.key or b"", fields) for record, fields in zip(records, values, strict=True)]
    await asyncio.to_thread(job.insert, rows)


if __name__ == "__main__":
    asyncio.run(app.run())
