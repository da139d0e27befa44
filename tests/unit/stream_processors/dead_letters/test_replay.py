"""What a replay sends of a dead letter: its bytes, the key of its conversation, and headers that name it."""

from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from stream_processors.__main__ import main
from stream_processors.commands.dead_letters import readable
from stream_processors.dead_letters.replay import (
    PAGE_BYTES,
    PAGE_DEAD_LETTERS,
    StoredDeadLetter,
    body_key,
    pages,
    replay_headers,
)
from stream_processors.dead_letters.store import PendingDeadLetter
from stream_processors.kafka.records import ORIGIN_HEADER, RECEIVED_AT_HEADER, LogPosition, replayed_letter
from stream_processors.kafka.source import Headers
from tests.support.kafka.records import AT_MS, KafkaRecord, fields_of, value_of

PLACE = LogPosition("agent-events", 3, 2, 1200)


def letter_of(headers: Headers, received: int | None = AT_MS) -> StoredDeadLetter:
    return StoredDeadLetter(PLACE, received, b"{", b"k", headers)


def sizes(*values: int) -> list[PendingDeadLetter]:
    return [PendingDeadLetter(PLACE._replace(offset=at), "broken_json", 1, size) for at, size in enumerate(values)]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        pytest.param(value_of(fields_of(conversation_id="ä/1")), "a/ä/1".encode(), id="both ids are told"),
        pytest.param(b'{"agent_id":"a","conversation_id":"c","type":"smile"}', b"a/c", id="the rest may be wrong"),
        pytest.param(value_of(fields_of(conversation_id=5)), None, id="an id that is no text"),
        pytest.param(value_of(fields_of(agent_id=...)), None, id="an id that is missing"),
        pytest.param(b'["agent_id"]', None, id="no object"),
        pytest.param(b'{"agent_id":"a"', None, id="broken JSON"),
        pytest.param(b'{"agent_id":"\\ud800","conversation_id":"c"}', None, id="an id that is no Unicode"),
        pytest.param(b"", None, id="an empty value"),
        pytest.param(None, None, id="no value"),
    ],
)
def test_the_key_is_that_of_the_conversation_that_the_body_tells(value: bytes | None, key: bytes | None) -> None:
    assert body_key(value) == key


def test_a_worker_reads_of_the_headers_which_letter_it_is() -> None:
    sent = KafkaRecord(timestamp=AT_MS + 5, headers=replay_headers(letter_of([("h", None)])))
    assert replayed_letter(sent) == PLACE
    assert sent.headers[0] == ("h", None)
    assert (ORIGIN_HEADER, b"agent-events:3:1200") in sent.headers


def test_a_letter_that_had_been_sent_on_keeps_its_first_origin() -> None:
    headers: Headers = [(ORIGIN_HEADER, b"agent-events:0:7"), (RECEIVED_AT_HEADER, b"5")]
    sent = KafkaRecord(headers=replay_headers(letter_of(headers, 5)))
    assert [value for name, value in sent.headers if name == ORIGIN_HEADER] == [b"agent-events:0:7"]


@pytest.mark.parametrize(
    ("bytes_", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([1] * (PAGE_DEAD_LETTERS + 1), [PAGE_DEAD_LETTERS, 1], id="as many as a page holds, and one more"),
        pytest.param([PAGE_BYTES, 1, PAGE_BYTES - 1, 1], [1, 2, 1], id="as many bytes as a page holds"),
        pytest.param([2 * PAGE_BYTES, 1], [1, 1], id="a dead letter larger than a page"),
    ],
)
def test_a_page_holds_few_letters_and_few_bytes(bytes_: Sequence[int], expected: list[int]) -> None:
    dead_letters = sizes(*bytes_)
    parts = list(pages(dead_letters))
    assert [len(part) for part in parts] == expected
    assert [each for part in parts for each in part] == dead_letters


@pytest.mark.parametrize("command", ["replay", "drop"])
def test_an_offset_without_its_partition_is_refused(command: str) -> None:
    done = CliRunner().invoke(main, ["dead-letters", command, "--offset", "5"])
    assert (done.exit_code, "give --partition too" in done.output) == (2, True)


@pytest.mark.parametrize("command", ["list", "replay", "drop"])
def test_an_unknown_reason_code_is_refused_with_those_that_there_are(command: str) -> None:
    done = CliRunner().invoke(main, ["dead-letters", command, "--reason-code", "brokn_json"])
    assert (done.exit_code, "broken_json" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("hexadecimal", "shown"), [("C3A4", "ä"), ("FF00", "b'\\xff\\x00'"), ("", ""), (None, "(null)")]
)
def test_bytes_are_shown_as_text_where_they_are_text(hexadecimal: str | None, shown: str) -> None:
    assert readable(hexadecimal) == shown
