"""One stack for each broker, shared by all tests of a process; every test has its own agent."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from deploy.kafka.jars import missing_programs
from tests.support.kafka.topic_log import TopicLog
from tests.support.stack.harness import GEOIP, Harness

if TYPE_CHECKING:
    from tests.support.kafka.secure_kafka import SecureKafka

WORKER = {
    "CONVOSTREAM_GEOIP_DATABASE": str(GEOIP),
    "CONVOSTREAM_FLUSH_MAX_AGE_SECONDS": "0.1",
    "CONVOSTREAM_KAFKA_SESSION_TIMEOUT_SECONDS": "6",
}
BROKER_NAMES = {"embedded": "embedded broker", "kafka": "Apache Kafka"}
TIMED_TOPIC = "agent-events-timed"
FORGETFUL_WORKER = {
    "CONVOSTREAM_KAFKA_TOPIC": TIMED_TOPIC,
    "CONVOSTREAM_KAFKA_GROUP": "forgetful-workers",
    "CONVOSTREAM_STATE_CACHE_BYTES": "0",
    "CONVOSTREAM_FLUSH_MAX_ROWS": "500",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that needs a broker on those that its marker `brokers` names."""
    if "stack" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("brokers")
        names = marker.args if marker else ("embedded",)
        values = [pytest.param(name, marks=[pytest.mark.kafka] if name == "kafka" else []) for name in names]
        ids = [BROKER_NAMES[name] for name in names]
        metafunc.parametrize("stack", values, indirect=True, scope="session", ids=ids)


@pytest.fixture(scope="session")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> "SecureKafka":
    """Return the listeners of Apache Kafka that require authentication."""
    from tests.support.kafka.secure_kafka import SecureKafka

    return SecureKafka(tmp_path_factory.mktemp("secure-kafka"))


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run ClickHouse, a broker, the default topic and the schema, independent of the caller's settings."""
    options: list[str] = []
    if request.param == "kafka":
        _need_java()
        # Without the library for certificates Kafka has only its open listener, and the tests of authentication fail.
        options = request.getfixturevalue("secure_kafka").options if find_spec("trustme") else []
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("CONVOSTREAM_")]:
            patched.delenv(name)
        settings = StackSettings(data_directory=tmp_path_factory.mktemp(f"stack-{request.param}"))
        with Stack(settings, request.param, worker_environment=WORKER, broker_options=options) as running:
            yield running


def _need_java() -> None:
    missing = " and ".join(missing_programs())
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"Apache Kafka needs {missing}, which this machine lacks; only the embedded broker is tested")
    assert not missing, f"CI must test Apache Kafka too, but lacks {missing}"


@pytest.fixture(scope="session")
def harness(stack: Stack) -> Harness:
    """Return the default topic with a worker."""
    worker = stack.add_worker()
    return Harness(stack, TopicLog(stack.broker.address, "agent-events"), worker)


@pytest.fixture(scope="session")
def forgetful(stack: Stack) -> Harness:
    """Return a topic with producer timestamps, and a worker that caches no conversation."""
    log = TopicLog(stack.broker.address, TIMED_TOPIC)
    # By default Apache Kafka rejects times more than an hour ahead; other brokers accept them.
    log.create({"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": str(2**63 - 1)})
    return Harness(stack, log, stack.add_worker(FORGETFUL_WORKER))
