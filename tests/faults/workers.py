"""The workers of a round, started and stopped without waiting, so that faults can meet their start."""

import re
import sys
from collections.abc import Mapping
from typing import Final

from deploy.embedded.addresses import free_port
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.processes import Process

GENERATION: Final = re.compile(r"generation (\d+) of the group")


class Workers:
    """All workers that a round has had. One that ends by itself is recorded as a finding and restarted."""

    def __init__(self, settings: StackSettings, environment: Mapping[str, str]) -> None:
        self._directory = settings.directory
        self._environment = dict(environment)
        self.all: list[Process] = []
        self.wanted: set[Process] = set()
        self.deaths: list[str] = []

    @property
    def running(self) -> list[Process]:
        """Workers that are meant to run, in the order in which they were added."""
        return [worker for worker in self.all if worker in self.wanted]

    @property
    def rebalances(self) -> int:
        """The number of rebalances of the group; a broker that lost its data counts again, so it may be higher."""
        return len({each for worker in self.all for each in GENERATION.findall(worker.log.read_text(errors="replace"))})

    def add(self) -> Process:
        """Start one more worker."""
        name, port = f"worker-{len(self.all) + 1}", free_port()
        own = {"CONVOSTREAM_METRICS_HOST": "127.0.0.1", "CONVOSTREAM_METRICS_PORT": str(port)}
        worker = Process(
            name,
            lambda _: [sys.executable, "-m", "stream_processors", "worker"],
            self._directory / "logs" / f"{name}.log",
            {**self._environment, **own},
            port=port,
            is_ready=lambda process: process.pid is not None,
        )
        self.all.append(worker)
        self.start(worker)
        return worker

    def start(self, worker: Process) -> None:
        """Start a worker that has ended."""
        worker.start()
        self.wanted.add(worker)

    def kill(self, worker: Process) -> None:
        """Kill a worker."""
        self.wanted.discard(worker)
        worker.kill()

    def remove(self, worker: Process) -> None:
        """Stop a worker and wait for it."""
        self.wanted.discard(worker)
        worker.stop(seconds=30)

    def revive(self) -> None:
        """Restart workers that ended by themselves, as a supervisor does, and record it."""
        for worker in self.running:
            if worker.exit_code is not None:
                last = " | ".join(worker.last_lines(3))
                self.deaths.append(f"{worker.name} ended by itself with code {worker.exit_code}: {last}")
                worker.start()
