"""Timed actions: a `with` block or a decorated function becomes one action event with duration and error.

The agent's own exception always propagates unchanged; an error in describing the call never replaces it.
"""

import inspect
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, cast

from convostream.contract.whitespace import is_blank
from convostream.errors import InvalidArgument

P = ParamSpec("P")
R = TypeVar("R")
RecordAction = Callable[[Mapping[str, object]], None]

_LONGEST_ERROR: Final = 2_000


class TimedAction:
    """One call that is being timed. Its attributes go into the event; an exception sets `error_message`."""

    def __init__(
        self,
        action_name: str,
        record: RecordAction,
        *,
        wall_clock: Callable[[], float] = time.time,
        stopwatch_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.response: str | None = None
        self.tools_used: Mapping[str, object] | None = None
        self.metadata: Mapping[str, object] | None = None
        self.error_message: str | None = None
        self._name = action_name
        self._record = record
        self._wall_clock = wall_clock
        self._stopwatch_ns = stopwatch_ns

    def __enter__(self) -> Self:
        self._started_at = self._wall_clock()
        self._started_ns = self._stopwatch_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        call = self._call()
        if error is None:
            self._record({**call, **self._details()})
            return
        call["error_message"] = describe(error)
        try:
            self._record({**call, **self._details(), "error_message": self.error_message or call["error_message"]})
        except InvalidArgument:  # an attribute is invalid, and the agent's own exception matters more
            self._record(call)

    def _call(self) -> dict[str, object]:
        duration_ms = (self._stopwatch_ns() - self._started_ns) / 1_000_000
        return {
            "action_name": self._name,
            "started_at": datetime.fromtimestamp(self._started_at, UTC),
            "ended_at": datetime.fromtimestamp(self._started_at + duration_ms / 1000, UTC),
            "duration_ms": duration_ms,
        }

    def _details(self) -> dict[str, object]:
        return {
            "response": self.response,
            "tools_used": self.tools_used,
            "metadata": self.metadata,
            "error_message": self.error_message,
        }


def describe(error: BaseException) -> str:
    """Return an error message for an exception, never blank and always valid Unicode."""
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    return text[:_LONGEST_ERROR].encode(errors="replace").decode()


def timed(function: Callable[P, R], begin: Callable[[], TimedAction | None]) -> Callable[P, R]:
    """Wrap a function so that each call is timed; `begin` returns the action to time it with.

    Works for plain functions and for coroutine functions.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise InvalidArgument("function", function, "a generator; allowed are functions and coroutine functions")
    return (_timed_coroutine if inspect.iscoroutinefunction(function) else _timed)(function, begin)


def check_action_name(action_name: object) -> None:
    """Raise InvalidArgument for an invalid action name, before the call is made."""
    if not isinstance(action_name, str) or is_blank(action_name):
        raise InvalidArgument("action_name", action_name, "allowed is a string that is not blank")


def _timed(function: Callable[P, R], begin: Callable[[], TimedAction | None]) -> Callable[P, R]:
    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        action = begin()
        if action is None:
            return function(*args, **kwargs)
        with action:
            return function(*args, **kwargs)

    return call


def _timed_coroutine(function: Callable[P, R], begin: Callable[[], TimedAction | None]) -> Callable[P, R]:
    awaited = cast(Callable[P, Any], function)

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> object:
        action = begin()
        if action is None:
            return await awaited(*args, **kwargs)
        with action:
            return await awaited(*args, **kwargs)

    return cast(Callable[P, R], call)
