"""The demo as a newcomer starts it: everything at once, in a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.demo.metrics import METRICS
from deploy.demo.transcripts import read_transcripts
from deploy.embedded.settings import ROOT

COPIES = 3
MESSAGES = COPIES * sum(len(transcript.utterances) for transcript in read_transcripts())


def demo(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    outside = {name: value for name, value in os.environ.items() if not name.startswith("CONVOSTREAM_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.demo", *arguments],
        cwd=ROOT,
        env={**outside, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'producers'}", **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def data_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def printed(data_directory: Path) -> str:
    done = demo("--once", "--copies", str(COPIES), "--data-directory", str(data_directory))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def section(printed: str, name: str) -> str:
    """What is printed of a metric."""
    found = re.search(rf"^\d+\. {name}  .*?(?=^\d+\. |\Z)", printed, re.MULTILINE | re.DOTALL)
    assert found, f"{name} is not printed:\n{printed}"
    return found.group()


def number(section: str, label: str) -> int:
    """The whole number beside a label, or in the row of a name."""
    found = re.search(rf"^ +{label} +([\d,]+)", section, re.MULTILINE)
    assert found, f"no {label} in:\n{section}"
    return int(found.group(1).replace(",", ""))


def test_all_fifteen_metrics_are_printed_in_their_order(printed: str) -> None:
    assert re.findall(r"^\d+\. (\w+)  ", printed, re.MULTILINE) == [metric.name for metric in METRICS]


def test_every_message_that_was_sent_is_counted_once(printed: str) -> None:
    totals = section(printed, "total_messages")
    assert number(totals, "messages") == MESSAGES
    assert number(totals, "end user messages") + number(totals, "agent messages") == MESSAGES
    assert f"of {MESSAGES:,} messages of end users and agents {MESSAGES:,} are counted" in printed


def test_the_hand_over_actions_of_the_transcripts_escalate(printed: str) -> None:
    escalated = section(printed, "human_escalation_rate")
    assert 10 < number(escalated, "escalated conversations") <= 28 * COPIES
    assert re.search(r"rate +1\d\.\d %", escalated)


@pytest.mark.parametrize(
    ("metric", "names"),
    [
        ("world_map", ["US", "GB", "unknown"]),
        ("device_usage", ["desktop", "mobile", "tablet", "other", "unknown"]),
        ("sources", ["web", "whatsapp", "email", "telegram", "messenger", "phone", "unknown"]),
        ("languages", ["en", "es", "unknown"]),
        ("tool_usage", ["get_order_details", "escalate_to_human"]),
    ],
)
def test_breakdowns_have_the_values_that_the_rule_assigns(printed: str, metric: str, names: list[str]) -> None:
    assert all(number(section(printed, metric), name) > 0 for name in names)


@pytest.mark.parametrize("label", ["positive", "neutral", "negative", "unrecognised"])
def test_feedback_has_every_verdict(printed: str, label: str) -> None:
    assert number(section(printed, "conversation_feedback"), label) > 0


def test_some_visitors_speak_and_some_do_not(printed: str) -> None:
    visits = section(printed, "unique_interactions")
    assert 0 < number(visits, "interactions") < number(visits, "visited conversations")


def test_output_that_is_no_terminal_holds_no_control_characters(printed: str) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", printed)


def test_data_that_were_kept_are_not_replayed_again(printed: str, data_directory: Path) -> None:
    again = demo("--once", "--data-directory", str(data_directory))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing is replayed again" in again.stdout
    assert section(again.stdout, "total_messages") == section(printed, "total_messages")


def test_a_part_that_does_not_start_is_shown_with_its_last_lines() -> None:
    failed = demo("--once", CONVOSTREAM_FLUSH_MAX_ROWS="none")
    assert failed.returncode == 1
    assert "worker-1 ended with code 1" in failed.stdout
    assert "CONVOSTREAM_FLUSH_MAX_ROWS" in failed.stdout
    assert "The logs are kept in" in failed.stdout


def test_an_unknown_time_zone_is_refused_before_anything_starts() -> None:
    refused = demo("--once", "--time-zone", "Europe/Atlantis")
    assert refused.returncode == 2
    assert "no time zone" in refused.stderr
