"""What a kind of fault is: a block that strikes on entry and heals on exit, and what it needs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from tests.faults.site import Site

Resource = Literal["workers", "clickhouse", "broker", "log", "people", "readers"]
Block = Callable[[Site], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. Two of one resource never happen at once; `holds` is how long it lasts, in seconds.

    Recovery counts from the end of the fault, or from its strike when nothing is healed but others have to take over.
    `weight` is how often it is drawn.
    """

    name: str
    resource: Resource
    block: Block
    holds: tuple[float, float] = (1.0, 3.0)
    from_strike: bool = False
    needs_disk: bool = False
    needs_kafka: bool = False
    weight: int = 2
