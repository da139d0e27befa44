"""The small job of the other pipelines: a question and its answer, and what their tables are checked against."""

from collections import Counter

import orjson
import pytest

from benchmarks.contenders.small_job import SCHEMA, pair
from benchmarks.contenders.small_tables import DATABASE, database_url
from benchmarks.workload.load import make_load
from convostream.contract.events import Event, validate_event


def event(fields: dict[str, object]) -> Event:
    common = {"event_id": "019d46c9-5c00-7000-8000-000000000000", "agent_id": "a", "conversation_id": "c"}
    return validate_event({**common, "occurred_at": "1970-01-01T00:00:05Z", **fields})


def message(sender: str) -> Event:
    return event({"type": "message", "sender": sender, "content": "hello"})


@pytest.mark.parametrize(
    ("asked_at", "happened", "waits_since", "response_ms"),
    [
        pytest.param(None, message("end_user"), 5_000, None, id="a question waits from now on"),
        pytest.param(2_000, message("end_user"), 2_000, None, id="a second question does not reset the first"),
        pytest.param(2_000, message("agent"), None, 3_000, id="an answer takes the time since the question"),
        pytest.param(None, message("agent"), None, None, id="an answer without a question has no time"),
        pytest.param(2_000, message("system"), 2_000, None, id="a system message is no answer"),
        pytest.param(2_000, event({"type": "action", "action_name": "x"}), 2_000, None, id="an action is none either"),
    ],
)
def test_an_answer_is_paired_with_its_question(
    asked_at: int | None, happened: Event, waits_since: int | None, response_ms: int | None
) -> None:
    assert pair(asked_at, happened) == (waits_since, response_ms)


def test_a_load_knows_how_many_questions_are_answered() -> None:
    load, answers = make_load(5_000), 0
    waiting: dict[bytes, int | None] = {}
    for key, value in load.records:
        waiting[key], response_ms = pair(waiting.get(key), validate_event(orjson.loads(value)))
        answers += response_ms is not None
    assert load.answers == answers > 0


def test_no_column_is_there_twice() -> None:
    assert max(Counter(SCHEMA.names).values()) == 1


def test_the_pipelines_have_a_database_of_their_own_on_the_same_server() -> None:
    assert database_url("http://writer:secret@host:8123/convostream") == f"http://writer:secret@host:8123/{DATABASE}"
