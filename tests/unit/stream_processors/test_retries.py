"""Patience: what may pass is tried for ever, what somebody has to act on is raised or shown."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError
from prometheus_client import REGISTRY

from stream_processors import metrics
from stream_processors import retries as patience
from stream_processors.blocked import reason_of
from stream_processors.clickhouse.client import classify_error
from stream_processors.errors import (
    BlockRefused,
    FoldVersionMismatch,
    LogChanged,
    MaintenanceUnderWay,
    ProcessorError,
    StaleOwner,
)
from stream_processors.retries import retry_forever, summary

PARTITION = 41


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_PAUSE_SECONDS", "LONGEST_PAUSE_SECONDS", "REFUSED_PAUSE_SECONDS"):
        monkeypatch.setattr(patience, name, 0.0001)


@dataclass(slots=True)
class Call:
    """A call that fails with each of these in turn, and then answers; it notes what the gauge says before each try."""

    failures: Sequence[BaseException]
    blocked: list[float] = field(default_factory=list)

    async def __call__(self) -> str:
        self.blocked.append(is_blocked())
        if len(self.blocked) <= len(self.failures):
            raise self.failures[len(self.blocked) - 1]
        return "answer"


def is_blocked() -> float:
    return REGISTRY.get_sample_value("convostream_blocked_partitions", {"partition": str(PARTITION)}) or 0


def retries(what: str) -> float:
    return REGISTRY.get_sample_value("convostream_clickhouse_retries_total", {"call": what}) or 0


async def test_what_works_is_called_once() -> None:
    call = Call([])
    assert await retry_forever("ask", call, PARTITION) == "answer"
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
    assert await retry_forever("try", call, PARTITION) == "answer"
    assert len(call.blocked) == 21
    assert retries("try") - before == 20


@pytest.mark.parametrize("error", [StaleOwner, LogChanged, MaintenanceUnderWay, FoldVersionMismatch, ProcessorError])
async def test_what_somebody_has_to_act_on_is_raised_at_once(error: Callable[[str], ProcessorError]) -> None:
    call = Call([OSError("first"), error("act"), OSError("never")])
    with pytest.raises(ProcessorError, match="act"):
        await retry_forever("act", call, PARTITION)
    assert len(call.blocked) == 2


async def test_what_is_refused_three_times_blocks_its_partition_until_it_works(
    caplog: pytest.LogCaptureFixture,
) -> None:
    call = Call([BlockRefused("cannot parse 'a secret'", 27)] * 5)
    metrics.BLOCKED.labels(PARTITION).set(0)
    assert await retry_forever("insert", call, PARTITION, "the offsets 5 to 9") == "answer"
    assert call.blocked == [0, 0, 0, 1, 1, 1]
    assert (is_blocked(), reason_of(PARTITION)) == (0, None)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert (
        errors == [f"partition {PARTITION} is blocked: ClickHouse refuses to insert the offsets 5 to 9 (code 27)"] * 3
    )
    assert "secret" not in caplog.text


async def test_another_call_that_works_does_not_hide_that_the_partition_is_blocked() -> None:
    blocked = asyncio.Event()

    async def refuse() -> None:
        if is_blocked():
            blocked.set()
        raise BlockRefused("", 60)

    inserting = asyncio.create_task(retry_forever("insert", refuse, PARTITION))
    await blocked.wait()
    await retry_forever("ask", Call([]), PARTITION)
    assert is_blocked() == 1
    inserting.cancel()
    await asyncio.wait({inserting})
    assert (is_blocked(), reason_of(PARTITION)) == (0, None)


async def test_load_blocks_a_partition_when_it_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    overloaded = OperationalError("memory of 'a secret'", code=241)
    assert classify_error(overloaded) is overloaded
    call = Call([overloaded] * 5)
    await retry_forever("insert", call, PARTITION)
    assert call.blocked == [0] * 6
    monkeypatch.setattr(patience, "OVERLOADED_SECONDS", 0)
    call = Call([overloaded] * 2)
    await retry_forever("insert", call, PARTITION)
    assert call.blocked == [0, 1, 1]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DatabaseError("Code: 252", code=252), BlockRefused),
        (DatabaseError("Code: 27. before CONVOSTREAM_STALE_OWNER", code=27), BlockRefused),
        (DatabaseError("Code: 395. CONVOSTREAM_STALE_OWNER: another", code=395), StaleOwner),
        (DatabaseError("Code: 395. another view throws", code=395), BlockRefused),
        (OperationalError("no route"), OperationalError),
    ],
)
def test_the_code_of_an_error_says_who_acts(error: ClickHouseError, kind: type[Exception]) -> None:
    assert type(classify_error(error)) is kind


async def test_a_cancelled_call_is_not_tried_again() -> None:
    call = Call([asyncio.CancelledError()])
    with pytest.raises(asyncio.CancelledError):
        await retry_forever("stop", call, PARTITION)
    assert len(call.blocked) == 1


async def test_the_pauses_grow_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    monkeypatch.setattr(patience, "FIRST_PAUSE_SECONDS", 1)
    monkeypatch.setattr(patience, "LONGEST_PAUSE_SECONDS", 8)
    await retry_forever("wait", Call([OSError()] * 6), PARTITION)
    longest = [2, 4, 8, 8, 8, 8]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError("one\ntwo"), "OSError: one"),
        (TimeoutError(), "TimeoutError: "),
        (KafkaError("x" * 5_000), "KafkaError: KafkaError: " + "x" * 188),
        (OperationalError("Code: 241. a secret", code=241), "OperationalError, code 241"),
        (ValueError("could not convert 'a secret'"), "ValueError"),
    ],
    ids=["several lines", "no text", "a long one", "ClickHouse's own", "one that may quote"],
)
def test_a_summary_is_the_type_and_the_beginning_of_the_first_line(error: Exception, expected: str) -> None:
    assert summary(error) == expected
