"""The command refuses what it cannot measure, and asks the views that are there."""

import click
import pytest
from click.testing import CliRunner

from benchmarks.__main__ import chosen_brokers, main
from benchmarks.contenders import CONTENDERS
from benchmarks.contenders.floors import outcome_of
from benchmarks.machine import settings
from benchmarks.questions import VIEWS, statement
from tests.unit.packaging.project import ROOT


def test_a_broker_that_is_none_is_refused_with_those_that_are() -> None:
    done = CliRunner().invoke(main, ["--brokers", "embedded,rabbit"])
    assert done.exit_code == 2
    assert "rabbit: allowed are embedded and kafka" in done.output


def test_figures_of_one_section_do_not_replace_those_of_all() -> None:
    done = CliRunner().invoke(main, ["--only", "emit", "--write"])
    assert done.exit_code == 2
    assert "--write replaces all figures" in done.output


def test_brokers_are_taken_in_one_order_whatever_the_list_says() -> None:
    option = next(each for each in main.params if each.name == "brokers")
    assert chosen_brokers(click.Context(main), option, "embedded") == ("embedded",)


def test_the_last_contender_leaves_what_the_views_are_timed_on() -> None:
    assert [contender.fills_the_views for contender in CONTENDERS][-1]
    assert len({contender.name for contender in CONTENDERS}) == len(CONTENDERS)


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
