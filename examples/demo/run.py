"""One run of the demo, from the start of the stack to its end."""

import signal
import time
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console

from convostream import ConversationTracker, KafkaSecurity
from deploy.embedded.errors import EmbeddedError
from deploy.embedded.stack.stack import Broker, Stack
from deploy.embedded.stack.supervisor import Supervisor
from examples.demo import setup
from examples.demo.clickhouse_reader import ClickHouseReader, NotWritten
from examples.demo.live import LiveTalks
from examples.demo.progress import Stages
from examples.demo.replay import NotSent, Tally, plan, send
from examples.demo.report import print_commands, print_metrics, print_page, print_tally
from examples.demo.schedule import latest_days
from examples.demo.sdk_calls import AGENT_ID, ENVIRONMENT
from examples.demo.transcripts import Transcript, read_transcripts

WRITE_SECONDS: Final = 90.0
_POLL_SECONDS: Final = 0.2
_COUNT_SECONDS: Final = 5.0
_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command line."""

    once: bool
    broker: Broker
    data_directory: Path | None
    time_zone: str
    copies: int
    addresses: Path


def run(options: Options, console: Console) -> int:
    """Run the demo; return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with setup.open_directory(options.data_directory) as directory:
        stack = setup.make_stack(directory.path, options.broker)
        logs = directory.path / "logs"
        try:
            page_build = None if options.once else setup.start_page_build()
            setup.start_pipeline(stack, Stages(console))
            Demo(options, console, stack, logs, page_build).show()
        except KeyboardInterrupt:
            console.print("stopping")
            return _INTERRUPTED if options.once else 0
        except (EmbeddedError, NotSent, NotWritten, ClickHouseError) as error:
            directory.keep = True
            _explain(console, stack, error, logs)
            return 1
        finally:
            _stop(stack)
    return 0


class Demo:
    """What the demo does on a running stack."""

    def __init__(
        self, options: Options, console: Console, stack: Stack, logs: Path, page_build: "Future[str] | None"
    ) -> None:
        self._options = options
        self._console = console
        self._stack = stack
        self._logs = logs
        self._page_build = page_build
        self._transcripts: list[Transcript] = read_transcripts()
        self._reader = ClickHouseReader(stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])

    def show(self) -> None:
        """Replay the transcripts and print the metrics; with a page, continue live until Ctrl-C."""
        now_ms = time.time_ns() // 1_000_000
        servers = self._stack.environment()["CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS"]
        with ConversationTracker(AGENT_ID, ENVIRONMENT, bootstrap_servers=servers, security=KafkaSecurity()) as tracker:
            self._replay_once(tracker, now_ms)
            print_metrics(self._console, self._reader, latest_days(now_ms, self._options.time_zone))
            if self._page_build:
                page = setup.start_dashboard(self._stack, Stages(self._console), self._page_build)
                self._continue(tracker, page, now_ms)

    def _replay_once(self, tracker: ConversationTracker, now_ms: int) -> None:
        """Replay, unless the data directory holds an earlier replay."""
        if events := self._reader.count_events():
            self._console.print(f"The data directory holds {events:,} events of the demo: nothing is replayed again.")
            return
        tally = self._replay(tracker, now_ms)
        latest = latest_days(now_ms)
        rows = self._reader.view("total_messages", replace(latest, since=latest.before().since))
        print_tally(self._console, tally, int(str(rows[0]["messages"])))

    def _replay(self, tracker: ConversationTracker, now_ms: int) -> Tally:
        stages = Stages(self._console)
        steps = plan(self._transcripts, now_ms, self._options.copies)
        with stages.stage("replay the transcripts through the SDK", len(steps)) as advance:
            tally = send(steps, tracker, advance)
        expected = tally.events.total()
        with stages.stage("wait until all events are in ClickHouse", expected) as advance:
            self._reader.wait_for_events(expected, WRITE_SECONDS, advance, lambda: setup.check_processes(self._stack))
        return tally

    def _continue(self, tracker: ConversationTracker, page: setup.Page, now_ms: int) -> None:
        """Print the next steps, and add live conversations until Ctrl-C."""
        latest = latest_days(now_ms, self._options.time_zone)
        with setup.addresses_written(self._stack, self._options.addresses):
            print_commands(self._console, self._stack.environment(), latest, self._logs, self._options.addresses)
            print_page(self._console, page)
            self._go_live(tracker, page)

    def _go_live(self, tracker: ConversationTracker, page: setup.Page) -> None:
        live = LiveTalks(self._transcripts, tracker, time.time_ns() // 1_000_000)
        supervisor = Supervisor(self._stack, self._console)
        counted_at = 0.0
        with self._console.status("live") as status:
            while True:
                for talk in live.advance(time.time_ns() // 1_000_000):
                    self._announce(talk.attributes.conversation_id, talk.transcript)
                supervisor.poll()
                if time.monotonic() - counted_at > _COUNT_SECONDS:
                    counted_at = time.monotonic()
                    text = f"live: {live.tally.messages} messages, {self._count()}; Ctrl-C stops all"
                    status.update(f"{page.address}  {text}")
                time.sleep(_POLL_SECONDS)

    def _count(self) -> str:
        try:
            return f"{self._reader.count_events():,} events in ClickHouse"
        except ClickHouseError:
            return "ClickHouse does not answer"

    def _announce(self, conversation_id: str, transcript: Transcript) -> None:
        messages = len(transcript.utterances)
        self._console.print(
            f"[dim]{time.strftime('%H:%M:%S')}[/] live: {conversation_id} begins, "
            f"{messages} messages about {transcript.domain} in {transcript.duration_ms // 1000} s"
        )


def _explain(console: Console, stack: Stack, error: Exception, logs: Path) -> None:
    """Print the error, and the last lines of every process if the error does not quote a log itself."""
    console.print("[bold red]The demo failed.[/]")
    console.print(str(error), markup=False, soft_wrap=True)
    if not isinstance(error, EmbeddedError):
        for process in stack.processes:
            for line in process.last_lines(8):
                console.print(f"{process.name} | {line}", markup=False, soft_wrap=True)
    console.print(f"The logs are kept in {logs}", markup=False, soft_wrap=True)


def _stop(stack: Stack) -> None:
    """Stop the stack; a second Ctrl-C must not leave a process running."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    stack.stop()
