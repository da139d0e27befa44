"""Send a file of events: JSON lines of the contract, plain, gzipped or from standard input.

Each line is validated as the workers validate it and sent unchanged. A rejected line is reported with its number and
the reason; the others are sent.
"""

import gzip
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from convostream.contract.events import validate_event
from convostream.contract.wire import DEEPEST_NESTING, LARGEST_RECORD, nesting
from convostream.errors import InvalidEvent
from convostream.transport.interface import OutgoingRecord, Transport

_MOST_UNSENT: Final = 20_000  # what may wait for the broker, so that a file of any size takes little memory


@dataclass(slots=True)
class Summary:
    """The outcome of a file's lines."""

    lines: int = 0
    accepted: int = 0
    unsent: int = 0

    # The reason by the number of the line.
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every line was sent."""
        return not self.refused and not self.unsent


class LineError(ValueError):
    """A line is not an event; the text is the reason."""


def read_event(line: bytes) -> OutgoingRecord:
    """Return the record of one line.

    Raises LineError with a reason that contains nothing of the line.
    """
    if len(line) > LARGEST_RECORD:
        raise LineError(f"longer than {LARGEST_RECORD} bytes")
    fields = _parse(line)
    if line.count(b"{") + line.count(b"[") > DEEPEST_NESTING and nesting(fields) > DEEPEST_NESTING:
        raise LineError(f"nested deeper than {DEEPEST_NESTING} levels")
    try:
        event = validate_event(fields)
        return OutgoingRecord(f"{event.agent_id}/{event.conversation_id}".encode(), line)
    except InvalidEvent as error:
        reason = str(error)
    raise LineError(reason)


def send_lines(
    lines: Iterator[bytes], transport: Transport, patience: float, progress: Callable[[int], None]
) -> Summary:
    """Send the lines; give up if the broker accepts nothing for `patience` seconds."""
    summary = Summary()
    for number, line in enumerate(lines, 1):
        text = line.strip(b" \t\r\n")
        progress(len(line))
        if not text:
            continue
        summary.lines += 1
        try:
            record = read_event(text)
        except LineError as error:
            summary.refused[number] = str(error)
            continue
        if not _send(record, transport, patience):
            break
        summary.accepted += 1
    summary.unsent = _settle(transport, 0, patience)
    return summary


@contextmanager
def opened(name: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """Open a file, a gzipped file or `-` for reading lines; also return its length, if known."""
    if name == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(name)
    if path.suffix == ".gz":
        with gzip.open(path) as unpacked:
            yield unpacked, None  # type: ignore[misc]
        return
    with path.open("rb") as plain:
        yield plain, path.stat().st_size


def _parse(line: bytes) -> dict[str, object]:
    try:
        text = line.decode()
        fields = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        if "\\u" in text:
            json.dumps(fields, ensure_ascii=False).encode()  # raises at a lone surrogate
        reason = "not a JSON object"
    except UnicodeError:
        reason, fields = "broken JSON: not UTF-8 text", None
    except RecursionError:
        reason, fields = f"nested deeper than {DEEPEST_NESTING} levels", None
    except json.JSONDecodeError as error:
        reason, fields = f"broken JSON: {error.msg} at character {error.pos + 1}", None
    except ValueError as error:
        reason, fields = f"broken JSON: {error}", None
    if not isinstance(fields, dict):
        raise LineError(reason)  # outside of the handlers, whose errors hold the line
    return fields


def _refuse_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number that is not finite")
    return number


def _send(record: OutgoingRecord, transport: Transport, patience: float) -> bool:
    """Send a record once there is room; return False if the broker no longer accepts any."""
    if transport.stats().unsent >= _MOST_UNSENT and _settle(transport, _MOST_UNSENT // 2, patience) >= _MOST_UNSENT:
        return False
    return transport.send(record)


def _settle(transport: Transport, goal: int, patience: float) -> int:
    """Wait until at most `goal` records are unsent, as long as the number falls; return how many are."""
    unsent = transport.stats().unsent
    while unsent > goal:
        left = transport.flush(patience)
        if left >= unsent:
            return left
        unsent = left
    return unsent
