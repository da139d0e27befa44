"""An owner for the model of the protocol: the real `Owner`, whose calls a model of ClickHouse and Kafka answers.

`step` answers one call; memory is lost with the object. The two coroutines, owning and writing, take turns as the model
likes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from stream_processors.conversations.conversation import ConversationState
from stream_processors.errors import LogChanged, ProcessorError
from stream_processors.kafka.records import LogPosition
from stream_processors.partitions.protocol import ranges
from stream_processors.partitions.protocol.io import NoBatch, PartitionIO, Prepared, PrepareRequest, Replay
from stream_processors.partitions.protocol.owner import Owner as ProtocolOwner
from stream_processors.partitions.ranges import Proof, Range, ReadBatch, Start
from tests.support.protocol.engine import TABLES, Engine, Layout, Owner, Rows, StoredEvent, signed_facts
from tests.support.protocol.log import Entry, Log, Message, Reader, partition_of
from tests.support.protocol.sequence import NO_ROWS, Call, Method, Sequence, stepped_io
from tests.support.worker.fold_histories import GAP

TOPIC = "t"
VERSION = "1-abc"
MOST_STEPS = 3_000
WRITES = (PartitionIO.write_range, PartitionIO.insert_block, PartitionIO.insert_missing)


class Blocked(Exception):
    """The call cannot be answered yet."""


@dataclass(slots=True)
class World:
    """What all workers share: ClickHouse, the logs by partition, who owns what, and which entry is a copy of which.

    `now` is every clock. Whether the headers of an entry are true changes with it, as records that they name come and
    go.
    """

    engine: Engine = field(default_factory=Engine)
    logs: list[Log] = field(default_factory=lambda: [Log(), Log()])
    members: dict[int, "Worker"] = field(default_factory=dict)
    serial: int = 0
    copies: list[tuple[int, int]] = field(default_factory=list)
    order: Iterable[str] = TABLES
    most: int = 3
    now: int = 0

    def append(self, partition: int, message: Message) -> None:
        """Add a message to a log."""
        self.serial += 1
        self.logs[partition].append(self.serial, message)

    def forward(self, partition: int, entry: Entry) -> None:
        """Add a copy of an entry to another log."""
        self.append(partition, entry.message)
        self.copies.append((entry.serial, self.serial))

    def prove(self, entries: Iterable[Entry]) -> tuple[Proof, ...]:
        """Return which entries have valid headers now, and when they were received."""
        return tuple(
            Proof(entry.offset, -self.now, is_replay=False)
            for entry in entries
            if entry.serial % 2 and (entry.serial + self.now) % 3
        )


class Worker:
    """One owner of one partition, with its memory."""

    def __init__(self, world: World, name: str, partition: int) -> None:
        self.world, self.name, self.partition = world, name, partition
        self.is_released = False
        self.owner_epoch = 0
        self._claiming: tuple[Owner, Layout] | None = None
        self._reader = Reader(world.logs[partition])
        self._partitions = 0
        self._known: set[int] = set()
        self._conversations: dict[int, ConversationState] = {}
        self._partly: list[Entry] = []
        self._records: list[Entry] = []
        self._rows = NO_ROWS
        self.landing_rows = NO_ROWS
        self._loses_row = False
        self.landing: Sequence | None = None
        self.owning = Sequence(ProtocolOwner(stepped_io(), TOPIC, partition, VERSION).own())

    @property
    def has_ended(self) -> bool:
        """Whether the partition was released."""
        return self.owning.call is None

    @property
    def has_written_all(self) -> bool:
        """Whether everything was read, written and confirmed."""
        return self.owning.is_at(PartitionIO.gather) and self.landing is None and self._reader.is_at_end

    def step(self, beside: bool = False, lose_answer: bool = False, lose_row: bool = False) -> None:
        """Answer the next call, of the write if `beside`; `lose_answer`: it is done, but a time-out comes."""
        is_landing = self.landing is not None and self.landing.call is not None
        sequence = self.landing if beside and is_landing and self.landing else self.owning
        if sequence.call is None:
            return
        self.world.now += 1
        try:
            self._loses_row = lose_row
            answer = self._answer(sequence, sequence.call)
        except Blocked:
            if lose_answer:
                sequence.under_way = None
            if sequence is self.owning and sequence.is_at(PartitionIO.gather, PartitionIO.await_write):
                self.step(beside=True, lose_answer=lose_answer, lose_row=lose_row)
        except ProcessorError as error:
            sequence.resume(None, error)
        else:
            if lose_answer and sequence.is_at(*WRITES):
                sequence.under_way = None
            else:
                sequence.resume(answer)

    def go_up_to(self, method: Method) -> None:
        """Take steps until a method is about to be called, if that comes soon."""
        for number in range(25):
            if any(sequence.is_at(method) for sequence in (self.owning, self.landing) if sequence):
                return
            self.step(beside=number % 2 == 1)

    def go_to_the_end(self) -> None:
        """Take steps until everything is written and confirmed, or the partition is released."""
        for _ in range(MOST_STEPS):
            if self.has_ended or (self.has_written_all and not self.is_released):
                return
            self.step()
        raise AssertionError(f"stuck at {self.owning.call}")

    def _answer(self, sequence: Sequence, call: Call) -> object:
        return getattr(self, f"_on_{call.name}")(sequence, *call.args)

    # Claims and ranges

    def _on_are_others_written(self, _: Sequence) -> bool:
        return self.world.engine.is_settled(self.partition, self._partitions)

    def _on_read_latest_range(self, _: Sequence) -> Range | None:
        return self.world.engine.latest(self.partition)

    def _on_write_range(self, sequence: Sequence, written: Range) -> int:
        sequence.tries += 1
        self.world.engine.write_range(self._me, written, is_lost=self._loses_row)
        if self._loses_row:
            raise Blocked
        return sequence.tries

    def _on_insert_block(self, sequence: Sequence, written: Range) -> int:
        return self._insert(sequence, written.token, self.landing_rows)

    def _on_insert_missing(self, sequence: Sequence, _: Range) -> None:
        self._insert(sequence, sequence.token, sequence.missing)

    def _on_await_earlier_writes(self, _: Sequence) -> None:
        self.world.engine.finish(self.partition)

    def _on_is_partly_written(self, _: Sequence, known: Range) -> bool:
        self.world.engine.finish(self.partition)
        return self.world.engine.what_landed(known)

    def _on_is_token_remembered(self, _: Sequence, known: Range) -> bool:
        return self.world.engine.is_remembered(known)

    # Kafka and memory

    def _on_is_member(self, _: Sequence) -> bool:
        return self.world.members.get(self.partition) is self

    def _on_is_release_requested(self, _: Sequence) -> bool:
        return self.is_released

    def _on_wait_for_others(self, _: Sequence) -> None:
        """Nothing to wait for: other workers take their steps between two of this one."""

    def _on_read_log_bounds(self, _: Sequence) -> tuple[int, int]:
        return self._reader.look()

    def _on_check_topic(self, _: Sequence) -> None:
        self._reader.check()

    def _on_evict(self, _: Sequence) -> None:
        self._conversations.clear()

    def _on_start_write(self, _: Sequence, written: Range, replay: Replay | None) -> None:
        self.landing_rows = self._rows
        self.landing = Sequence(ranges.write(stepped_io(), written, replay))

    @property
    def _me(self) -> Owner:
        return self.owner_epoch, self.name

    def _on_claim(self, _: Sequence) -> int:
        self.landing = None
        engine, counted = self.world.engine, len(self.world.logs)
        if self._claiming is None:
            layout = engine.layout if engine.layout[1] == counted else (engine.layout[0] + 1, counted)
            self._reader.recognise()
            self._claiming = (engine.owners[self.partition][0] + 1, self.name), layout
            raise Blocked
        (me, layout), self._claiming = self._claiming, None
        self.owner_epoch, self._partitions = me[0], layout[1]
        engine.claim(self.partition, me, layout)
        if not engine.holds(self.partition, me):
            raise Blocked
        return self._partitions

    def _on_count_missing(self, sequence: Sequence, known: Range) -> int:
        rows = self.landing_rows if sequence is self.landing else None
        sequence.missing = self.world.engine.missing(known, rows)
        self.world.serial += 1
        sequence.token = f"repair {self.world.serial}"
        return sequence.missing.count

    def _insert(self, sequence: Sequence, token: str, rows: Rows) -> int:
        engine, under_way = self.world.engine, sequence.under_way
        if under_way is None or under_way.is_cut:
            sequence.tries += 1
            sequence.under_way = engine.send(self.partition, self._me, token, rows, self.world.order)
            raise Blocked
        if under_way.left:
            engine.go_on(under_way)
            raise Blocked
        return sequence.tries

    def _on_await_write(self, _: Sequence) -> object:
        if self.landing is None:
            return None
        if self.landing.call is not None:
            raise Blocked
        landed, self.landing = self.landing, None
        if landed.error is not None:
            raise landed.error
        return landed.result

    def _on_begin(self, _: Sequence, start: Start, partitions: int) -> None:
        self._reader.next_offset = start.offset
        self._known = {each for each in self.world.engine.known if partition_of(each, partitions) == self.partition}
        self._conversations.clear()
        self._partly = []

    def _on_read_up_to(self, _: Sequence, last: int, log_may_be_truncated: bool) -> ReadBatch | NoBatch:
        if self.is_released:
            return NoBatch.RELEASED
        found = self._reader.take(self.world.most, last)
        self._partly += found
        if self._reader.next_offset > last:
            return self._batch(self._partly)
        if found:
            raise Blocked
        if log_may_be_truncated:
            return NoBatch.IDLE
        raise LogChanged(f"the log brings nothing up to {last}")

    def _on_gather(self, _: Sequence) -> ReadBatch | NoBatch:
        if self.landing is not None and self.landing.error is not None:
            raise self.landing.error
        if self.is_released:
            return NoBatch.RELEASED
        if found := self._reader.take(self.world.most):
            return self._batch(found)
        if self.landing is not None and self.landing.call is not None:
            raise Blocked
        self._reader.check()
        return NoBatch.IDLE

    def _batch(self, found: list[Entry]) -> ReadBatch | NoBatch:
        self._records = found
        if not found:
            return NoBatch.IDLE
        is_over_budget = len(self._conversations) > 2
        return ReadBatch(found[0].offset, found[-1].offset, found[-1].fingerprint, is_over_budget, self.world.now)

    def _on_prepare(self, _: Sequence, request: PrepareRequest) -> Prepared:
        position, partitions = request.position, request.partitions
        proofs = self.world.prove(self._records) if request.proofs is None else request.proofs
        received = {proof.offset: proof.received_at for proof in proofs}
        events, dead_letters, facts = [], [], list[tuple[str, Any, int]]()
        fresh: dict[int, list[StoredEvent]] = {}
        for entry in self._records:
            place = position._replace(offset=entry.offset)
            conversation, event = entry.message.conversation, entry.message.event
            if event is None:
                dead_letters.append((place, entry.serial))
            elif conversation not in self._conversations and partition_of(conversation, partitions) != self.partition:
                self.world.forward(partition_of(conversation, partitions), entry)
            else:
                at = received.get(entry.offset, request.seen_at)
                fresh.setdefault(conversation, []).append(StoredEvent(place, conversation, event, at))
        for conversation, stored in fresh.items():
            kept = self._without_repetitions(conversation, stored, position)
            events += kept
            if kept:
                changes = self._conversations[conversation].absorb([each.event for each in kept])
                facts += signed_facts(conversation, changes)
        self._rows = Rows(tuple(events), tuple(dead_letters), tuple(facts))
        return Prepared(self._rows.count, proofs)

    def _without_repetitions(
        self, conversation: int, stored: list[StoredEvent], position: LogPosition
    ) -> list[StoredEvent]:
        if conversation not in self._conversations:
            is_known = conversation in self._known
            recalled = self.world.engine.recall(conversation, position) if is_known else []
            self._conversations[conversation] = ConversationState(GAP, recalled)
            self._known.add(conversation)
        ids = set(self._conversations[conversation].ids)
        kept = []
        for each in stored:
            if each.event.event_id not in ids:
                ids.add(each.event.event_id)
                kept.append(each)
        return kept
