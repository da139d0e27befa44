"""`python -m stream_processors dead-letters`: list, show, replay and drop rejected records."""

import sys
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import click

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.commands.cli import Report, console, print_rows, read_settings, run
from stream_processors.dead_letters import store as letters
from stream_processors.dead_letters.outcome import wait_for_workers
from stream_processors.dead_letters.replay import Replayed, replay
from stream_processors.dead_letters.store import DeadLetterFilter, PendingDeadLetter
from stream_processors.decoding.decode import REASON_CODES
from stream_processors.enrichment.policy import content_policy
from stream_processors.kafka.producer import kafka_producer
from stream_processors.kafka.record_reader import kafka_reader
from stream_processors.kafka.records import LogPosition
from stream_processors.state.cache import FULL_CODE

F = TypeVar("F", bound=Callable[..., object])
NOT_SENT_SHOWN: Final = 10
CODES: Final = (*REASON_CODES, FULL_CODE)
PLACE: Final = ("topic", "partition", "log_epoch", "offset")


def of_letters(command: F) -> F:
    """Add the options that select dead letters."""
    for option in (
        click.option("--topic", default=None, help="The topic, when it is not that of the settings."),
        click.option("--limit", default=0, type=click.IntRange(min=0), help="At most so many, the oldest first."),
        click.option("--offset", type=click.IntRange(min=0), help="Only that at this offset of the partition."),
        click.option("--partition", type=click.IntRange(min=0), help="Only those of this partition."),
        click.option(
            "--reason-code", type=click.Choice((*REASON_CODES, FULL_CODE)), help="Only those of one reason code."
        ),
    ):
        command = option(command)
    return command


@click.group("dead-letters")
def dead_letters() -> None:
    """List rejected records with their reasons and bytes; replay or drop them."""


@dead_letters.command("list")
@click.option("--reason-code", type=click.Choice(CODES), help="Only those of one reason code.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many of the latest.")
def list_command(reason_code: str | None, limit: int) -> None:
    """Count dead letters by reason code, and list the latest.

    \b
    Example:
      python -m stream_processors dead-letters list --reason-code broken_json
    """
    settings = read_settings()
    counts = run(settings, "", lambda clickhouse, _: letters.summary(clickhouse))
    latest = run(settings, "", lambda clickhouse, _: letters.latest(clickhouse, reason_code or "", limit))
    print_rows("dead letters by reason code", counts)
    print_rows("the latest", latest)


@dead_letters.command("show")
@click.argument("partition", type=int)
@click.argument("offset", type=int)
@click.option("--topic", default=None, help="The topic, when it is not that of the settings.")
def show_command(partition: int, offset: int, topic: str | None) -> None:
    """Show one dead letter: its reason, headers, key and raw bytes.

    \b
    Example:
      python -m stream_processors dead-letters show 3 1200
    """
    settings = read_settings()
    place = (topic or settings.kafka_topic, partition, offset)
    letter = run(settings, "", lambda clickhouse, _: letters.one(clickhouse, *place))
    for name in (*PLACE, "received_at", "reason_code", "reason", "attempts"):
        click.echo(f"{name}: {letter[name]}")
    if letter["storage"] != "full":
        click.echo(f"raw, key, headers: not stored (CONVOSTREAM_DEAD_LETTER_STORAGE was {letter['storage']})")
        click.echo(f"hash: {letter['digest'] or '(none)'}")
        return
    for name, value in letter["headers"]:
        click.echo(f"header {name}: {readable(value)}")
    click.echo(f"key: {readable(letter['key'] if letter['has_key'] else None)}")
    click.echo(f"raw: {readable(letter['raw'] if letter['has_value'] else None)}")


@dead_letters.command("replay")
@of_letters
@click.option("--wait", default=10.0, show_default=True, help="Seconds to wait for what the workers make of them.")
def replay_command(
    reason_code: str | None, partition: int | None, offset: int | None, limit: int, topic: str | None, wait: float
) -> None:
    """Produce dead letters to the topic again, with their time of receipt, after their cause was fixed.

    Workers process them like any record: a valid one becomes an event and is resolved; an invalid one stays a dead
    letter with its new reason. It is safe to stop and repeat: an event counts once however often it is sent.
    Records of which only the hash is stored are read from Kafka again, if it still has them.

    \b
    Example:
      python -m stream_processors dead-letters replay --reason-code invalid_event
    """
    settings = read_settings()
    wanted = DeadLetterFilter(topic or settings.kafka_topic, reason_code, partition, offset, limit)
    chosen = _choose(wanted)

    async def send(clickhouse: ClickHouse, report: Report) -> Replayed:
        content = content_policy(settings)
        async with kafka_producer(settings) as producer, kafka_reader(settings, wanted.topic) as source:
            return await replay(clickhouse, producer, source, content, chosen, report)

    done = run(settings, "sending", send) if chosen else Replayed([], [], [])
    outcome = run(settings, "waiting", lambda clickhouse, _: wait_for_workers(clickhouse, done.sent, wait))
    console.print(
        f"sent {len(done.sent):,} of {len(chosen):,} dead letters: {outcome.settled:,} are settled,"
        f" {outcome.refused:,} were refused again, {outcome.waiting:,} wait for a worker"
    )
    _say_not_sent(done.too_large, "Kafka takes no records so large")
    _say_not_sent(done.gone, "their bytes are not stored, and Kafka has no record any more whose hash is theirs")
    if done.too_large or done.gone:
        sys.exit(1)


def _say_not_sent(not_sent: Sequence[LogPosition], why: str) -> None:
    if not_sent:
        places = ", ".join(f"{dead_letter.partition}/{dead_letter.offset}" for dead_letter in not_sent[:NOT_SENT_SHOWN])
        console.print(f"{len(not_sent):,} were not sent, {why}: {places}")


@dead_letters.command("drop")
@of_letters
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop_command(
    reason_code: str | None, partition: int | None, offset: int | None, limit: int, topic: str | None, *, yes: bool
) -> None:
    """Drop dead letters: they are no longer listed or replayed.

    \b
    Example:
      python -m stream_processors dead-letters drop --reason-code no_value
    """
    settings = read_settings()
    chosen = _choose(DeadLetterFilter(topic or settings.kafka_topic, reason_code, partition, offset, limit))
    if chosen and not yes:
        click.confirm(f"Drop {_described(chosen)}? They cannot be brought back", abort=True)
    run(settings, "dropping", lambda clickhouse, report: letters.drop(clickhouse, chosen, report))
    console.print(f"dropped {_described(chosen)}")


def _choose(wanted: DeadLetterFilter) -> list[PendingDeadLetter]:
    if wanted.offset is not None and wanted.partition is None:
        raise click.UsageError("an offset is one of a partition: give --partition too")
    return run(read_settings(), "", lambda clickhouse, _: letters.choose(clickhouse, wanted))


def _described(chosen: Sequence[PendingDeadLetter]) -> str:
    codes = [letter.reason_code for letter in chosen]
    counts = ", ".join(f"{code}: {codes.count(code):,}" for code in sorted(set(codes)))
    return f"{len(chosen):,} dead letters ({counts or 'none fits'})"


def readable(hexadecimal: str | None) -> str:
    """Return bytes as text if they are UTF-8, else as an escaped Python literal; None is the value null."""
    if hexadecimal is None:
        return "(null)"
    raw = bytes.fromhex(hexadecimal)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return repr(raw)
