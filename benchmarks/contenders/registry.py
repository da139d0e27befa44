"""The contenders of the end-to-end benchmark, in the order in which they run."""

from typing import Final

from benchmarks.contenders.convostream_worker import ConvostreamWorker
from benchmarks.contenders.floors import Floor
from benchmarks.contenders.pipelines import Pipeline
from benchmarks.harness.contender import Contender

# What the others are compared with.
VANILLA_FAUST: Final = "vanilla Faust"

CONTENDERS: Final[tuple[Contender, ...]] = (
    Floor("consume"),
    Floor("steps"),
    Floor("insert"),
    Pipeline(VANILLA_FAUST, "vanilla_faust", "faust"),
    Pipeline(
        "Quix Streams",
        "quix_streams",
        "quixstreams",
        own_environment=True,
        fails_on={"embedded": "its state needs the topic's retention.ms, which this broker does not tell"},
    ),
    Pipeline("FastStream", "faststream_batch", "faststream"),
    Pipeline("aiokafka loop", "aiokafka_loop", "aiokafka"),
    ConvostreamWorker(),
)
