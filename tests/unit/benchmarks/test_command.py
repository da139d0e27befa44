"""The command refuses what it cannot measure, and asks the views that are there."""

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import chosen_brokers, main
from benchmarks.contenders.floors import outcome_of
from benchmarks.contenders.pipelines import Pipeline
from benchmarks.contenders.registry import CONTENDERS, VANILLA_FAUST
from benchmarks.harness.machine import settings
from benchmarks.harness.plan import FULL, SECTIONS, USUAL
from benchmarks.harness.queries import VIEWS, statement
from benchmarks.scenarios.sections import Sections
from tests.support.project.metadata import ROOT


def test_a_broker_that_is_none_is_refused_with_those_that_are() -> None:
    done = CliRunner().invoke(main, ["--brokers", "embedded,rabbit"])
    assert done.exit_code == 2
    assert "rabbit: allowed are embedded and kafka" in done.output


def test_figures_of_one_section_do_not_replace_those_of_all() -> None:
    done = CliRunner().invoke(main, ["--only", "emit", "--write"])
    assert done.exit_code == 2
    assert "--write replaces all figures" in done.output


def test_brokers_are_taken_in_one_order_whatever_the_list_says() -> None:
    assert chosen_brokers("embedded") == ("embedded",)
    assert set(chosen_brokers("kafka, embedded")) <= {"embedded", "kafka"}


def test_the_last_contender_does_the_whole_job_and_tells_what_an_event_costs() -> None:
    assert [contender.job for contender in CONTENDERS][-1] == "whole"


def test_every_contender_has_a_name_of_its_own_and_one_is_what_others_are_compared_with() -> None:
    names = [contender.name for contender in CONTENDERS]
    assert len(set(names)) == len(names)
    assert VANILLA_FAUST in names


@pytest.mark.parametrize(
    "contender", [each for each in CONTENDERS if isinstance(each, Pipeline)], ids=lambda each: each.name
)
def test_every_other_pipeline_has_its_program(contender: Pipeline) -> None:
    program = (ROOT / f"benchmarks/contenders/{contender.module}.py").read_text()
    assert "https://" in program.partition('"""\n\n')[0]


def test_every_section_has_its_measurement() -> None:
    assert all(callable(getattr(Sections, name.replace("-", "_"))) for name in SECTIONS)


def test_the_full_run_measures_no_less_of_anything_than_the_usual_one() -> None:
    assert FULL.events >= USUAL.events
    assert set(FULL.view_sizes) >= set(USUAL.view_sizes)
    assert set(FULL.rates) >= set(USUAL.rates)
    assert FULL.broker == USUAL.broker == "kafka"


def test_every_metric_view_is_asked() -> None:
    assert sorted(VIEWS) == sorted(path.stem for path in (ROOT / "sql/metrics").glob("*.sql"))


def test_a_view_is_asked_as_the_contract_has_it() -> None:
    assert statement("sources", "a") == (
        "SELECT * FROM sources(agent_id='a', environment='production', since='2026-04-01 00:00:00', "
        "until='2026-05-01 00:00:00', time_zone='UTC')"
    )


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        pytest.param({"HOME": "/"}, "defaults", id="nothing was set"),
        pytest.param({"CONVOSTREAM_WRITER_PASSWORD": "secret"}, "CONVOSTREAM_WRITER_PASSWORD", id="no value is told"),
    ],
)
def test_the_results_name_the_settings_that_were_set(environment: dict[str, str], said: str) -> None:
    assert settings(environment) == said


def test_a_floor_tells_at_its_end_how_it_went() -> None:
    assert outcome_of(["a warning"]) is None
    assert outcome_of(["a warning", 'done {"began_at": 1.5}']) == {"began_at": 1.5}
