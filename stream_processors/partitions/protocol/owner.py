"""The range protocol: what the owner of a partition does, in which order, and what it makes of the answers.

The life of a partition. Its owner claims it, so that whoever wrote before is refused from now on, reads the latest
range and asks Kafka for the log's bounds. A range that was confirmed has landed: its last record is read once more, and
when it is the one that it was, the owner goes on behind it. One that was not is replayed: its records make the same
block under the same token, and every table is compared with it. When another record stands there, or the log ends too
early and brings no more, the log is another one: a new log epoch begins at its start. What Kafka has not kept whole is
asked of ClickHouse: what is left of it is written, or only compared when a part had landed.

How many partitions the topic has decides which conversations each of them has. When it changes, a replay takes the
number that its range was made with, and nobody goes on before all that was made with another number has landed.

Then batches are flushed: a block is prepared while the one before lands, at most one is under way. Kafka is asked
whether the topic is still the one of the claim, for offsets alone do not tell. The range goes first, and with it all
that the rows depend on beside the records: when they were first seen, which headers were found true. The block follows,
and what took more than one try is compared with the tables and made good. The next range confirms the one before; in a
lull, and at the end, a confirmation does. A refusal ends the claim: Kafka is asked whether the partition is still ours;
if so it is claimed again. A log that changes ends it too, after what is under way has landed.

No clients, no clock, no tasks: `own` and `land` are generators that yield commands and are sent the answers, or thrown
the errors that say who acts. `partition.py` and `landing.py` carry the commands out; records and rows stay there.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Final

from stream_processors.errors import (
    FoldVersionMismatch,
    LayoutUnsettled,
    LogChanged,
    MaintenanceUnderWay,
    StaleOwner,
)
from stream_processors.kafka.records import LogPosition
from stream_processors.partitions.protocol.commands import (
    AskMembership,
    AskRelease,
    AskWhatLanded,
    AskWhetherRemembered,
    AskWhetherSettled,
    AwaitEarlierWrites,
    Begin,
    CheckLog,
    Claim,
    Compare,
    Gather,
    Insert,
    Land,
    Lull,
    Prepare,
    ReadBounds,
    ReadLatest,
    ReadUpTo,
    Repair,
    Replay,
    Settle,
    Shrink,
    Steps,
    Wait,
    WriteRange,
    ask,
)
from stream_processors.partitions.ranges import Batch, Proof, Range, Start, resolve_start, restart, resume_after_expiry

# So often the tables are made good and compared; what differs then is no lost row, and for `audit` to tell.
MOST_REPAIRS: Final = 5


class Owner:
    """The owner of one partition; `fold_version` is that of the facts it would write."""

    def __init__(self, topic: str, partition: int, fold_version: str) -> None:
        self._topic: Final = topic
        self._partition: Final = partition
        self._fold_version: Final = fold_version
        self._partitions = 0
        self._log_epoch = 0
        self._unconfirmed: Range | None = None

    def own(self) -> Steps[None]:
        """Own the partition until it is released or another worker's; FoldVersionMismatch when its facts differ."""
        while not (yield from ask(AskRelease())):
            try:
                yield from self._serve((yield from self._take_over()))
            except (MaintenanceUnderWay, LayoutUnsettled):
                yield from ask(Wait())
            except StaleOwner:
                if not (yield from ask(AskMembership())):
                    return

    def land(self, written: Range, replay: Replay | None) -> Steps[Range]:
        """Write a range and its block, so that each is there once; StaleOwner when our claim is not good for it."""
        if replay is Replay.LANDED:
            return (yield from self._complete(written))
        yield from self._log(written)
        if written.rows:
            yield from self._insert(written, replay)
        return written

    def _log(self, written: Range) -> Steps[None]:
        """Write a range or a confirmation; an engine that was killed may have lost what it remembers."""
        tries = yield from ask(WriteRange(written))
        if tries > 1 and (yield from ask(ReadLatest())) != written:
            raise StaleOwner(f"the range log has lost {written.token}")

    def _insert(self, written: Range, replay: Replay | None) -> Steps[None]:
        tries, has_landed = 0, False
        if replay and not (yield from ask(AskWhetherRemembered(written))):
            has_landed = yield from ask(AskWhatLanded(written))
        if not has_landed:
            tries = yield from ask(Insert(written))
        if replay:
            if not (yield from ask(Compare(written))):
                return
            # What looks missing may be a repair of an earlier owner on its way; repairing it again would double it.
            yield from ask(AwaitEarlierWrites())
        if replay or tries > 1:
            yield from self._make_good(written)

    def _complete(self, written: Range) -> Steps[Range]:
        """Complete what is left of a range; its own token was never used, so nobody may come to rely on it."""
        yield from self._make_good(written)
        confirmed = replace(written, confirmed=True)
        yield from self._log(confirmed)
        return confirmed

    def _make_good(self, written: Range) -> Steps[None]:
        """Put into the tables what they lack of a range."""
        for _ in range(MOST_REPAIRS):
            if not (yield from ask(Compare(written))):
                return
            yield from ask(Repair(written))

    def _take_over(self) -> Steps[Start]:
        self._partitions = yield from ask(Claim())
        self._unconfirmed = None
        latest = yield from ask(ReadLatest())
        if latest and latest.fold_version != self._fold_version:
            raise FoldVersionMismatch(
                f"the facts of partition {self._partition} were written by fold {latest.fold_version}, this worker's is"
                f" {self._fold_version}: stop all workers, run `python -m stream_processors rebuild`"
            )
        start = yield from self._find_start(latest)
        if not self._is_of_before(start) and not (yield from ask(AskWhetherSettled())):
            raise LayoutUnsettled("the number of partitions has changed: others have yet to land what they began")
        return start

    def _is_of_before(self, start: Start) -> bool:
        """Tell whether all that is to be done is to replay a range that was made for another number of partitions."""
        return start.replay is not None and start.replay.partitions != self._partitions

    def _find_start(self, latest: Range | None) -> Steps[Start]:
        bounds = yield from ask(ReadBounds())
        start = resolve_start(latest, *bounds)
        if start.broken is None:
            return start
        start = resume_after_expiry(start.broken, *bounds, (yield from self._what_landed(start.broken)))
        if latest and start.replay is None:
            yield from self._log(replace(latest, confirmed=True))  # done with, landed or lost
        return start

    def _what_landed(self, known: Range) -> Steps[bool]:
        """Tell whether anything of a range has landed, and make good what did."""
        has_landed = yield from ask(AskWhatLanded(known))
        if has_landed:
            yield from self._make_good(known)
        return has_landed

    def _serve(self, start: Start) -> Steps[None]:
        with suppress(LogChanged):  # the claim is still good: what is under way lands, the next one finds it confirmed
            yield from self._begin(start)
            if (known := start.replay or start.verify) is not None:
                yield from self._meet(known, start)
            if not self._is_of_before(start):
                yield from self._go_on()
        yield from self._confirm()

    def _go_on(self) -> Steps[None]:
        while (batch := (yield from ask(Gather()))) is not Lull.RELEASED:
            yield from self._flush(batch, self._partitions) if isinstance(batch, Batch) else self._confirm()

    def _begin(self, start: Start) -> Steps[None]:
        self._log_epoch = start.log_epoch
        yield from ask(Begin(start, start.replay.partitions if start.replay else self._partitions))

    def _meet(self, known: Range, start: Start) -> Steps[None]:
        """Read up to the end of a known range: it is written again, or was the same, or the log is another one."""
        batch = yield from self._read_up_to(known, start)
        if batch is Lull.RELEASED:
            return
        if not isinstance(batch, Batch) or not batch.ends(known):
            yield from self._begin_anew(known)
        elif start.replay:
            if batch.first != known.first and not start.broken:
                raise LogChanged(f"Kafka removed records of {known.token} before they were read again")
            replay = Replay.LANDED if start.has_landed else Replay.WHOLE
            yield from self._flush(replace(batch, seen_at=known.seen_at), known.partitions, known.proofs, replay)

    def _read_up_to(self, known: Range, start: Start) -> Steps[Batch | Lull]:
        try:
            return (yield from ask(ReadUpTo(known.last, start.log_may_be_truncated)))
        except LogChanged:
            if not start.log_may_be_truncated:
                raise
            return Lull.IDLE

    def _begin_anew(self, known: Range) -> Steps[None]:
        if not known.confirmed:
            yield from self._what_landed(known)
            yield from self._log(replace(known, confirmed=True))  # done with, landed or lost
        log_start, _ = yield from ask(ReadBounds())
        yield from self._begin(restart(known, log_start))

    def _flush(
        self,
        batch: Batch,
        partitions: int,
        proofs: tuple[Proof, ...] | None = None,
        replay: Replay | None = None,
    ) -> Steps[None]:
        if batch.is_over_budget:
            yield from self._settle()
            yield from ask(Shrink())
        position = LogPosition(self._topic, self._partition, self._log_epoch, batch.first)
        prepared = yield from ask(Prepare(position, partitions, batch.seen_at, proofs))
        yield from ask(CheckLog())
        yield from self._settle()
        written = Range(
            *position,
            last=batch.last,
            rows=prepared.rows,
            partitions=partitions,
            fold_version=self._fold_version,
            last_record=batch.last_record,
            seen_at=batch.seen_at,
            proofs=prepared.proofs,
        )
        yield from ask(Land(written, replay))

    def _settle(self) -> Steps[None]:
        self._unconfirmed = (yield from ask(Settle())) or self._unconfirmed

    def _confirm(self) -> Steps[None]:
        yield from self._settle()
        if self._unconfirmed and not self._unconfirmed.confirmed:
            yield from self._log(replace(self._unconfirmed, confirmed=True))
            self._unconfirmed = None
