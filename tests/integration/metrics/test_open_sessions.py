"""Open sessions: what closes them, by ClickHouse's clock at the time of the query."""

from deploy.embedded.addresses import wait_until
from tests.oracle import Question
from tests.oracle.cases import Script
from tests.support.stack.harness import Harness, history, unique_agent

MINUTE = 60_000


def _landed(harness: Harness, script: Script) -> list[str]:
    known = history(harness.send(script.sent))
    harness.drain()
    now = harness.now()
    return harness.differences(known, [Question(script.agent_id, "production", 0, now + 60 * MINUTE, "UTC", now)])


def _sessions(harness: Harness, script: Script) -> dict[str, object]:
    now = harness.now()
    question = Question(script.agent_id, "production", 0, now + 60 * MINUTE, "UTC", now)
    (duration,) = harness.view("average_conversation_duration", question)
    (response,) = harness.view("average_response_time", question)
    return {"closed": duration[5], "open": duration[6], "spans": duration[9], "unanswered": response[7]}


def test_a_later_session_does_not_close_the_one_before(harness: Harness) -> None:
    script = Script(unique_agent("later"), harness.now())
    for at in (-27 * MINUTE, -26 * MINUTE, 4 * MINUTE + 30_000):
        script.user(script.now + at)
    assert _landed(harness, script) == []
    assert _sessions(harness, script) == {"closed": 0, "open": 2, "spans": 0, "unanswered": 0}


def test_an_end_after_the_next_sessions_start_does_not_close_the_one_before(harness: Harness) -> None:
    script = Script(unique_agent("end"), harness.now())
    for at in (-27 * MINUTE, -26 * MINUTE, 4 * MINUTE + 30_000, 4 * MINUTE + 31_000):
        script.user(script.now + at)
    script.end(script.now + 4 * MINUTE + 32_000)
    assert _landed(harness, script) == []
    assert _sessions(harness, script) == {"closed": 1, "open": 1, "spans": 0, "unanswered": 1}


def test_a_session_closes_by_itself_when_the_gap_has_passed(harness: Harness) -> None:
    script = Script(unique_agent("passing"), harness.now())
    last = script.now - 30 * MINUTE + 8_000
    script.agent(last - 1_000)
    script.user(last)
    harness.send(script.sent)
    harness.drain()
    assert _sessions(harness, script) == {"closed": 0, "open": 1, "spans": 0, "unanswered": 0}
    assert wait_until(lambda: harness.now() > last + 30 * MINUTE, 20)
    assert _sessions(harness, script) == {"closed": 1, "open": 0, "spans": 1, "unanswered": 1}


def test_an_end_that_arrives_late_closes_and_activity_after_it_opens_again(harness: Harness) -> None:
    script = Script(unique_agent("reopened"), harness.now())
    script.user(script.now - 10 * MINUTE)
    script.agent(script.now - 9 * MINUTE)
    script.end(script.now - 8 * MINUTE)
    assert _landed(harness, script) == []
    assert _sessions(harness, script) == {"closed": 1, "open": 0, "spans": 1, "unanswered": 0}
    script.user(script.now - 7 * MINUTE)
    assert _landed(harness, script) == []
    assert _sessions(harness, script) == {"closed": 0, "open": 1, "spans": 0, "unanswered": 0}
