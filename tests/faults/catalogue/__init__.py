"""The catalogue of faults and the weighted choice among them."""

import random
from collections.abc import Sequence

from tests.faults.catalogue import erasures, network, producers, readers, servers, storage, workers
from tests.faults.catalogue.kinds import FaultKind

ALL: tuple[FaultKind, ...] = tuple(
    kind for module in (network, erasures, producers, readers, servers, storage, workers) for kind in module.KINDS
)


def matching(only: Sequence[str], without: Sequence[str], *, has_disk: bool, has_kafka: bool) -> list[FaultKind]:
    """Return the kinds selected by parts of their names that this machine and this broker support."""
    return [
        kind
        for kind in ALL
        if (not only or any(text in kind.name for text in only))
        and not any(text in kind.name for text in without)
        and (has_disk or not kind.needs_disk)
        and (has_kafka or not kind.needs_kafka)
    ]


def draw(kinds: list[FaultKind], chance: random.Random) -> FaultKind:
    """Draw one of the kinds by weight."""
    return chance.choices(kinds, [kind.weight for kind in kinds])[0]
