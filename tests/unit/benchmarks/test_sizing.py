"""What a rate needs follows from what an event and a flush cost."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from benchmarks import sizing
from benchmarks.harness import coefficients
from benchmarks.harness.coefficients import Coefficients, event_and_flush, measured
from benchmarks.scenarios.steady import Latency
from benchmarks.sizing import explain, size
from benchmarks.workload.load import make_load
from stream_processors.settings import WorkerSettings
from tests.support.project.metadata import ROOT
from tests.unit.benchmarks.harness.test_report import RESULT

COSTS = Coefficients(
    source="a test",
    worker_us=12,
    broker_us=1,
    clickhouse_us=6,
    clickhouse_flush_ms=60,
    stored_bytes=100,
    kafka_bytes=400,
    events_a_conversation=10,
)


@pytest.mark.parametrize(
    ("rate", "workers", "partitions", "age", "rows"),
    [
        pytest.param(1_000, 1, 4, 1, 250, id="little needs one worker, and flushes are small"),
        pytest.param(10_000, 1, 4, 1, 2_500, id="one worker carries 10,000 a second"),
        pytest.param(100_000, 2, 4, 1, 25_000, id="two partitions a worker"),
        pytest.param(1_000_000, 20, 40, 4, 100_000, id="many partitions wait longer, so that flushes stay few"),
    ],
)
def test_workers_follow_from_their_cost_and_the_flush_from_the_partitions(
    rate: int, workers: int, partitions: int, age: float, rows: float
) -> None:
    found = size(rate, COSTS)
    assert (found.workers, found.partitions, found.age_seconds, found.rows_a_flush) == (workers, partitions, age, rows)


def test_clickhouse_pays_for_events_and_for_flushes() -> None:
    found = size(10_000, COSTS)
    assert found.inserts_a_second == 4
    assert found.parts_a_second == 4 * sizing.TARGETS
    assert found.clickhouse_cores == pytest.approx((10_000 * 6e-6 + 4 * 0.06) / 0.6)


def test_disks_and_known_conversations_grow_with_the_days() -> None:
    found = size(1_000, COSTS)
    assert found.stored_bytes_a_day == 1_000 * 86_400 * 100
    assert found.kafka_bytes_a_day == 1_000 * 86_400 * 400
    assert found.known_bytes_a_day == 1_000 * 86_400 / 10 * 8


def test_no_more_is_advised_than_a_worker_may_be_told() -> None:
    for rate in sizing.RATES:
        found = size(rate, COSTS)
        told = {"flush_max_rows": found.max_rows, "flush_max_age_seconds": found.age_seconds}
        assert WorkerSettings.model_validate(told)
    assert WorkerSettings.model_fields["flush_max_rows"].default == sizing.DEFAULT_ROWS
    assert WorkerSettings.model_fields["flush_max_age_seconds"].default == sizing.SHORTEST_AGE


def test_an_insert_makes_a_part_in_each_table_that_keeps_rows_of_events() -> None:
    tables = {path.stem for path in (ROOT / "sql/materialized_views").glob("*_mv.sql")}
    assert len(tables - {"inbox_accepted_mv", "dead_letter_records_mv"}) == sizing.TARGETS


def test_the_arithmetic_is_shown() -> None:
    lines = list(explain(size(10_000, COSTS), COSTS, 30))
    assert "workers: 10,000 events/s x 12 us / 0.6 busy = 1" in lines
    assert "inserts: 10,000 / 2,500 = 4.0/s, x 7 tables = 28 parts/s" in lines


def test_large_and_small_flushes_tell_apart_what_an_event_and_what_a_flush_costs() -> None:
    runs = [(events, flushes, events * 6.0 + flushes * 60_000) for events, flushes in ((400_000, 8), (40_000, 80))]
    assert event_and_flush(runs) == pytest.approx((6, 60_000))


@pytest.mark.parametrize(
    ("costs", "found"),
    [
        pytest.param([(100, 1, 1_000), (100, 10, 100)], (10, 0), id="small flushes that cost less: all is the events'"),
        pytest.param([(1_000, 10, 10), (10, 10, 1_000)], (0, 1), id="few events that cost more: all is the flushes'"),
    ],
)
def test_noise_makes_no_cost_negative(costs: list[tuple[int, int, float]], found: tuple[float, float]) -> None:
    assert event_and_flush(costs) == pytest.approx(found)


def test_the_coefficients_of_a_run_are_those_of_an_event() -> None:
    load, few = make_load(1_000), replace(RESULT, run=replace(RESULT.run, flushes=4))
    costs = measured("a run", few, Latency(2_000, [1.0], few, 0), 9_000_000, load)
    assert (costs.worker_us, costs.stored_bytes) == (30, 90)
    assert costs.kafka_bytes > load.mean_bytes


def test_the_command_reads_the_coefficients_that_are_kept() -> None:
    done = CliRunner().invoke(sizing.main, ["--rate", "5000"])
    assert done.exit_code == 0, done.output
    assert coefficients.read().source in done.output
    assert "5,000 events/s" in done.output
