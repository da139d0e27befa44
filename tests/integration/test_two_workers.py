"""Two workers share a topic; one is killed, or paused beyond its session, while events flow: all views are exact."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Stack
from tests.oracle import Record
from tests.support.kafka.topic_log import TopicLog
from tests.support.stack.harness import Harness, history, unique_agent
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions
from tests.support.strategies.random_events import generate

PARTS = 12
SESSION_SECONDS = 6


@dataclass(frozen=True, slots=True)
class Pair:
    """Two workers on one topic."""

    harness: Harness
    workers: tuple[Process, Process]


@pytest.fixture
def pair(stack: Stack) -> Iterator[Pair]:
    """Run two workers on a separate topic with small, frequent flushes, so that faults meet flushes."""
    topic = unique_agent("shared-topic")
    log = TopicLog(stack.broker.address, topic)
    log.create({})
    settings = {
        "CONVOSTREAM_KAFKA_TOPIC": topic,
        "CONVOSTREAM_KAFKA_GROUP": f"{topic}-workers",
        "CONVOSTREAM_KAFKA_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
        "CONVOSTREAM_FLUSH_MAX_AGE_SECONDS": "0.1",
        "CONVOSTREAM_FLUSH_MAX_ROWS": "50",
    }
    workers = stack.add_worker(settings), stack.add_worker(settings)
    yield Pair(Harness(stack, log, workers[0]), workers)
    for worker in workers:
        worker.stop()


def kill_and_start_again(stack: Stack, worker: Process) -> None:
    worker.kill()
    time.sleep(1)
    worker.start()


def pause_beyond_the_session(stack: Stack, worker: Process) -> None:
    worker.pause()
    time.sleep(SESSION_SECONDS + 2)
    worker.resume()


# Each fault runs on one broker here; tests/faults has rounds of both on both.
@pytest.mark.brokers("embedded")
def test_every_view_is_exact_after_a_worker_is_killed_and_started_again(pair: Pair, stack: Stack) -> None:
    assert_exact_after(kill_and_start_again, pair, stack)


@pytest.mark.brokers("kafka")
def test_every_view_is_exact_after_a_worker_was_paused_beyond_its_session(pair: Pair, stack: Stack) -> None:
    assert_exact_after(pause_beyond_the_session, pair, stack)


def assert_exact_after(fault: Callable[[Stack, Process], None], pair: Pair, stack: Stack) -> None:
    """Compare all views with the oracle after a fault of one worker, and a kill of the other, while events flow."""
    harness, agents = pair.harness, [unique_agent("fault"), unique_agent("fault")]
    sent = generate(11, 120, agent_ids=agents, now=harness.now())
    size = -(-len(sent) // PARTS)
    delivered: list[Record] = []
    for part in range(PARTS):
        delivered += harness.send(sent[part * size : (part + 1) * size])
        if part == PARTS // 3:
            fault(stack, pair.workers[0])
        if part == 2 * PARTS // 3:
            kill_and_start_again(stack, pair.workers[1])
    harness.drain(120)

    known = history(delivered)
    for agent in agents:
        moments = [event.at for event in known.events if event.key[0] == agent]
        asked = questions(RandomChoices(7), (agent, "production"), moments, harness.now(), 4)
        assert not harness.differences(known, asked)
    kept = {(*event.key, event.event_id) for event in known.events}
    stored = harness.rows(
        "SELECT agent_id, environment, conversation_id, event_id FROM events WHERE agent_id IN {agents:Array(String)}",
        agents=agents,
    )
    assert len(stored) == len(set(stored))
    assert set(stored) == kept
