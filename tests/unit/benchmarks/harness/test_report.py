"""The report says the same in Markdown and in the README, and replaces nothing but its own part."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.contenders.registry import VANILLA_FAUST
from benchmarks.harness import report
from benchmarks.harness.contender import RunTimes, Step
from benchmarks.harness.report import BEGIN, END, markdown, write_figures
from benchmarks.harness.tables import Table, cost_table, ratios_to, speed_table, step_table
from benchmarks.scenarios.end_to_end import Cost, Result
from benchmarks.workload.load import make_load

RESULT = Result(
    "kafka",
    VANILLA_FAUST,
    "small",
    100_000,
    RunTimes(started_at=90, reading_at=100, writing_at=101, ended_at=105, steps=[Step("decode", 4, 2.0)]),
    {
        "contender": Cost(3.0, 300 * 2**20),
        "broker": Cost(0.5, 400 * 2**20),
        "clickhouse": Cost(1.0, 500 * 2**20),
    },
    other_cores=0.25,
)


def test_speed_is_given_from_reading_from_writing_and_from_the_start_on() -> None:
    (row,) = speed_table([RESULT], make_load(1_000), {}).rows
    assert row == ("kafka", "vanilla Faust", "small", "20,000", "1.0", "25,000", "6,667", "5.0", "", "0.2")


def test_speed_is_compared_with_vanilla_faust_on_the_same_broker_and_a_part_of_the_job_with_nothing() -> None:
    run = replace(RESULT.run, ended_at=102.0)
    faster = replace(RESULT, contender="another", run=run)
    part, alone = replace(faster, job="part"), replace(faster, broker="embedded")
    assert ratios_to(VANILLA_FAUST, [RESULT, faster, part, alone]) == ["1.0", "2.5", "", ""]


def test_the_table_says_which_contender_was_skipped_and_why() -> None:
    assert "Skipped on kafka: Quix Streams (it is not installed)." in (
        speed_table([RESULT], make_load(1_000), {("kafka", "Quix Streams"): "it is not installed"}).note
    )


def test_cost_is_given_for_a_million_events() -> None:
    (row,) = cost_table([RESULT]).rows
    assert row == ("kafka", "vanilla Faust", "30.0", "5.0", "10.0", "300", "400", "500")


def test_a_step_is_given_in_all_for_a_flush_and_for_an_event() -> None:
    (row,) = step_table([RESULT]).rows
    assert row == ("kafka", "vanilla Faust", "decode", "4", "2.00", "500", "20.0")


def test_markdown_tells_the_circumstances_and_every_table() -> None:
    table = Table("Speed", ("broker", "events/s"), 1, [("kafka", "20,000")], "A note.")
    assert markdown({"machine": "2 cores"}, [table]) == (
        "- machine: 2 cores\n\n## Speed\n| broker | events/s |\n| --- | --: |\n| kafka | 20,000 |\n\nA note.\n"
    )


def test_figures_replace_only_what_stands_between_the_marks(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_figures("new\n", document)
    assert document.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_a_document_without_marks_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("no marks\n")
    with pytest.raises(ValueError, match="no figures to replace"):
        write_figures("new\n", document)
    assert document.read_text() == "no marks\n"


def test_the_readme_has_the_marks() -> None:
    text = report.README.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
