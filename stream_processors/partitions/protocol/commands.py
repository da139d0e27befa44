"""What the owner of a partition may do or ask: the commands of the range protocol, and what answers them."""

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from stream_processors.kafka.records import LogPosition
from stream_processors.partitions.ranges import Batch, Proof, Range, Start

Answer = TypeVar("Answer")
Result = TypeVar("Result")


class Lull(StrEnum):
    """Why no batch comes: nothing has come for a while, or the partition is to be released."""

    IDLE = "idle"
    RELEASED = "released"


class Replay(StrEnum):
    """A range that an owner before has begun to write: the block is sent again, or only compared with the tables."""

    WHOLE = "whole"
    LANDED = "landed"


class Command(Generic[Answer]):
    """Something to be done or asked; the classes below are all there are. `Answer` is what comes back."""


@dataclass(frozen=True, slots=True)
class Claim(Command[int]):
    """Give up what is under way and claim the partition; the answer is how many partitions the topic has now.

    MaintenanceUnderWay when a command holds it.
    """


@dataclass(frozen=True, slots=True)
class AskWhetherSettled(Command[bool]):
    """Ask whether the other partitions have landed all that was made for another number of partitions."""


@dataclass(frozen=True, slots=True)
class ReadLatest(Command[Range | None]):
    """Read the latest range of the range log."""


@dataclass(frozen=True, slots=True)
class ReadBounds(Command[tuple[int, int]]):
    """Ask Kafka for the log's first offset and the one after its last."""


@dataclass(frozen=True, slots=True)
class AskWhatLanded(Command[bool]):
    """Ask whether any record of a range is in the tables, once nothing of earlier owners is on its way there."""

    range: Range


@dataclass(frozen=True, slots=True)
class AwaitEarlierWrites(Command[None]):
    """Wait until no block that passed the fence under an earlier claim is on its way to the tables."""


@dataclass(frozen=True, slots=True)
class AskWhetherRemembered(Command[bool]):
    """Ask whether the tables still remember a range's token, if they ever had it."""

    range: Range


@dataclass(frozen=True, slots=True)
class AskMembership(Command[bool]):
    """Ask Kafka whether the partition is still ours."""


@dataclass(frozen=True, slots=True)
class AskRelease(Command[bool]):
    """Ask whether the partition is to be released."""


@dataclass(frozen=True, slots=True)
class Wait(Command[None]):
    """Wait until a maintenance command may have ended."""


@dataclass(frozen=True, slots=True)
class Begin(Command[None]):
    """Read from a start on, with nothing in memory but which conversations exist.

    `partitions` is how many the topic has, or had when the range to be replayed was made.
    """

    start: Start
    partitions: int


@dataclass(frozen=True, slots=True)
class ReadUpTo(Command[Batch | Lull]):
    """Read all records up to an offset; IDLE when the log has none there, or is doubtful and brings no more.

    LogChanged when offsets go back, when nothing comes, or when the topic was made again.
    """

    last: int
    log_may_be_truncated: bool


@dataclass(frozen=True, slots=True)
class Gather(Command[Batch | Lull]):
    """Gather records that are worth a flush; IDLE only while nothing is under way.

    LogChanged when offsets go back, or when the topic was made again.
    """


@dataclass(frozen=True, slots=True)
class Shrink(Command[None]):
    """Let conversations out of memory; everything in it has landed."""


class Prepared(NamedTuple):
    """How many rows were made of some records, and which of their headers were found true."""

    rows: int
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepare(Command[Prepared]):
    """Take the records read last, which begin at a position, through the steps.

    `seen_at` is when they were first seen, in milliseconds. `proofs` says for a replay which headers were found true
    then; None looks them up.
    """

    position: LogPosition
    partitions: int
    seen_at: int
    proofs: tuple[Proof, ...] | None


@dataclass(frozen=True, slots=True)
class CheckLog(Command[None]):
    """Make sure that the topic is the one that was there at the claim; LogChanged when it was made again."""


@dataclass(frozen=True, slots=True)
class Land(Command[None]):
    """Begin to land the rows prepared last as a range: take the steps of `land` beside those of `own`."""

    range: Range
    replay: Replay | None


@dataclass(frozen=True, slots=True)
class Settle(Command[Range | None]):
    """Wait until nothing is under way; the answer is what has landed since the last time."""


@dataclass(frozen=True, slots=True)
class WriteRange(Command[int]):
    """Write a range, or its confirmation; the answer counts the tries."""

    range: Range


@dataclass(frozen=True, slots=True)
class Insert(Command[int]):
    """Insert a range's block under its token; the answer counts the tries."""

    range: Range


@dataclass(frozen=True, slots=True)
class Compare(Command[int]):
    """Compare the tables with what a range must have left; the answer counts the rows that are missing.

    Beside a landing its rows are known; else what has landed of its events says what must be there.
    """

    range: Range


@dataclass(frozen=True, slots=True)
class Repair(Command[None]):
    """Insert the rows that were found missing last, under a token of their own."""

    range: Range


# Steps towards a result; what is sent in is the answer to the command before, see `ask`.
Steps: TypeAlias = Generator[Command[Any], Any, Result]


def ask(command: Command[Answer]) -> Steps[Answer]:
    """Return the answer to a command."""
    answer: Answer = yield command
    return answer
