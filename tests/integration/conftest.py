"""A stack for each broker, shared by all tests; every test has an agent of its own."""

import os
from collections.abc import Iterator

import pytest

from deploy.kafka.jars import missing_programs
from tests.integration.harness import Harness
from tests.integration.harness_stack import Stack

TIMED_BY_PRODUCERS = {"message.timestamp.type": "CreateTime"}


@pytest.fixture(
    scope="session",
    params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)],
    ids=["embedded broker", "Apache Kafka"],
)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """ClickHouse, a broker and the schema."""
    if request.param == "kafka":
        _need_java()
    directory = tmp_path_factory.mktemp(f"stack-{request.param}")
    running = Stack(request.param, directory)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def _need_java() -> None:
    missing = missing_programs()
    if missing and os.environ.get("CI") != "true":
        pytest.skip(
            f"Apache Kafka needs {' and '.join(missing)}, which this machine lacks; the embedded broker is tested"
        )
    assert not missing, f"CI must test Apache Kafka too, but lacks {' and '.join(missing)}"


@pytest.fixture(scope="session")
def harness(stack: Stack) -> Harness:
    """The shipped topic with a worker as it is shipped."""
    log = stack.log("agent-events", {})
    return Harness(stack, log, stack.worker("worker", log.topic, {}))


@pytest.fixture(scope="session")
def forgetful(stack: Stack) -> Harness:
    """A topic whose times are the producers', with a worker that keeps no conversation in memory."""
    log = stack.log("agent-events-timed", TIMED_BY_PRODUCERS)
    settings = {"CONVOSTREAM_STATE_CACHE_BYTES": "0", "CONVOSTREAM_FLUSH_MAX_ROWS": "500"}
    return Harness(stack, log, stack.worker("forgetful-worker", log.topic, settings))
