"""Download the broker's jars from Maven Central once, into a cache directory."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")


class KafkaMissing(Exception):
    """Java or Maven is not installed, or the download failed; the message says what to do."""


def missing_programs() -> list[str]:
    """Return the programs that Apache Kafka needs and that are not installed."""
    return [name for name in ("java", "mvn") if shutil.which(name) is None]


def jar_directory() -> Path:
    """Return the directory of all jars of the POM; download them the first time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "convostream"
    directory = cache / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            _fetch(directory)
    return directory


def _fetch(directory: Path) -> None:
    partial = directory.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KafkaMissing(f"Maven could not fetch Apache Kafka:\n{done.stdout}{done.stderr}")
    partial.rename(directory)
