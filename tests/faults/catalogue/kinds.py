"""The interface of a kind of fault: a context manager that injects it on entry and heals it on exit."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from tests.faults.fault_stack import FaultStack

Resource = Literal["workers", "clickhouse", "broker", "log", "people", "readers"]
Block = Callable[[FaultStack], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault; `holds` is its minimum and maximum duration in seconds, `weight` how often it is drawn.

    Two faults of one resource never overlap. Recovery is timed from the end of the fault, or from its start when other
    processes have to take over.
    """

    name: str
    resource: Resource
    block: Block
    holds: tuple[float, float] = (1.0, 3.0)
    recovers_from_start: bool = False
    needs_disk: bool = False
    needs_kafka: bool = False
    weight: int = 2
