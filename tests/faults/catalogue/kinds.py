"""What a kind of fault is: a block that strikes on entry and heals on exit, and what it needs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from tests.faults.fault_stack import FaultStack

Resource = Literal["workers", "clickhouse", "broker", "log", "people", "readers"]
Block = Callable[[FaultStack], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault. Two of one resource never happen at once; `holds` is how long it lasts, in seconds.

    Recovery counts from the end of the fault, or from its strike when nothing is healed but others have to take over.
    `weight` is how often it is drawn.
    """

    name: str
    resource: Resource
    block: Block
    holds: tuple[float, float] = (1.0, 3.0)
    recovers_from_start: bool = False
    needs_disk: bool = False
    needs_kafka: bool = False
    weight: int = 2
