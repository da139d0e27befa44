"""A ClickHouse engine in a separate process, and the schema's command line."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[3]
PASSWORDS = {"CONVOSTREAM_WRITER_PASSWORD": "writer-secret", "CONVOSTREAM_READER_PASSWORD": "reader-secret"}


@dataclass(frozen=True, slots=True)
class ClickHouse:
    """A running engine; the writer owns every database whose name begins with convostream."""

    address: str

    def url(self, database: str = "convostream", user: str = "writer") -> str:
        """Return the address setting of a user and database."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{user}:{user}-secret@{parts.netloc}/{database}"


@contextmanager
def running_clickhouse(directory: Path) -> Iterator[ClickHouse]:
    """Run the engine on a free port."""
    command = [sys.executable, "-m", "deploy.embedded", "clickhouse", "--port", "0", "--data-directory", str(directory)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(PASSWORDS), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready "), f"the engine ended with {process.wait()}"
            yield ClickHouse(line.removeprefix("ready ").strip())
        finally:
            process.terminate()
            process.wait(30)


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return this process's environment with exactly these settings of the product."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("CONVOSTREAM_")}
    return outside | settings


def run_sql(command: str, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `python -m sql` against an address."""
    return subprocess.run(
        [sys.executable, "-m", "sql", command, *options],
        cwd=ROOT,
        env=environment({"CONVOSTREAM_CLICKHOUSE_URL": url}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
