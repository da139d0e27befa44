"""Every way to authenticate with Kafka, for the SDK and the workers, with no more than the documented rights."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError, TransactionalIdAuthorizationFailed

from convostream import KafkaTransport, OutgoingRecord, Settings
from convostream.kafka.security import kafka_client_options
from deploy.embedded.addresses import wait_until
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Stack
from stream_processors.errors import OperatorError
from stream_processors.kafka.producer import kafka_producer
from stream_processors.settings import WorkerSettings
from tests.support.kafka.messages import message
from tests.support.kafka.secure_kafka import Acl, SecureKafka, allow, documented_acls, forbid
from tests.support.kafka.topic_log import PARTITIONS, TopicLog
from tests.support.stack.harness import reader, unique_agent

pytestmark = pytest.mark.brokers("kafka")
Login = Callable[[SecureKafka, str], dict[str, str]]
LOGINS: dict[str, Login] = {
    "SASL PLAIN": lambda kafka, user: kafka.sasl(user, "PLAIN"),
    "SCRAM-SHA-256": lambda kafka, user: kafka.sasl(user, "SCRAM-SHA-256"),
    "SCRAM-SHA-512": lambda kafka, user: kafka.sasl(user, "SCRAM-SHA-512"),
    "OAUTHBEARER": lambda kafka, user: kafka.tokens(user),
    "a certificate": lambda kafka, user: kafka.certificate(user),
    "a certificate with an encrypted key": lambda kafka, user: kafka.certificate(user, "encrypted"),
}
GROUP = "secured-workers"
SECONDS = 40


@dataclass(frozen=True, slots=True)
class Secured:
    """A topic to which only the two documented users have rights."""

    stack: Stack
    kafka: SecureKafka
    log: TopicLog
    acls: list[Acl]

    def settings(self, login: Mapping[str, str]) -> Settings:
        """Return the settings of an agent."""
        return Settings.from_environment({"CONVOSTREAM_KAFKA_TOPIC": self.log.topic, **login})

    def right(self, operation: str, resource: str) -> list[Acl]:
        """Return one right of the worker."""
        return [acl for acl in self.acls if (acl.user, acl.operation, acl.resource) == ("worker", operation, resource)]


@pytest.fixture(scope="module")
def secured(stack: Stack, secure_kafka: SecureKafka) -> Secured:
    log = TopicLog(stack.broker.address, unique_agent("secured-events"))
    log.create({})
    acls = documented_acls(log.topic, GROUP)
    asyncio.run(allow(log.bootstrap, acls))
    return Secured(stack, secure_kafka, log, acls)


@pytest.mark.parametrize("login", LOGINS)
def test_an_agent_that_may_only_write_sends(secured: Secured, login: str) -> None:
    transport = KafkaTransport(secured.settings(LOGINS[login](secured.kafka, "agent")))
    transport.send(OutgoingRecord(b"a/c", b"{}"))
    assert transport.close(SECONDS) == 0
    assert (transport.stats().sent, transport.stats().failures) == (1, 0)


async def test_an_agent_may_not_read_and_not_open_transactions(secured: Secured) -> None:
    settings = secured.settings(secured.kafka.sasl("agent"))
    options = {"bootstrap_servers": settings.kafka_bootstrap_servers, **kafka_client_options(settings)}
    async with AIOKafkaConsumer(**options, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(secured.log.topic, 0)])
        with pytest.raises(TopicAuthorizationFailedError):
            await asyncio.wait_for(consumer.getone(), SECONDS)
    producer = AIOKafkaProducer(**options, transactional_id="mine")
    with pytest.raises(TransactionalIdAuthorizationFailed):
        await asyncio.wait_for(producer.start(), SECONDS)
    await producer.stop()


REFUSED: dict[str, tuple[Login, str]] = {
    "a wrong password": (
        lambda kafka, user: kafka.sasl(user, password="wr0ng-s3cret"),
        "invalid credentials with SASL mechanism SCRAM-SHA-256; check CONVOSTREAM_KAFKA_SASL_MECHANISM",
    ),
    "another authority": (
        lambda kafka, user: kafka.sasl(user) | {"CONVOSTREAM_KAFKA_SSL_CAFILE": str(kafka.directory / "other-ca.pem")},
        "certificate verify failed: unable to get local issuer certificate",
    ),
    "a name that is not in the certificate": (
        lambda kafka, user: kafka.sasl(user) | {"CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{kafka.sasl_port}"},
        "certificate is not valid for '127.0.0.1'",
    ),
    "no certificate": (
        lambda kafka, user: (
            {name: text for name, text in kafka.certificate(user).items() if "FILE" not in name[-12:]}
            | {"CONVOSTREAM_KAFKA_SSL_CAFILE": str(kafka.directory / "ca.pem")}
        ),
        "whether the broker asks for a certificate",
    ),
    "no encryption": (
        lambda kafka, user: {"CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": f"localhost:{kafka.tls_port}"},
        "check CONVOSTREAM_KAFKA_SECURITY_PROTOCOL",
    ),
    "a topic of others": (
        lambda kafka, user: kafka.sasl(user) | {"CONVOSTREAM_KAFKA_TOPIC": "agent-events"},
        "TopicAuthorizationFailedError: agent-events; the principal lacks a right",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_errors_of_the_broker_are_logged_without_secrets(
    secured: Secured, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    login, reason = REFUSED[case]
    environment = login(secured.kafka, "agent")
    transport = KafkaTransport(secured.settings(environment))
    with caplog.at_level(logging.WARNING):
        transport.send(OutgoingRecord(b"a/c", b"{}"))
        assert wait_until(lambda: "no events can be sent" in caplog.text, SECONDS)
        transport.close(0)
    said = [record.getMessage() for record in caplog.records if record.name == "convostream"]
    assert reason in said[0]
    assert "s3cret" not in caplog.text


def test_the_host_name_check_can_be_disabled(secured: Secured) -> None:
    login = secured.kafka.sasl("agent") | {
        "CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{secured.kafka.sasl_port}",
        "CONVOSTREAM_KAFKA_SSL_CHECK_HOSTNAME": "false",
    }
    transport = KafkaTransport(secured.settings(login))
    transport.send(OutgoingRecord(b"a/c", b"{}"))
    assert transport.close(SECONDS) == 0


async def test_a_command_uses_the_same_settings_and_reports_invalid_ones(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as environment:
        for name, text in secured.kafka.certificate("worker").items():
            environment.setenv(name, text)
        async with kafka_producer(WorkerSettings()) as producer:
            await producer.send_and_wait(secured.log.topic, b"{}", b"a/c")
    for name, text in secured.kafka.sasl("worker", password="wr0ng-s3cret").items():
        monkeypatch.setenv(name, text)
    with pytest.raises(OperatorError, match=r"invalid credentials.*check CONVOSTREAM_KAFKA_SASL_MECHANISM") as caught:
        async with kafka_producer(WorkerSettings()):
            raise AssertionError("its password is wrong")
    assert "s3cret" not in str(caught.value)


@pytest.fixture(scope="module")
def workers(secured: Secured) -> Iterator[list[Process]]:
    """Run three workers of one group, each with another way to authenticate."""
    kafka, common = secured.kafka, {"CONVOSTREAM_KAFKA_TOPIC": secured.log.topic, "CONVOSTREAM_KAFKA_GROUP": GROUP}
    logins = kafka.sasl("worker"), kafka.certificate("worker", "encrypted"), kafka.tokens("worker")
    started = [secured.stack.add_worker({**login, **common}) for login in logins]
    yield started
    for worker in started:
        worker.stop()


def stored(stack: Stack, agent_id: str) -> int:
    with closing(reader(stack)) as client:
        rows = client.query("SELECT count() FROM events WHERE agent_id = {a:String}", {"a": agent_id}).result_rows
    return int(rows[0][0])


async def send(log: TopicLog, agent_id: str, count: int) -> None:
    """Send messages to all partitions in turn, most of them to the wrong one."""
    async with AIOKafkaProducer(bootstrap_servers=log.bootstrap) as producer:
        for number in range(count):
            key, value = message(agent_id, f"c-{number}")
            await producer.send_and_wait(log.topic, value, key, partition=number % PARTITIONS)


def test_workers_write_and_reroute_with_every_authentication_method(secured: Secured, workers: list[Process]) -> None:
    agent_id = unique_agent("secured")
    asyncio.run(send(secured.log, agent_id, 40))
    assert wait_until(lambda: stored(secured.stack, agent_id) == 40, SECONDS), workers[0].last_lines(30)
    for worker in workers:
        assert "s3cret" not in worker.log.read_text()
    for worker in workers[1:]:
        worker.ask_to_stop()
    for worker in workers[1:]:
        worker.stop()


@pytest.mark.parametrize(
    ("operation", "resource", "said"),
    [
        ("Read", "topic", r"Kafka does not let this worker read: .*TopicAuthorizationFailedError"),
        ("Read", "group", r"Kafka does not let this worker into its group: .*GroupAuthorizationFailedError"),
        ("Write", "topic", r"retries to reroute: TopicAuthorizationFailedError"),
    ],
)
def test_a_worker_without_a_right_logs_it_and_continues_once_it_is_granted(
    secured: Secured, workers: list[Process], operation: str, resource: str, said: str
) -> None:
    worker, agent_id = workers[0], unique_agent("lacking")
    begin = len(worker.log.read_text())
    right = secured.right(operation, resource)
    asyncio.run(forbid(secured.log.bootstrap, right))
    try:
        time.sleep(0.5)  # until the broker has it
        asyncio.run(send(secured.log, agent_id, 8))
        heard = wait_until(lambda: re.search(said, worker.log.read_text()[begin:]) is not None, SECONDS)
    finally:
        asyncio.run(allow(secured.log.bootstrap, right))
    assert heard, worker.last_lines(30)
    assert wait_until(lambda: stored(secured.stack, agent_id) == 8, SECONDS), worker.last_lines(30)
    assert worker.pid
