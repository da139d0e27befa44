"""The variations are those that the documents promise, each compared with the usual one."""

from dataclasses import replace

from benchmarks.scenarios.steady import Latency
from benchmarks.scenarios.tables import steady_table, variation_table, view_table
from benchmarks.scenarios.variations import USUAL, VARIATIONS, Outcome
from benchmarks.scenarios.views import Timing
from tests.unit.benchmarks.harness.test_report import RESULT


def test_the_first_variation_is_the_usual_one_and_names_are_their_own() -> None:
    names = [variation.name for variation in VARIATIONS]
    assert names[0] == USUAL
    assert len(set(names)) == len(names)


def test_one_and_two_workers_and_one_four_and_twelve_partitions_are_compared() -> None:
    assert {variation.workers for variation in VARIATIONS if variation.is_live} == {1, 2}
    assert {variation.partitions for variation in VARIATIONS} == {1, 4, 12}


def test_a_variation_is_given_as_a_share_of_the_usual_speed() -> None:
    slower = replace(RESULT, run=replace(RESULT.run, ended_at=110.0))
    rows = variation_table([Outcome(USUAL, RESULT, 357), Outcome("12 partitions", slower, 357)]).rows
    assert [row[:5] for row in rows] == [
        (USUAL, "100,000", "357", "20,000", "100%"),
        ("12 partitions", "100,000", "357", "10,000", "50%"),
    ]


def test_a_steady_rate_is_given_with_its_percentiles() -> None:
    (row,) = steady_table([Latency(2_000, [0.5] * 99 + [2.0], RESULT, 0)]).rows
    assert row[:6] == ("2,000", "5", "100", "0.50", "0.50", "2.00")


def test_the_sizes_of_the_views_stand_side_by_side() -> None:
    table = view_table([Timing("sources", 1_000, 0.01, 0.02, 4), Timing("sources", 10_000, 0.015, 0.03, 5)])
    assert table.columns[1:3] == ("median ms at 1,000", "longest ms at 1,000")
    assert table.rows == [("sources", "10", "20", "15", "30", "5")]
