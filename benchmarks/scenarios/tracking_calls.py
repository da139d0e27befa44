"""What a tracking call of the SDK costs its caller: the rows of `emit.py`, with the broker up, down and hung."""

import logging
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

from benchmarks.scenarios import emit

SITUATIONS: Final = (("burst", False), ("paced", True))


def measure_tracking_calls(calls: int = emit.CALLS) -> Sequence[emit.Row]:
    """Measure every situation. What clients log of a broker that is down is left out: it is meant to be."""
    for name in ("aiokafka", "convostream", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    rows = []
    for state, broker in (("up", emit.given_broker(None)), ("down", emit.no_broker()), ("hung", emit.hung_broker())):
        with broker as address:
            rows += [
                emit.measure(f"SDK: {state}, {manner}", address, paced=paced, calls=calls)
                for manner, paced in SITUATIONS
            ]
    return rows


def has_other_clients() -> bool:
    """Tell whether what the SDK is compared with is installed."""
    return find_spec("confluent_kafka") is not None
