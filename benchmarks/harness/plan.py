"""How much a run does: the usual one takes about a quarter of an hour, the full one is the whole list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from deploy.embedded.stack.stack import Broker

Section: TypeAlias = Literal["end-to-end", "variations", "steady", "views", "emit"]
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
BROKERS: Final[tuple[Broker, ...]] = get_args(Broker)


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes of all sections. Those after the first run on one broker, the last of the list."""

    events: int
    variation_events: int
    rates: Sequence[int]
    steady_seconds: int
    view_sizes: Sequence[int]
    beside_events: int
    calls: int
    brokers: Sequence[Broker]

    @property
    def broker(self) -> Broker:
        """The broker of the sections that need but one."""
        return self.brokers[-1]


USUAL: Final = Plan(
    events=400_000,
    variation_events=200_000,
    rates=(2_000, 10_000),
    steady_seconds=20,
    view_sizes=(1_000_000, 10_000_000),
    beside_events=1_000_000,
    calls=5_000,
    brokers=("kafka",),
)
FULL: Final = Plan(
    events=2_000_000,
    variation_events=400_000,
    rates=(2_000, 10_000),
    steady_seconds=60,
    view_sizes=(1_000_000, 10_000_000, 30_000_000),
    beside_events=1_000_000,
    calls=20_000,
    brokers=BROKERS,
)
