"""A loop by hand on aiokafka, as one writes it who cares for speed: large fetches, and an insert beside the next batch.

https://aiokafka.readthedocs.io/en/stable/consumer.html (manual commit, batches)
"""

import asyncio

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.contenders.small_job import BROKER, ROWS, SESSION_SECONDS, TOPIC, SmallJob


async def main() -> None:
    """Write batches to ClickHouse and commit the offsets of what is written."""
    job = SmallJob()
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=BROKER,
        group_id="aiokafka-loop",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=8 * 1024**2,
        session_timeout_ms=SESSION_SECONDS * 1_000,
        heartbeat_interval_ms=SESSION_SECONDS * 1_000 // 3,
    )
    await consumer.start()
    try:
        await copy(consumer, job)
    finally:
        await consumer.stop()


async def copy(consumer: AIOKafkaConsumer, job: SmallJob) -> None:
    """While a batch is inserted, prepare the next one."""
    insert = asyncio.create_task(asyncio.sleep(0))
    offsets: dict[TopicPartition, int] = {}
    while True:
        polled = await consumer.getmany(timeout_ms=1_000, max_records=ROWS)
        rows = [job.row(record.key, orjson.loads(record.value)) for records in polled.values() for record in records]
        await insert
        if offsets:
            await consumer.commit(offsets)
        offsets = {partition: records[-1].offset + 1 for partition, records in polled.items()}
        insert = asyncio.create_task(asyncio.to_thread(job.insert, rows) if rows else asyncio.sleep(0))


if __name__ == "__main__":
    asyncio.run(main())
