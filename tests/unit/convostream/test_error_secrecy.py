"""No error and no log line of the SDK holds anything of its arguments: they may be customers' texts and secrets."""

import logging
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from inspect import Parameter, signature
from typing import Any

import pytest
from pydantic import ValidationError

from convostream import ConversationTracker, ConvostreamError, Message, Settings, validate_event
from convostream.cli.replay import LineError, read_event
from convostream.testing import MemoryTransport

SECRET = "s3cr3t"
TRACKING_CALLS = (
    "track_human_message",
    "track_agent_message",
    "track_system_message",
    "track_action",
    "action",
    "timed_action",
    "track_button",
    "submit_feedback",
    "track_token_usage",
    "end_conversation",
    "initialize_conversation",
    "get_or_create_conversation",
    "emit",
)


class Named:
    """An object whose texts are the secret."""

    def __repr__(self) -> str:
        return SECRET


def _cycle() -> dict[str, object]:
    value: dict[str, object] = {SECRET: SECRET}
    value[SECRET] = value
    return value


VALUES: list[object] = [
    SECRET,
    SECRET * 20_000,
    SECRET.encode() + b"\xff",
    f"{SECRET}\ud800",
    f" {SECRET}",
    [SECRET],
    (SECRET,),
    {SECRET: SECRET},
    {SECRET: float("nan")},
    {SECRET: [{SECRET: {SECRET}}]},
    {1: SECRET},
    [{"filename": 5, SECRET: SECRET}, SECRET],
    [{"filename": SECRET, "size_bytes": SECRET}],
    _cycle(),
    Named(),
]


def _texts(error: BaseException) -> Iterator[str]:
    """Every text of an error and of all errors that led to it, seen or suppressed."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        yield f"{one!s} {one!r} {one.args!r} {vars(one)!r} {getattr(one, '__notes__', '')}"
        if isinstance(one, ValidationError):
            yield repr(one.errors())
    yield "".join(traceback.format_exception(error))


def _refused(call: Callable[[], object]) -> BaseException | None:
    try:
        call()
    except (ConvostreamError, LineError, ValidationError) as error:
        return error
    return None


@pytest.mark.parametrize("name", TRACKING_CALLS)
def test_no_argument_of_any_call_is_in_its_error(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tracker = ConversationTracker("shop", transport=MemoryTransport())
    needed = {
        parameter.name: "x"
        for parameter in signature(getattr(tracker, name)).parameters.values()
        if parameter.default is Parameter.empty
    }
    refused = 0
    for argument in signature(getattr(tracker, name)).parameters:
        for value in VALUES:
            conversation = tracker.get_or_create_conversation("c-1")
            for owner in (tracker, conversation):
                call: Any = getattr(owner, name, None)
                if call is None:
                    continue
                error = _refused(partial(call, **{**needed, argument: value}))
                refused += error is not None
                assert error is None or SECRET not in "".join(_texts(error)), (argument, type(value))
    assert refused > 5
    assert SECRET not in caplog.text


@pytest.mark.parametrize("argument", ["agent_id", "environment"])
@pytest.mark.parametrize("value", [SECRET * 100, SECRET.encode(), [SECRET], f"{SECRET}\ud800"], ids=type)
def test_no_argument_of_a_tracker_is_in_its_error(argument: str, value: object) -> None:
    arguments: dict[str, Any] = {"agent_id": "shop", argument: value}
    error = _refused(lambda: ConversationTracker(**arguments, transport=MemoryTransport()))
    assert error is not None
    assert SECRET not in "".join(_texts(error))


def test_no_variable_of_the_environment_is_in_its_error() -> None:
    for name in Settings.model_fields:
        error = _refused(partial(Settings.from_environment, {f"CONVOSTREAM_{name.upper()}": SECRET}))
        assert error is None or SECRET not in "".join(_texts(error)), name
        direct = _refused(partial(Settings.model_validate, {name: [SECRET]}))
        assert direct is not None
        assert SECRET not in f"{direct} {direct!r}{''.join(traceback.format_exception(direct))}", name


EVENT = {"event_id": "00000000-0000-4000-8000-000000000001", "agent_id": "a", "conversation_id": "c"}
EVENT |= {"type": "message", "occurred_at": "2026-04-01T08:00:00Z", "sender": "end_user", "content": "x"}


@pytest.mark.parametrize("field", EVENT)
def test_no_field_of_an_event_is_in_the_reason(field: str) -> None:
    for value in (SECRET, [SECRET], {SECRET: SECRET}, SECRET * 100):
        fields: dict[str, object] = {**EVENT, field: value}
        error = _refused(partial(validate_event, fields))
        assert error is None or SECRET not in "".join(_texts(error))
        model = _refused(partial(Message.model_validate, fields))
        assert model is None or SECRET not in f"{model} {model!r}"


@pytest.mark.parametrize(
    "line",
    [SECRET, f'"{SECRET}"', f'{{"{SECRET}": ', f'{{"a": "{SECRET}\\ud800"}}', f'{{"a": NaN, "b": "{SECRET}"}}'],
)
def test_nothing_of_a_line_is_in_its_reason(line: str) -> None:
    error = _refused(lambda: read_event(line.encode()))
    assert error is not None
    assert SECRET not in "".join(_texts(error))
    assert error.__context__ is None
