"""One run of the demo, from the start of the parts to their end."""

import signal
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console

from convostream import ConversationTracker, KafkaSecurity
from deploy.embedded.errors import EmbeddedError
from deploy.embedded.stack.stack import Broker, Stack
from deploy.embedded.stack.supervisor import Supervisor
from examples.demo import setup as parts
from examples.demo.live import Trickle
from examples.demo.progress import Stages
from examples.demo.reader import Question, Reader
from examples.demo.replay import NotSent, Tally, plan, send
from examples.demo.report import print_commands, print_metrics, print_page, print_tally
from examples.demo.schedule import range_of
from examples.demo.sdk_calls import AGENT_ID, ENVIRONMENT
from examples.demo.transcripts import Transcript, read_transcripts
from examples.demo.wait import NotLanded, landed, wait_until_landed

LANDING_SECONDS: Final = 90.0
_LOOK_SECONDS: Final = 0.2
_COUNT_SECONDS: Final = 5.0
_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for."""

    once: bool
    broker: Broker
    data_directory: Path | None
    time_zone: str
    copies: int
    addresses: Path


def run(options: Options, console: Console) -> int:
    """Runs the demo; returns its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with parts.directory_of(options.data_directory) as directory:
        stack = parts.make_stack(directory.path, options.broker)
        try:
            parts.start(stack, Stages(console))
            page = None if options.once else parts.start_dashboard(stack, Stages(console))
            with nullcontext() if options.once else parts.addresses_written(stack, options.addresses):
                Demo(options, console, stack, directory.path / "logs", page).show()
        except KeyboardInterrupt:
            console.print("stopping")
            return _INTERRUPTED if options.once else 0
        except (EmbeddedError, NotSent, NotLanded, ClickHouseError) as error:
            directory.keep = True
            _explain(console, stack, error, directory.path / "logs")
            return 1
        finally:
            _stop(stack)
    return 0


class Demo:
    """What is shown on a stack that answers."""

    def __init__(self, options: Options, console: Console, stack: Stack, logs: Path, page: parts.Page | None) -> None:
        self._options = options
        self._console = console
        self._stack = stack
        self._logs = logs
        self._page = page
        self._transcripts: list[Transcript] = read_transcripts()
        self._environment = stack.environment()
        self._reader = Reader(self._environment["CONVOSTREAM_CLICKHOUSE_READER_URL"])

    def show(self) -> None:
        """Replays, prints the metrics, and goes on live unless once is enough."""
        now_ms = time.time_ns() // 1_000_000
        since, until = range_of(now_ms)
        question = Question(since, until, self._options.time_zone)
        with ConversationTracker(
            AGENT_ID,
            ENVIRONMENT,
            bootstrap_servers=self._environment["CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS"],
            security=KafkaSecurity(),
        ) as tracker:
            self._replay_once(tracker, now_ms, question)
            print_metrics(self._console, self._reader, question)
            if self._page:
                print_commands(self._console, self._environment, question, self._logs, self._options.addresses)
                print_page(self._console, self._page)
                self._go_on(tracker, self._page)

    def _replay_once(self, tracker: ConversationTracker, now_ms: int, question: Question) -> None:
        """Replays unless the directory holds a replay from another time."""
        if before := landed(self._reader):
            self._console.print(f"The data directory holds {before:,} events of the demo: nothing is replayed again.")
            return
        tally = self._replay(tracker, now_ms)
        counted = self._reader.view("total_messages", question).values[0][0]
        print_tally(self._console, tally, int(str(counted)))

    def _replay(self, tracker: ConversationTracker, now_ms: int) -> Tally:
        stages = Stages(self._console)
        steps = plan(self._transcripts, now_ms, self._options.copies)
        with stages.stage("replay the transcripts through the SDK", len(steps)) as advance:
            tally = send(steps, tracker, advance)
        expected = tally.events.total()
        with stages.stage("wait until all events have landed in ClickHouse", expected) as advance:
            wait_until_landed(self._reader, expected, LANDING_SECONDS, advance, lambda: parts.check(self._stack))
        return tally

    def _go_on(self, tracker: ConversationTracker, page: parts.Page) -> None:
        """Lets talks begin until Ctrl-C, and looks after the parts meanwhile."""
        trickle = Trickle(self._transcripts, tracker, time.time_ns() // 1_000_000)
        supervisor = Supervisor(self._stack, self._console)
        counted_at = 0.0
        with self._console.status("live") as status:
            while True:
                for talk in trickle.advance(time.time_ns() // 1_000_000):
                    self._announce(talk.attributes.conversation_id, talk.transcript)
                supervisor.look()
                if time.monotonic() - counted_at > _COUNT_SECONDS:
                    counted_at = time.monotonic()
                    status.update(
                        f"{page.address}  live: {trickle.tally.messages} messages, {self._counted()}; Ctrl-C stops all"
                    )
                time.sleep(_LOOK_SECONDS)

    def _counted(self) -> str:
        try:
            return f"{landed(self._reader):,} events in ClickHouse"
        except ClickHouseError:
            return "ClickHouse does not answer"

    def _announce(self, conversation_id: str, transcript: Transcript) -> None:
        messages = len(transcript.utterances)
        self._console.print(
            f"[dim]{time.strftime('%H:%M:%S')}[/] live: {conversation_id} begins, "
            f"{messages} messages about {transcript.domain} in {transcript.duration_ms // 1000} s"
        )


def _explain(console: Console, stack: Stack, error: Exception, logs: Path) -> None:
    """The error and, where it does not quote a log itself, the last lines of every part."""
    console.print("[bold red]The demo failed.[/]")
    console.print(str(error), markup=False, soft_wrap=True)
    if not isinstance(error, EmbeddedError):
        for process in stack.processes:
            for line in process.last_lines(8):
                console.print(f"{process.name} | {line}", markup=False, soft_wrap=True)
    console.print(f"The logs are kept in {logs}", markup=False, soft_wrap=True)


def _stop(stack: Stack) -> None:
    """A second Ctrl-C must not leave anything running."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    stack.stop()
