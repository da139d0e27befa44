"""What an event costs, as few numbers: measured by a run, kept in `coefficients.json`, used by `sizing.py`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from benchmarks.scenarios.end_to_end import Result
from benchmarks.scenarios.steady import Latency
from benchmarks.workload.load import Load

FILE: Final = Path(__file__).parent / "coefficients.json"
STORED_SQL: Final = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()"

# Of a record beside key and value: lengths, offset, time.
RECORD_OVERHEAD_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Processor time in microseconds, sizes in bytes; each an event unless it says otherwise."""

    source: str
    worker_us: float
    broker_us: float
    clickhouse_us: float

    # What a flush costs ClickHouse however small it is, milliseconds of processor time.
    clickhouse_flush_ms: float

    # In all tables of ClickHouse, compressed.
    stored_bytes: float

    # In the log of Kafka, not compressed.
    kafka_bytes: float

    events_a_conversation: float


def measured(source: str, catch_up: Result, steady: Latency, stored_bytes: int, load: Load) -> Coefficients:
    """Return the coefficients of a run: large and small flushes tell apart what an event and what a flush costs."""
    event_us, flush_us = event_and_flush([clickhouse_costs(catch_up), clickhouse_costs(steady.without_asking)])
    return Coefficients(
        source=source,
        worker_us=round(catch_up.cpu_microseconds("contender"), 2),
        broker_us=round(catch_up.cpu_microseconds("broker"), 2),
        clickhouse_us=round(event_us, 2),
        clickhouse_flush_ms=round(flush_us / 1_000, 2),
        stored_bytes=round(stored_bytes / catch_up.events, 1),
        kafka_bytes=round(sum(map(len, (part for record in load.records for part in record))) / len(load.records), 1)
        + RECORD_OVERHEAD_BYTES,
        events_a_conversation=round(len(load.records) / load.conversations, 2),
    )


def clickhouse_costs(result: Result) -> tuple[int, int, float]:
    """Return events, flushes and microseconds of ClickHouse of a run."""
    return result.events, result.run.flushes, result.costs["clickhouse"].cpu_seconds * 1e6


def event_and_flush(runs: Sequence[tuple[int, int, float]]) -> tuple[float, float]:
    """Solve `events * a + flushes * b = cost` for two runs; where noise makes one of them negative, it is 0."""
    (events, flushes, cost), (other_events, other_flushes, other_cost) = runs
    determinant = events * other_flushes - other_events * flushes
    event = (cost * other_flushes - other_cost * flushes) / determinant if determinant else -1.0
    flush = (events * other_cost - other_events * cost) / determinant if determinant else -1.0
    if event < 0:
        return 0.0, cost / flushes
    return (event, flush) if flush >= 0 else (cost / events, 0.0)


def stored_bytes(writer: Client) -> int:
    """Return what the tables of a database hold on disk."""
    return int(writer.query(STORED_SQL).result_rows[0][0])


def write(coefficients: Coefficients, path: Path = FILE) -> None:
    """Keep the coefficients."""
    path.write_text(json.dumps(asdict(coefficients), indent=2) + "\n")


def read(path: Path = FILE) -> Coefficients:
    """Return the coefficients that were kept."""
    return Coefficients(**json.loads(path.read_text()))
