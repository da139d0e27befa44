"""A coroutine of the protocol under a test's control: one call of `PartitionIO` at a time, answered as a test likes."""

from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from stream_processors.errors import ProcessorError
from stream_processors.partitions.protocol.io import PartitionIO
from tests.support.protocol.engine import Insert as UnderWay
from tests.support.protocol.engine import Rows

Method = Callable[..., Any]
NO_ROWS = Rows((), (), ())


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method of `PartitionIO`; awaiting it waits for the test's answer."""

    name: str
    args: tuple[Any, ...]

    def __await__(self) -> Generator["Call", Any, Any]:
        return (yield self)


class SteppedIO:
    """A `PartitionIO` whose calls the test answers."""

    def __getattr__(self, name: str) -> Callable[..., Call]:
        if not hasattr(PartitionIO, name):
            raise AttributeError(name)
        return partial(_call, name)


def _call(name: str, *args: Any) -> Call:
    return Call(name, args)


def stepped_io() -> PartitionIO:
    """Return an interface whose calls the test answers."""
    return cast(PartitionIO, SteppedIO())


@dataclass(slots=True)
class Sequence:
    """A coroutine that is stepped by a test: the call that waits for an answer, and its number of attempts.

    `missing` is what a comparison found last, and `token` that of inserting it.
    """

    steps: Coroutine[Call, Any, Any]
    call: Call | None = None
    tries: int = 0
    under_way: UnderWay | None = None
    missing: Rows = NO_ROWS
    token: str = ""
    result: object = None
    error: ProcessorError | None = None

    def __post_init__(self) -> None:
        self.resume(None)

    def is_at(self, *methods: Method) -> bool:
        """Return whether the next call is of one of these methods."""
        return self.call is not None and self.call.name in {method.__name__ for method in methods}

    def resume(self, answer: object, error: ProcessorError | None = None) -> None:
        """Pass an answer or an error to the call, and continue to the next one."""
        self.tries, self.under_way = 0, None
        try:
            self.call = self.steps.send(answer) if error is None else self.steps.throw(error)
        except StopIteration as end:
            self.call, self.result = None, end.value
        except ProcessorError as refusal:
            self.call, self.error = None, refusal
