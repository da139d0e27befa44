"""The contenders, in the order in which they run; the last one's data stay for the timing of the views."""

from typing import Final

from benchmarks.contender import Contender
from benchmarks.contenders.convostream_worker import ConvostreamWorker
from benchmarks.contenders.floors import Floor

CONTENDERS: Final[tuple[Contender, ...]] = (Floor("consume"), Floor("steps"), Floor("insert"), ConvostreamWorker())
