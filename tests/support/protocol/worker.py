"""An owner for the model of the protocol: the real `Owner`, whose commands a model of ClickHouse and Kafka answers.

`step` carries one command out; what is in memory is lost with the object. The two sequences of steps, owning and
landing, take turns as the model likes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from stream_processors.conversations.conversation import Conversation
from stream_processors.errors import LogChanged, ProcessorError
from stream_processors.kafka.records import LogPosition
from stream_processors.partitions.protocol import commands
from stream_processors.partitions.protocol.commands import Lull, Prepare, Prepared
from stream_processors.partitions.protocol.owner import Owner as ProtocolOwner
from stream_processors.partitions.ranges import Batch, Proof, Range
from tests.support.protocol.engine import TABLES, Engine, Layout, Owner, Rows, StoredEvent, signed_facts
from tests.support.protocol.log import Entry, Log, Message, Reader, partition_of
from tests.support.protocol.sequence import NO_ROWS, Sequence
from tests.support.worker.fold_histories import GAP

TOPIC = "t"
VERSION = "1-abc"
MOST_STEPS = 3_000


class Blocked(Exception):
    """The command cannot be answered yet."""


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
        """Tell which entries have true headers now, and when they were received."""
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
        self._conversations: dict[int, Conversation] = {}
        self._partly: list[Entry] = []
        self._records: list[Entry] = []
        self._rows = NO_ROWS
        self.landing_rows = NO_ROWS
        self.owner = ProtocolOwner(TOPIC, partition, VERSION)
        self.landing: Sequence | None = None
        self.owning = Sequence(self.owner.own())

    @property
    def has_ended(self) -> bool:
        """Whether the partition was released, or let go."""
        return self.owning.command is None

    @property
    def has_written_all(self) -> bool:
        """Whether everything was read, has landed and is confirmed."""
        return isinstance(self.owning.command, commands.Gather) and self.landing is None and self._reader.is_at_end

    def step(self, beside: bool = False, lose_answer: bool = False, lose_row: bool = False) -> None:
        """Carry out the next command, of the landing if `beside`; `lose_answer`: it is done, but a time-out comes."""
        is_landing = self.landing is not None and self.landing.command is not None
        sequence = self.landing if beside and is_landing and self.landing else self.owning
        if sequence.command is None:
            return
        self.world.now += 1
        try:
            answer = self._answer(sequence, sequence.command, lose_row)
        except Blocked:
            if lose_answer:
                sequence.under_way = None
            if sequence is self.owning and isinstance(sequence.command, commands.Gather | commands.Settle):
                self.step(beside=True, lose_answer=lose_answer, lose_row=lose_row)
        except ProcessorError as error:
            sequence.go_on(None, error)
        else:
            if lose_answer and isinstance(sequence.command, commands.WriteRange | commands.Insert | commands.Repair):
                sequence.under_way = None
            else:
                sequence.go_on(answer)

    def go_up_to(self, place: type[commands.Command[Any]]) -> None:
        """Take steps until a command of a kind is about to be carried out, if one comes soon."""
        for number in range(25):
            if any(isinstance(each.command, place) for each in (self.owning, self.landing) if each):
                return
            self.step(beside=number % 2 == 1)

    def go_to_the_end(self) -> None:
        """Take steps until everything is written and confirmed, or the partition is let go."""
        for _ in range(MOST_STEPS):
            if self.has_ended or (self.has_written_all and not self.is_released):
                return
            self.step()
        raise AssertionError(f"stuck at {self.owning.command}")

    def _answer(self, sequence: Sequence, command: commands.Command[Any], lose_row: bool) -> object:
        engine, place = self.world.engine, self.partition
        match command:
            case commands.Claim():
                return self._claim()
            case commands.AskWhetherSettled():
                return engine.is_settled(place, self._partitions)
            case commands.ReadLatest():
                return engine.latest(place)
            case commands.WriteRange(written):
                sequence.tries += 1
                engine.write_range(self._me, written, is_lost=lose_row)
                if lose_row:
                    raise Blocked
                return sequence.tries
            case commands.Insert(written):
                return self._insert(sequence, written.token, self.landing_rows)
            case commands.Compare(known):
                return self._compare(sequence, known)
            case commands.Repair():
                self._insert(sequence, sequence.token, sequence.missing)
            case commands.AwaitEarlierWrites():
                engine.finish(place)
            case commands.AskWhatLanded(known):
                engine.finish(place)
                return engine.what_landed(known)
            case commands.AskWhetherRemembered(known):
                return engine.is_remembered(known)
            case _:
                return self._answer_beside_clickhouse(command)
        return None

    def _answer_beside_clickhouse(self, command: commands.Command[Any]) -> object:
        match command:
            case commands.AskMembership():
                return self.world.members.get(self.partition) is self
            case commands.AskRelease():
                return self.is_released
            case commands.ReadBounds():
                return self._reader.look()
            case commands.CheckLog():
                self._reader.check()
            case commands.Wait():
                return None
            case commands.Begin(start, partitions):
                self._begin(start.offset, partitions)
            case commands.ReadUpTo(last, log_may_be_truncated):
                return self._read_up_to(last, log_may_be_truncated)
            case commands.Gather():
                return self._gather()
            case commands.Prepare():
                return self._prepare(command)
            case commands.Land(written, replay):
                self.landing_rows = self._rows
                self.landing = Sequence(self.owner.land(written, replay))
            case commands.Settle():
                return self._settle()
            case commands.Shrink():
                self._conversations.clear()
            case _:
                raise TypeError(f"{command} is not known")
        return None

    @property
    def _me(self) -> Owner:
        return self.owner_epoch, self.name

    def _claim(self) -> int:
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

    def _compare(self, sequence: Sequence, known: Range) -> int:
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

    def _settle(self) -> object:
        if self.landing is None:
            return None
        if self.landing.command is not None:
            raise Blocked
        landed, self.landing = self.landing, None
        if landed.error is not None:
            raise landed.error
        return landed.result

    def _begin(self, offset: int, partitions: int) -> None:
        self._reader.next_offset = offset
        self._known = {each for each in self.world.engine.known if partition_of(each, partitions) == self.partition}
        self._conversations.clear()
        self._partly = []

    def _read_up_to(self, last: int, log_may_be_truncated: bool) -> Batch | Lull:
        if self.is_released:
            return Lull.RELEASED
        found = self._reader.take(self.world.most, last)
        self._partly += found
        if self._reader.next_offset > last:
            return self._batch(self._partly)
        if found:
            raise Blocked
        if log_may_be_truncated:
            return Lull.IDLE
        raise LogChanged(f"the log brings nothing up to {last}")

    def _gather(self) -> Batch | Lull:
        if self.landing is not None and self.landing.error is not None:
            raise self.landing.error
        if self.is_released:
            return Lull.RELEASED
        if found := self._reader.take(self.world.most):
            return self._batch(found)
        if self.landing is not None and self.landing.command is not None:
            raise Blocked
        self._reader.check()
        return Lull.IDLE

    def _batch(self, found: list[Entry]) -> Batch | Lull:
        self._records = found
        if not found:
            return Lull.IDLE
        is_over_budget = len(self._conversations) > 2
        return Batch(found[0].offset, found[-1].offset, found[-1].fingerprint, is_over_budget, self.world.now)

    def _prepare(self, command: Prepare) -> Prepared:
        position, partitions = command.position, command.partitions
        proofs = self.world.prove(self._records) if command.proofs is None else command.proofs
        received = {proof.offset: proof.received_at for proof in proofs}
        events, letters, facts = [], [], list[tuple[str, Any, int]]()
        fresh: dict[int, list[StoredEvent]] = {}
        for entry in self._records:
            place = position._replace(offset=entry.offset)
            conversation, event = entry.message.conversation, entry.message.event
            if event is None:
                letters.append((place, entry.serial))
            elif conversation not in self._conversations and partition_of(conversation, partitions) != self.partition:
                self.world.forward(partition_of(conversation, partitions), entry)
            else:
                at = received.get(entry.offset, command.seen_at)
                fresh.setdefault(conversation, []).append(StoredEvent(place, conversation, event, at))
        for conversation, stored in fresh.items():
            kept = self._without_repetitions(conversation, stored, position)
            events += kept
            if kept:
                changes = self._conversations[conversation].absorb([each.event for each in kept])
                facts += signed_facts(conversation, changes)
        self._rows = Rows(tuple(events), tuple(letters), tuple(facts))
        return Prepared(self._rows.count, proofs)

    def _without_repetitions(
        self, conversation: int, stored: list[StoredEvent], position: LogPosition
    ) -> list[StoredEvent]:
        if conversation not in self._conversations:
            is_known = conversation in self._known
            recalled = self.world.engine.recall(conversation, position) if is_known else []
            self._conversations[conversation] = Conversation(GAP, recalled)
            self._known.add(conversation)
        ids = set(self._conversations[conversation].ids)
        kept = []
        for each in stored:
            if each.event.event_id not in ids:
                ids.add(each.event.event_id)
                kept.append(each)
        return kept
