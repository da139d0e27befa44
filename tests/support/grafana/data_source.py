"""Run the panels' queries through clickhouse-go, Grafana's client: one run of a Go program for all of them."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter

from deploy.grafana.files import HERE

PROGRAM = Path(__file__).parents[2] / "integration" / "grafana" / "data_source_client"


@dataclass(frozen=True, slots=True)
class Question:
    """A query with all variables replaced, and the time zone that the data source passes to its client."""

    sql: str
    time_zone: str


class Answer(BaseModel):
    """The result of a panel's query, or the error that it shows."""

    columns: list[str] | None
    types: list[str] | None
    rows: list[list[Any]] | None
    error: str

    def records(self) -> list[dict[str, Any]]:
        """Return the rows with the names of the columns; there must be no error."""
        assert self.error == ""
        return [dict(zip(self.columns or (), row, strict=True)) for row in self.rows or ()]


def run_queries(questions: list[Question], reader_url: str, folder: Path) -> list[Answer]:
    """Return the answers in the order of the questions."""
    if shutil.which("go") is None and os.environ.get("CI") != "true":
        pytest.skip("Go is not installed, so the client of Grafana's data source was not asked; CI does ask it")
    asked, answered = folder / "questions.json", folder / "answers.json"
    asked.write_text(json.dumps([{"sql": question.sql, "time_zone": question.time_zone} for question in questions]))
    given = _provisioned()
    options = {"DIAL_TIMEOUT": given["dialTimeout"], "QUERY_TIMEOUT": given["queryTimeout"]}
    options |= {"QUESTIONS": str(asked), "ANSWERS": str(answered), "CONVOSTREAM_CLICKHOUSE_READER_URL": reader_url}
    command = ["go", "test", "-count=1", "./..."]
    done = subprocess.run(command, cwd=PROGRAM, env=os.environ | options, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return TypeAdapter(list[Answer]).validate_json(answered.read_text())


def _provisioned() -> dict[str, str]:
    """Return the options of the data source as Grafana reads them."""
    found = yaml.safe_load((HERE / "provisioning/datasources/convostream.yaml").read_text())
    return dict(found["datasources"][0]["jsonData"])
