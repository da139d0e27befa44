"""The command line: `python -m convostream replay FILE` and `python -m convostream schema`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from convostream import __version__
from convostream.cli.progress import progress_bar
from convostream.cli.replay import Summary, opened, send_lines
from convostream.contract.schema import asyncapi, events_schema
from convostream.errors import ConvostreamError
from convostream.settings import Settings
from convostream.transport.kafka import KafkaTransport

_REPLAY: Final = """\
Send a file of events to the topic: one JSON object a line, in the contract's form. Each line is checked first; a line
that is no event is not sent and is named in the summary, by its number with the reason.

example:
  $ cat events.jsonl
  {"event_id": "01964c3e-8a00-7000-8000-000000000001", "type": "message", "agent_id": "shop-assistant",
   "conversation_id": "c-1", "occurred_at": "2026-04-01T12:00:00Z", "sender": "end_user", "content": "Hello"}
  $ python -m convostream replay events.jsonl --bootstrap-servers localhost:9092
  $ zcat january.jsonl.gz february.jsonl.gz | python -m convostream replay -

(The first event is broken over two lines here; in the file it is one.) Sending a file twice does no harm: an event
with the same event_id counts once. Exit status: 0 when every line was sent, 1 when some were not.
"""

_SCHEMA: Final = """\
Print the published form of the events: the JSON Schema of an event, or the AsyncAPI document of the topic.

example:
  $ python -m convostream schema > events.schema.json
  $ python -m convostream schema --write docs    # both files, as they are in the repository
"""

_MOST_SHOWN: Final = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ConvostreamError, OSError) as error:
        print(f"convostream: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m convostream", description="The tools of Convostream's SDK.")
    parser.add_argument("--version", action="version", version=f"convostream {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    replay = _command(commands, "replay", "send a file of events", _REPLAY)
    replay.add_argument(
        "file", metavar="FILE", help="JSON lines; a name that ends in .gz is unpacked, - is standard input"
    )
    replay.add_argument("--bootstrap-servers", metavar="HOST:PORT", help="default: CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS")
    replay.add_argument("--topic", help="default: CONVOSTREAM_KAFKA_TOPIC")
    replay.add_argument(
        "--patience",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="give up when the broker takes nothing for so long (30)",
    )
    replay.set_defaults(run=_replay)
    schema = _command(commands, "schema", "print the form of the events", _SCHEMA)
    schema.add_argument("form", nargs="?", choices=("events", "asyncapi"), default="events", help="default: events")
    schema.add_argument("--write", type=Path, metavar="DIRECTORY", help="write both files there instead")
    schema.set_defaults(run=_schema)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, title: str, text: str
) -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    return commands.add_parser(name, help=title, description=text, formatter_class=form)


def _replay(options: argparse.Namespace) -> int:
    given = {"kafka_bootstrap_servers": options.bootstrap_servers, "kafka_topic": options.topic}
    update = {"spool_directory": None} | {name: text for name, text in given.items() if text}  # the file is on disk
    settings = Settings.from_environment().model_copy(update=update)
    transport = KafkaTransport(settings)
    try:
        with opened(options.file) as (lines, size), progress_bar(f"replay {options.file}", size) as advance:
            summary = send_lines(iter(lines), transport, options.patience, advance)
    finally:
        transport.close(0)
    _print(summary, settings)
    return 0 if summary.complete else 1


def _print(summary: Summary, settings: Settings) -> None:
    sent = summary.accepted - summary.unsent
    print(f"{sent} of {summary.lines} events sent to {settings.kafka_topic} at {settings.kafka_bootstrap_servers}")
    if summary.unsent:
        print(f"{summary.unsent} events unsent: the broker did not take them; is it running?")
    if summary.refused:
        print(f"{len(summary.refused)} lines refused:")
    for number, reason in list(summary.refused.items())[:_MOST_SHOWN]:
        print(f"  line {number}: {reason}")
    if len(summary.refused) > _MOST_SHOWN:
        rest = list(summary.refused)[_MOST_SHOWN:]
        print(f"  and lines {', '.join(map(str, rest))}")


def _schema(options: argparse.Namespace) -> int:
    if options.write is None:
        sys.stdout.write(events_schema() if options.form == "events" else asyncapi())
        return 0
    (options.write / "events.schema.json").write_text(events_schema(), encoding="utf-8")
    (options.write / "asyncapi.yaml").write_text(asyncapi(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
