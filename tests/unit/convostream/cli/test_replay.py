"""Replaying a file: what is sent, and what is refused by line number with a reason."""

import gzip
import io
import json
import re
import sys
from pathlib import Path

import pytest

from convostream.__main__ import main
from convostream.cli.replay import LineError, opened, read_event, send_lines
from convostream.testing import MemoryTransport
from convostream.transport.interface import OutgoingRecord, Stats
from tests.support.sdk.events import EVENT_ID, event


def line(**changed: object) -> bytes:
    return json.dumps(event(**changed)).encode()


class StuckTransport(MemoryTransport):
    """A transport whose broker takes nothing: everything stays unsent."""

    def flush(self, timeout: float = 0) -> int:
        return len(self.records)

    def stats(self) -> Stats:
        return Stats(accepted=len(self.records), unsent=len(self.records))


def test_a_line_goes_out_as_it_stands() -> None:
    text = line(unknown={"b": None})
    assert read_event(text) == OutgoingRecord(b"shop/c-1", text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(b"{", "broken JSON: .* at character 2", id="half an object"),
        pytest.param(b"[]", "not a JSON object", id="a list"),
        pytest.param(b"null", "not a JSON object", id="null"),
        pytest.param(line().replace(b'"Hello"', b"NaN"), "broken JSON: NaN and Infinity are no JSON", id="NaN"),
        pytest.param(line().replace(b'"Hello"', b"1e999"), "broken JSON: .*not finite", id="1e999"),
        pytest.param(line().replace(b"Hello", b"\\ud800"), "broken JSON: not UTF-8", id="an escaped surrogate"),
        pytest.param(line().replace(b"Hello", b"\xff"), "broken JSON: not UTF-8", id="a byte that is no UTF-8"),
        pytest.param(line(metadata={"a": "b" * 2**20}), "longer than 1048576 bytes", id="more than a mebibyte"),
        pytest.param(line().replace(b'"Hello"', b"[" * 64 + b"]" * 64), "nested deeper than 64", id="65 levels"),
        pytest.param(line().replace(b'"Hello"', b"[" * 9999), "nested deeper than 64", id="far too deep"),
        pytest.param(line(sender="bot"), "^sender: unknown; allowed are", id="an event that the contract refuses"),
    ],
)
def test_a_line_that_is_no_event_is_refused_with_a_reason(text: bytes, reason: str) -> None:
    with pytest.raises(LineError, match=reason):
        read_event(text)


def test_the_last_of_duplicate_keys_counts() -> None:
    text = line().replace(b'"sender": "end_user"', b'"sender": "nobody", "sender": "agent"')
    assert read_event(text).value == text


def test_the_summary_names_lines_by_their_number_and_blank_lines_are_none() -> None:
    transport = MemoryTransport()
    lines = [line() + b"\r\n", b"\n", line(sender="bot") + b"\n", line(event_id=EVENT_ID[:-1] + "2")]
    seen: list[int] = []
    summary = send_lines(iter(lines), transport, 1, seen.append)
    assert (summary.lines, summary.accepted, summary.unsent) == (3, 2, 0)
    assert list(summary.refused) == [3]
    assert [record.value for record in transport.records] == [lines[0].strip(), lines[3]]
    assert sum(seen) == sum(map(len, lines))


def test_a_broker_that_takes_nothing_ends_the_replay_and_bounds_its_memory() -> None:
    summary = send_lines(iter([line()] * 20_010), StuckTransport(), 0, lambda _: None)
    assert (summary.accepted, summary.unsent) == (20_000, 20_000)
    assert not summary.complete


def test_a_file_may_be_plain_gzipped_or_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, packed = tmp_path / "events.jsonl", tmp_path / "events.jsonl.gz"
    plain.write_bytes(b"a\nb\n")
    packed.write_bytes(gzip.compress(b"a\nb\n"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    for name in (str(plain), str(packed), "-"):
        with opened(name) as (lines, _):
            assert list(lines) == [b"a\n", b"b\n"]


def test_the_command_says_what_was_not_sent_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(line() + b"\n" + line(sender="bot") + b"\n")
    arguments = [str(path), "--bootstrap-servers", "127.0.0.1:1", "--topic", "other", "--patience", "0.1"]
    assert main(["replay", *arguments]) == 1
    out = capsys.readouterr().out
    assert "0 of 2 events sent to other at 127.0.0.1:1" in out
    assert "1 events unsent" in out
    assert "line 2: sender: unknown" in out


def test_a_file_that_is_not_there_is_said_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "/nowhere/events.jsonl"]) == 2
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["replay", "schema"])
def test_the_help_teaches_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert re.search(rf"example:\n(.*\n)*.*python -m convostream {command}", capsys.readouterr().out)


def test_the_event_in_the_help_is_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["replay", "--help"])
    found = re.search(r"\{.*?\}", capsys.readouterr().out, re.DOTALL)
    assert found
    assert read_event(found.group().encode()).key == b"shop-assistant/c-1"


def test_the_schema_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == main(["schema", "asyncapi"]) == main(["schema", "--write", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "events.schema.json").read_text() + (tmp_path / "asyncapi.yaml").read_text()
