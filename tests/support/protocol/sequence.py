"""A sequence of steps of the protocol under a test's control: one command at a time, answered when the test likes."""

from dataclasses import dataclass
from typing import Any

from stream_processors.errors import ProcessorError
from stream_processors.partitions.protocol.commands import Command, Steps
from tests.support.protocol.engine import Insert as UnderWay
from tests.support.protocol.engine import Rows

NO_ROWS = Rows((), (), ())


@dataclass(slots=True)
class Sequence:
    """Steps that are being taken: the command to be carried out next, and how often it was tried.

    `missing` is what a comparison found last, and `token` that of its repair.
    """

    steps: Steps[Any]
    command: Command[Any] | None = None
    tries: int = 0
    under_way: UnderWay | None = None
    missing: Rows = NO_ROWS
    token: str = ""
    result: object = None
    error: ProcessorError | None = None

    def __post_init__(self) -> None:
        self.go_on(None)

    def go_on(self, answer: object, error: ProcessorError | None = None) -> None:
        """Hand in an answer or an error."""
        self.tries, self.under_way = 0, None
        try:
            self.command = self.steps.send(answer) if error is None else self.steps.throw(error)
        except StopIteration as end:
            self.command, self.result = None, end.value
        except ProcessorError as refusal:
            self.command, self.error = None, refusal
