"""Logs: one JSON object a line or text for people, and other libraries quiet."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from stream_processors.process.logs import QUIET, JsonFormatter, configure_logs


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    root.handlers = []
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "INFO")
    logging.getLogger("stream_processors.partitions.partition").warning('partition %d: "ä"\nnext line', 3)
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "WARNING",
        "logger": "stream_processors.partitions.partition",
        "message": 'partition 3: "ä"\nnext line',
    }


def test_an_error_brings_its_traceback() -> None:
    try:
        int("broken")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "file", 1, "failed", None, sys.exc_info())
    entry = json.loads(JsonFormatter().format(record))
    assert entry["message"] == "failed"
    assert entry["error"].endswith("'broken'")


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("text", "INFO")
    logging.getLogger("stream_processors").info("owning partitions %s", [1, 2])
    assert capsys.readouterr().err.endswith("INFO     stream_processors  owning partitions [1, 2]\n")


def test_the_level_is_that_of_the_setting(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("text", "ERROR")
    logging.getLogger("stream_processors").warning("not so bad")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", QUIET)
@pytest.mark.parametrize(("level", "heard"), [("DEBUG", "WARNING"), ("INFO", "WARNING"), ("ERROR", "ERROR")])
def test_other_libraries_speak_from_warning_on(name: str, level: str, heard: str) -> None:
    configure_logs("json", level)
    assert logging.getLogger(name).level == logging.getLevelName(heard)
