"""The exceptions of the SDK.

    ConvostreamError
    ├── InvalidEvent     a value is not an event of the contract; `problems` says why
    ├── InvalidArgument  a tracking call got an invalid argument
    └── InvalidSettings  a CONVOSTREAM_ variable has an invalid value

None of them is about Kafka: failures on the way to the broker are counted and logged, never raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ConvostreamError(Exception):
    """The root of all exceptions of this package."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of an event: the field, the problem and what is allowed; never the value."""

    field: str
    problem: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}; {self.allowed}" if self.allowed else f"{self.field}: {self.problem}"


class InvalidEvent(ConvostreamError, ValueError):
    """A value is not an event of the contract. The text is the reason and never contains the value."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; and ".join(str(problem) for problem in self.problems))


class InvalidArgument(ConvostreamError, ValueError):
    """A call got an invalid argument. The text names the argument, the type of its value and what is allowed."""

    def __init__(self, argument: str, given: object, allowed: str) -> None:
        self.argument = argument
        super().__init__(f"{argument}: given was {_shown(given)}; {allowed}")


class InvalidSettings(ConvostreamError, ValueError):
    """A CONVOSTREAM_ variable has an invalid value. The text names the variable and what is allowed."""


def _shown(given: object) -> str:
    """Describe a value by its type and length only, because any argument may hold a customer's text or a secret."""
    if given is None or isinstance(given, bool):
        return "None" if given is None else "a boolean"
    if isinstance(given, str):
        return f"a string of {len(given)} characters"
    if isinstance(given, bytes | bytearray | list | tuple | dict | set | frozenset):
        return f"a value of type {type(given).__qualname__} and length {len(given)}"
    return f"a value of type {type(given).__qualname__}"
