"""One KRaft node: its properties, its formatted storage, its process."""

import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded.addresses import answers, free_port
from deploy.embedded.foreground import run_in_foreground
from deploy.kafka.jars import KafkaMissing, jar_directory, missing_programs

HEAP = "-Xmx512m"
LISTENERS = ("listeners", "advertised.listeners", "listener.security.protocol.map")
_LOGGING = """<Configuration status="WARN">
<Appenders><Console name="C"><PatternLayout pattern="%d %p %c %m%n"/></Console></Appenders>
<Loggers><Root level="WARN"><AppenderRef ref="C"/></Root></Loggers>
</Configuration>
"""


def serve(port: int, directory: Path, more: Path | None = None, scram_users: Path | None = None) -> int:
    """Run the node on localhost until SIGINT or SIGTERM; return its exit code.

    `more` is a file of additional properties, `scram_users` a file of lines `name=password`.
    """
    if missing := missing_programs():
        raise KafkaMissing(f"Apache Kafka needs {' and '.join(missing)}; install Java 17 or later and Maven")
    jars = jar_directory()
    port, controller = port or free_port(), free_port()
    own = _properties(directory, port, controller)
    properties = _write_properties(directory, own if more is None else with_more(own, more.read_text()))
    _format(jars, properties, directory, scram_users.read_text() if scram_users else "")
    command = [*_java(jars, directory), "kafka.Kafka", str(properties)]
    return run_in_foreground(command, lambda: answers("127.0.0.1", port), f"ready localhost:{port}", start_seconds=60)


def _java(jars: Path, directory: Path) -> list[str]:
    logging = directory / "log4j2.xml"
    logging.write_text(_LOGGING)
    return ["java", HEAP, f"-Dlog4j2.configurationFile={logging}", "-cp", f"{jars}/*"]


def with_more(own: Mapping[str, str | int], more: str) -> dict[str, str | int]:
    """Add the lines of a properties file. They replace the node's own, except that listeners are added to its own."""
    lines = [line.partition("=") for line in more.splitlines() if line.strip() and not line.startswith("#")]
    added = {name.strip(): value.strip() for name, _, value in lines}
    beside = {name: f"{own[name]},{added[name]}" for name in LISTENERS if name in added}
    return {**own, **added, **beside}


def _format(jars: Path, properties: Path, directory: Path, scram_users: str) -> None:
    """Format the storage once, with the credentials of its users; a formatted one keeps its cluster id."""
    if (directory / "log" / "meta.properties").exists():
        return
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    arguments = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties), "--standalone"]
    for name, _, password in (line.partition("=") for line in scram_users.splitlines() if line.strip()):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            arguments += ["--add-scram", f"{mechanism}=[name={name},password={password}]"]
    done = subprocess.run([*_java(jars, directory), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KafkaMissing(f"Apache Kafka could not format {directory}:\n{done.stdout}{done.stderr}")


def _write_properties(directory: Path, properties: Mapping[str, str | int]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "server.properties"
    path.touch(mode=0o600)  # it may contain passwords
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    return path


def _properties(directory: Path, port: int, controller: int) -> dict[str, str | int]:
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://localhost:{port},CONTROLLER://127.0.0.1:{controller}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
        "log.dirs": str(directory / "log"),
        "log.message.timestamp.type": "LogAppendTime",
        "num.partitions": 4,
        "message.max.bytes": 2 * 1024**2,
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
    }
