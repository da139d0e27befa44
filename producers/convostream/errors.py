"""What the SDK raises.

    ConvostreamError
    ├── InvalidEvent     a value is no event of the contract; `problems` says why
    ├── InvalidArgument  a call was given something it does not take
    └── InvalidSettings  a CONVOSTREAM_ variable holds what it may not

Nothing here is about Kafka: what fails on the way to the broker is counted and logged, never raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ConvostreamError(Exception):
    """The root of all errors of this package."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an event: the field, what is wrong and what is allowed; never the value."""

    field: str
    problem: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}; {self.allowed}" if self.allowed else f"{self.field}: {self.problem}"


class InvalidEvent(ConvostreamError, ValueError):
    """A value is no event of the contract. Its text is the reason, and holds nothing of the value."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; and ".join(str(problem) for problem in self.problems))


class InvalidArgument(ConvostreamError, ValueError):
    """A call was given something it does not take: names the argument, what was given and what is allowed."""

    def __init__(self, argument: str, given: object, allowed: str) -> None:
        self.argument = argument
        super().__init__(f"{argument}: given was {_shown(given)}; {allowed}")


class InvalidSettings(ConvostreamError, ValueError):
    """A CONVOSTREAM_ variable holds what it may not."""


_LONGEST_SHOWN = 60


def _shown(given: object) -> str:
    """Show short plain values as they are and everything else by its type: an argument may be a customer's text."""
    if given is None or isinstance(given, bool | float):
        return repr(given)
    if isinstance(given, int) and abs(given) < 10**_LONGEST_SHOWN:
        return repr(given)
    if isinstance(given, str) and len(given) <= _LONGEST_SHOWN:
        return repr(given)
    if isinstance(given, str):
        return f"{given[:_LONGEST_SHOWN]!r}... ({len(given)} characters)"
    return f"a value of type {type(given).__qualname__}"
