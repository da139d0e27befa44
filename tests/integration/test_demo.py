"""The demo as a new user starts it: everything at once, in a separate process."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import IO

import httpx
import pytest

from deploy.embedded.settings import ROOT
from examples.demo.tables import metric_views
from examples.demo.transcripts import read_transcripts

COPIES = 3
MESSAGES = COPIES * sum(len(transcript.utterances) for transcript in read_transcripts())


COMMAND = [sys.executable, "-u", "-m", "examples.demo"]
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith("CONVOSTREAM_")}
ENVIRONMENT = {**OUTSIDE, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'producers'}"}


def demo(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT | environment,
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
    assert "Traceback" not in done.stderr
    return done.stdout


def section(printed: str, title: str) -> str:
    """Return what is printed of a metric."""
    match = re.search(rf"^\d+\. {title}$.*?(?=^\d+\. |\Z)", printed, re.MULTILINE | re.DOTALL)
    assert match, f"{title} is not printed:\n{printed}"
    return match.group()


def number(section: str, label: str) -> int:
    """Return the whole number beside a label, or in the row of a name."""
    return numbers(section, label)[0]


def numbers(section: str, label: str) -> list[int]:
    """Return all whole numbers beside a label: that of the range, and that of the range before."""
    match = re.search(rf"^ +{label}((?: +[\d,]+)+)", section, re.MULTILINE)
    assert match, f"no {label} in:\n{section}"
    return [int(text.replace(",", "")) for text in match[1].split()]


def test_all_fifteen_metrics_are_printed_in_their_order(printed: str) -> None:
    titles = [views[0].title for views in metric_views()]
    assert len(titles) == 15
    assert re.findall(r"^\d+\. (.+)$", printed, re.MULTILINE) == titles


def test_every_message_that_was_sent_is_counted_once(printed: str) -> None:
    totals = section(printed, "Total messages")
    assert sum(numbers(totals, "Messages")) == MESSAGES
    assert sum(numbers(totals, "From end users") + numbers(totals, "From agents")) == MESSAGES
    assert f"of {MESSAGES:,} messages of end users and agents {MESSAGES:,} are counted" in printed


def test_the_transfer_actions_of_the_transcripts_escalate(printed: str) -> None:
    escalated = section(printed, "Human escalation rate")
    assert 10 < sum(numbers(escalated, "Escalated")) <= 28 * COPIES
    assert re.search(r"Rate +[12]\d\.\d %", escalated)


def test_every_total_has_a_number_in_both_periods(printed: str) -> None:
    for title, label in (
        ("Total conversations", "Conversations"),
        ("Average response time", "Exchanges"),
        ("Average conversation duration", "Sessions"),
        ("Individual users", "Users"),
        ("Conversation feedback", "Positive"),
        ("Unique interactions", "Interactions"),
    ):
        now, before = numbers(section(printed, title), label)
        assert now > 0, title
        assert before > 0, title


def test_some_users_are_new_and_some_return(printed: str) -> None:
    users = section(printed, "Individual users")
    assert number(users, "New") > 10
    assert number(users, "Returning") > 10
    assert number(users, "New") + number(users, "Returning") == number(users, "Users")


@pytest.mark.parametrize(
    ("metric", "names"),
    [
        ("World map", ["US", "GB", "unknown"]),
        ("Device usage", ["desktop", "mobile", "tablet", "other", "unknown"]),
        ("Sources", ["web", "whatsapp", "email", "telegram", "messenger", "phone", "unknown"]),
        ("Languages", ["en", "es", "unknown"]),
        ("Tool usage", ["get_order_details", "escalate_to_human"]),
    ],
)
def test_breakdowns_have_the_values_that_the_rule_assigns(printed: str, metric: str, names: list[str]) -> None:
    assert all(number(section(printed, metric), name) > 0 for name in names)


@pytest.mark.parametrize("label", ["Positive", "Neutral", "Negative", "Unrecognised"])
def test_feedback_has_every_verdict(printed: str, label: str) -> None:
    assert sum(numbers(section(printed, "Conversation feedback"), label)) > 0


def test_some_visitors_engage_and_some_do_not(printed: str) -> None:
    visits = section(printed, "Unique interactions")
    assert 0 < number(visits, "Interactions") < number(visits, "Visited")


def test_a_run_that_ends_by_itself_starts_no_dashboard(printed: str) -> None:
    assert "dashboard" not in printed


def test_output_to_a_file_has_no_control_characters(printed: str) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", printed)


def test_it_runs_until_ctrl_c_and_leaves_nothing_behind(tmp_path: Path) -> None:
    addresses = tmp_path / "addresses.env"
    arguments = ["--copies", "1", "--addresses", str(addresses)]
    environment = ENVIRONMENT | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, env=environment, stdout=PIPE, text=True) as running:
        try:
            lines = list(until(" live: ", running.stdout))
            shown = re.search(r"The dashboard: (http://127\.0\.0\.1:\d+/)", "".join(lines))
            assert shown, "the page is not named"
            page, agents = (httpx.get(shown.group(1) + path, timeout=20).text for path in ("", "api/agents"))
            written = addresses.read_text()
            children = set(children_of(running.pid))
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 0
        finally:
            running.kill()
    url = re.search(r"CLICKHOUSE_READER_URL=(\S+)", written)
    assert url
    assert any(url.group(1) in line for line in lines)
    assert any("convostream replay" in line for line in lines)
    assert '<div id="page"' in page
    assert "support-desk" in agents
    assert len(children) == 4
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert not addresses.exists()
    assert list(tmp_path.glob("convostream-demo-*")) == []


def until(mark: str, output: IO[str] | None) -> Iterator[str]:
    """Return the lines up to the first with the mark."""
    assert output
    for line in output:
        yield line
        if mark in line:
            return
    raise AssertionError(f"it ended before it said {mark!r}")


def children_of(pid: int) -> Iterator[int]:
    """Return the child processes of a process."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                yield int(status.parent.name)


def test_kept_data_are_not_replayed_again(printed: str, data_directory: Path) -> None:
    again = demo("--once", "--data-directory", str(data_directory))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing is replayed again" in again.stdout
    assert sum(numbers(section(again.stdout, "Total messages"), "Messages")) == MESSAGES


def test_a_part_that_does_not_start_is_shown_with_its_last_lines(tmp_path: Path) -> None:
    failed = demo("--once", CONVOSTREAM_FLUSH_MAX_ROWS="none", TMPDIR=str(tmp_path))
    assert failed.returncode == 1
    assert "worker-1 ended with code 1" in failed.stdout
    assert "CONVOSTREAM_FLUSH_MAX_ROWS" in failed.stdout
    assert f"The logs are kept in {tmp_path}" in failed.stdout


def test_an_unknown_time_zone_is_refused_before_anything_starts() -> None:
    refused = demo("--once", "--time-zone", "Europe/Atlantis")
    assert refused.returncode == 2
    assert "no time zone" in refused.stderr
