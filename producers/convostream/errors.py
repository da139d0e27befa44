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
    """A call was given something it does not take: names the argument, the type of its value and what is allowed."""

    def __init__(self, argument: str, given: object, allowed: str) -> None:
        self.argument = argument
        super().__init__(f"{argument}: given was {_shown(given)}; {allowed}")


class InvalidSettings(ConvostreamError, ValueError):
    """A CONVOSTREAM_ variable holds what it may not."""


def _shown(given: object) -> str:
    """Describe a value by its type and length alone: every argument may hold a customer's text or a secret."""
    if given is None or isinstance(given, bool):
        return "None" if given is None else "a boolean"
    if isinstance(given, str):
        return f"a string of {len(given)} characters"
    if isinstance(given, bytes | bytearray | list | tuple | dict | set | frozenset):
        return f"a value of type {type(given).__qualname__} and length {len(given)}"
    return f"a value of type {type(given).__qualname__}"
