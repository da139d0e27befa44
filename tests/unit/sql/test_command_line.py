"""The command line explains itself and fails in sentences."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from sql.__main__ import sql
from sql.objects import schema_objects


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sql", *arguments], capture_output=True, text=True, check=False)


def test_print_gives_every_statement_in_the_order_of_apply() -> None:
    output = CliRunner().invoke(sql, ["print"]).output
    places = [output.index(schema_object.statement) for schema_object in schema_objects()]
    assert places == sorted(places)
    assert output.count(";\n\n") == len(schema_objects())


@pytest.mark.parametrize("command", ["apply", "check"])
def test_help_names_the_settings(command: str) -> None:
    output = CliRunner().invoke(sql, [command, "--help"]).output
    for setting in ("CLICKHOUSE_URL", "RETENTION_MONTHS", "DEAD_LETTER_RETENTION_DAYS"):
        assert f"CONVOSTREAM_{setting}" in "".join(output.split())


@pytest.mark.parametrize("command", ["apply", "check"])
def test_an_unreachable_clickhouse_is_one_sentence_and_exit_code_1(command: str) -> None:
    done = run(command, "--url", "http://writer:secret@127.0.0.1:9/x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ClickHouse does not answer at http://writer@127.0.0.1:9/x; start it")
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_negative_retention_is_refused() -> None:
    done = CliRunner().invoke(sql, ["apply", "--retention-months", "-1"])
    assert done.exit_code == 2
    assert "x>=0" in done.output
