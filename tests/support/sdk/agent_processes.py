"""Programs of agents with a spool, each in its own process."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

# An address where no broker listens.
UNREACHABLE_BROKER = "127.0.0.1:1"

AGENT = """
import sys
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
for number in range(int(sys.argv[1]), int(sys.argv[2])):
    tracker.track_human_message(str(number), conversation_id=f"c-{number % 5}")
    print(number, flush=True)
print("unsent", tracker.flush(float(sys.argv[3])), flush=True)
"""

COMMANDED_AGENT = """
import sys
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
for line in sys.stdin:
    command, *numbers = line.split()
    if command == "flush":
        unsent = tracker.flush(float(numbers[0]))
    else:
        for number in range(*map(int, numbers)):
            tracker.track_human_message(str(number), conversation_id=f"c-{number % 5}")
        unsent = tracker.stats().unsent
    print(unsent, "unsent", flush=True)
"""

FORKING_AGENT = """
import multiprocessing
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
def work(first):
    for number in range(first, first + 100):
        tracker.track_human_message(str(number), conversation_id=f"c-{number % 5}")
if __name__ == "__main__":
    work(0)
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=work, args=(first,)) for first in (100, 200, 300)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    work(400)
"""

LARGE_AGENT = """
import resource
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
def held():
    with open("/proc/self/statm") as sizes:
        return int(sizes.read().split()[1]) * resource.getpagesize()
for number in range(2_000):
    tracker.track_human_message(str(number) + " " * 1_000, conversation_id=f"c-{number % 5}")
before = held()
for number in range(2_000, 30_000):
    tracker.track_human_message(str(number) + " " * 1_000, conversation_id=f"c-{number % 5}")
print((held() - before) // 2**20, tracker.stats().unsent_bytes // 2**20, tracker.stats().refused, flush=True)
"""


class AgentProcess(subprocess.Popen[str]):
    """A program of an agent with a spool; its pipes are closed when it is garbage-collected."""

    def __init__(
        self,
        program: str,
        bootstrap_servers: str,
        spool: Path,
        *arguments: object,
        stderr: int | None = None,
        **variables: str,
    ) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
            "CONVOSTREAM_SPOOL_DIRECTORY": str(spool),
            "CONVOSTREAM_EXIT_TIMEOUT_SECONDS": "0",
            **variables,
        }
        command = [sys.executable, "-c", program, *map(str, arguments)]
        super().__init__(command, env=environment, stdin=PIPE, stdout=PIPE, stderr=stderr, text=True)

    def __del__(self) -> None:
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        super().__del__()


def start_agent(bootstrap_servers: str, spool: Path, program: str, *arguments: object) -> AgentProcess:
    """Start an agent with this spool."""
    return AgentProcess(program, bootstrap_servers, spool, *arguments)


def send_command(agent: "subprocess.Popen[str]", command: str) -> str:
    """Send a command to an agent of `COMMANDED_AGENT` and return its answer."""
    assert agent.stdin is not None
    assert agent.stdout is not None
    agent.stdin.write(command + "\n")
    agent.stdin.flush()
    return agent.stdout.readline().strip()


def run_agent(bootstrap_servers: str, spool: Path, program: str, *arguments: object) -> list[str]:
    """Run an agent to its end and return the lines that it printed."""
    agent = start_agent(bootstrap_servers, spool, program, *arguments)
    out, _ = agent.communicate(timeout=120)
    assert agent.returncode == 0
    return out.splitlines()
