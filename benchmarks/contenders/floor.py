"""A floor: `python -m benchmarks.contenders.floor PART EVENTS`; prints how it went and waits to be stopped.

It reads the whole topic into memory, takes the records through the worker's own steps in flushes of the worker's size,
and inserts the blocks as the worker does. It goes no further than the part that is asked for, and times that one alone.
"""

import asyncio
import json
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, cast

import numpy as np
from aiokafka import AIOKafkaConsumer
from prometheus_client import generate_latest

from benchmarks.contenders.floors import DONE, Part
from benchmarks.harness.scrape import steps_of, summed
from stream_processors import metrics
from stream_processors.app import INSERTS_AT_ONCE, ProcessorApp
from stream_processors.clickhouse.block import Block
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.enrichment.policy import make_enrichment
from stream_processors.kafka.light_records import make_light_records
from stream_processors.kafka.options import broker_options
from stream_processors.kafka.records import LogPosition, Record
from stream_processors.kafka.source import PartitionSource
from stream_processors.partitions.protocol.io import PrepareRequest
from stream_processors.partitions.range_log import OwnerClaim, RangeLog
from stream_processors.process.memory import tune_gc
from stream_processors.settings import WorkerSettings
from stream_processors.state.cache import State
from stream_processors.state.loader import ConversationIndex

Log: TypeAlias = Mapping[int, Sequence[Record]]
OWNER: Final = "benchmark"


class Floor:
    """The parts of the job, each on what the one before it made."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._clickhouse = ClickHouse(settings.clickhouse_url.get_secret_value(), settings.clickhouse_timeout_seconds)
        self._app = ProcessorApp(settings, self._clickhouse, make_enrichment(settings), OWNER)
        self._began_at = 0.0

    async def run(self, part: Part, events: int) -> dict[str, object]:
        """Go as far as a part, and return how that one went."""
        self._began_at = time.time()
        log = await self._consume(events)
        if part == "consume":
            return self._outcome([])
        claims = await self._claim(log)
        tune_gc()
        self._began_at = time.time()
        blocks = [await self._block(records, state, claims) for records, state in self._flushes(log)]
        if part == "steps":
            return self._outcome(blocks)
        self._began_at = time.time()
        await self._insert(blocks)
        return self._outcome(blocks)

    def _outcome(self, blocks: Sequence[Block]) -> dict[str, object]:
        ended_at = time.time()
        steps = [(step.name, step.times, step.seconds) for step in steps_of(summed([generate_latest().decode()]))]
        rows = sum(block.rows for block in blocks) / max(1, len(blocks))
        return {"began_at": self._began_at, "ended_at": ended_at, "steps": steps, "rows_per_flush": rows}

    async def _consume(self, events: int) -> Log:
        """Read the topic from its beginning, with the worker's client and fetch size."""
        log: defaultdict[int, list[Record]] = defaultdict(list)
        consumer = AIOKafkaConsumer(
            self._settings.kafka_topic,
            bootstrap_servers=self._settings.kafka_bootstrap_servers,
            max_partition_fetch_bytes=broker_options(self._settings)["consumer_max_fetch_size"],
            auto_offset_reset="earliest",
        )
        await consumer.start()
        self._began_at = time.time()
        try:
            while sum(map(len, log.values())) < events:
                for partition, records in (await consumer.getmany(timeout_ms=1_000)).items():
                    log[partition.partition] += records
        finally:
            await consumer.stop()
        return log

    async def _claim(self, log: Log) -> Mapping[int, OwnerClaim]:
        """Claim the partitions: ClickHouse refuses the block of one who has not."""
        range_log = RangeLog(self._clickhouse, self._settings.kafka_topic, OWNER)
        return {partition: await range_log.claim(partition, len(log)) for partition in log}

    def _flushes(self, log: Log) -> Iterator[tuple[Sequence[Record], State]]:
        size, settings = self._settings.flush_max_rows, self._settings
        for records in log.values():
            known = ConversationIndex(np.array([], dtype=np.uint64))
            state = State(known, settings.fold_rules, settings.state_cache_bytes)
            for first in range(0, len(records), size):
                yield records[first : first + size], state

    async def _block(self, records: Sequence[Record], state: State, claims: Mapping[int, OwnerClaim]) -> Block:
        partition, topic = records[0].partition, self._settings.kafka_topic
        position = LogPosition(topic, partition, 1, records[0].offset)
        command = PrepareRequest(position, len(claims), seen_at=int(time.time() * 1000), proofs=())
        # Nothing is a stray here, so the steps ask nothing of the feed.
        segments, _ = await self._app.prepare(cast(PartitionSource, None), records, state, command)
        with metrics.STEP_SECONDS.labels("columns").time():
            return claims[partition].block(segments, log_epoch=1)

    async def _insert(self, blocks: Sequence[Block]) -> None:
        slots = asyncio.Semaphore(INSERTS_AT_ONCE)

        async def insert(number: int, block: Block) -> None:
            async with slots:
                with metrics.STEP_SECONDS.labels("insert").time():
                    await self._clickhouse.insert_block("inbox", block.columns, block.data, f"floor:{number}")

        await asyncio.gather(*(insert(number, block) for number, block in enumerate(blocks)))


async def main() -> None:
    """Run the part of the command line, say how it went, and keep the process for whoever reads its costs."""
    make_light_records()
    part, events = cast(Part, sys.argv[1]), int(sys.argv[2])
    outcome = await Floor(WorkerSettings()).run(part, events)
    print(DONE + json.dumps(outcome), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
    signal.pause()
