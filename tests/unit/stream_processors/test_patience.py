"""Patience: what may pass is tried for ever, what somebody has to act on is raised or shown."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY

from stream_processors import patience
from stream_processors.errors import (
    BlockRefused,
    FoldVersionMismatch,
    LogChanged,
    MaintenanceUnderWay,
    ProcessorError,
    StaleOwner,
)
from stream_processors.patience import persist, summary

PARTITION = 41


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_PAUSE_SECONDS", "LONGEST_PAUSE_SECONDS", "REFUSED_PAUSE_SECONDS"):
        monkeypatch.setattr(patience, name, 0.0001)


@dataclass(slots=True)
class Call:
    """A call that fails with each of these in turn, and then answers; it notes what the gauge says before each try."""

    failures: Sequence[BaseException]
    blocked: list[float | None] = field(default_factory=list)

    async def __call__(self) -> str:
        self.blocked.append(is_blocked())
        if len(self.blocked) <= len(self.failures):
            raise self.failures[len(self.blocked) - 1]
        return "answer"


def is_blocked() -> float | None:
    return REGISTRY.get_sample_value("convostream_blocked_partitions", {"partition": str(PARTITION)})


def retries(what: str) -> float:
    return REGISTRY.get_sample_value("convostream_clickhouse_retries_total", {"call": what}) or 0


async def test_what_works_is_called_once() -> None:
    call = Call([])
    assert await persist("ask", call, PARTITION) == "answer"
    assert len(call.blocked) == 1
    assert retries("ask") == 0


@pytest.mark.parametrize(
    "failure",
    [ConnectionRefusedError("no"), TimeoutError(), OSError("reset"), RuntimeError("any client's own")],
    ids=["refused", "timeout", "reset", "anything"],
)
async def test_what_may_pass_is_tried_until_it_has(failure: Exception) -> None:
    call = Call([failure] * 20)
    before = retries("try")
    assert await persist("try", call, PARTITION) == "answer"
    assert len(call.blocked) == 21
    assert retries("try") - before == 20


@pytest.mark.parametrize("error", [StaleOwner, LogChanged, MaintenanceUnderWay, FoldVersionMismatch, ProcessorError])
async def test_what_somebody_has_to_act_on_is_raised_at_once(error: Callable[[str], ProcessorError]) -> None:
    call = Call([OSError("first"), error("act"), OSError("never")])
    with pytest.raises(ProcessorError, match="act"):
        await persist("act", call, PARTITION)
    assert len(call.blocked) == 2


async def test_what_is_refused_for_good_is_shown_until_it_works(caplog: pytest.LogCaptureFixture) -> None:
    call = Call([BlockRefused("no such column"), BlockRefused("no such column")])
    assert await persist("insert", call, PARTITION) == "answer"
    assert call.blocked[1:] == [1, 1]
    assert is_blocked() == 0
    (first, _) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "no such column" in first.getMessage()
    assert f"partition {PARTITION}" in first.getMessage()


async def test_a_cancelled_call_is_not_tried_again() -> None:
    call = Call([asyncio.CancelledError()])
    with pytest.raises(asyncio.CancelledError):
        await persist("stop", call, PARTITION)
    assert len(call.blocked) == 1


async def test_the_pauses_grow_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    monkeypatch.setattr(patience, "FIRST_PAUSE_SECONDS", 1)
    monkeypatch.setattr(patience, "LONGEST_PAUSE_SECONDS", 8)
    await persist("wait", Call([OSError()] * 6), PARTITION)
    longest = [2, 4, 8, 8, 8, 8]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError("one\ntwo"), "OSError: one"),
        (ValueError(), "ValueError: "),
        (RuntimeError("x" * 5_000), "RuntimeError: " + "x" * 200),
    ],
    ids=["several lines", "no text", "a long one"],
)
def test_a_summary_is_the_type_and_the_beginning_of_the_first_line(error: Exception, expected: str) -> None:
    assert summary(error) == expected
