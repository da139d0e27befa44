"""ClickHouse in the protocol model: claims, the range log behind the fence, and tables that remember tokens.

An insert passes the fence once and then reaches one table after another, in any order; anything may happen in
between. A killed engine interrupts inserts, and may remember a token in a table whose rows it has lost.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from stream_processors.conversations.conversation import Changes, ConversationState
from stream_processors.conversations.events import FoldEvent
from stream_processors.errors import StaleOwner
from stream_processors.kafka.records import LogPosition
from stream_processors.partitions.ranges import Range
from tests.support.worker.fold_histories import GAP

TABLES = ("events", "dead_letters", "conversation_facts", "other_facts")
FACT_TABLES = TABLES[2:]
Fact = tuple[int, object]
Owner = tuple[int, str]
Layout = tuple[int, int]


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row of `events`."""

    position: LogPosition
    conversation: int
    event: FoldEvent
    received_at: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a flush: events, positions and serials of dead letters, and signed facts by table."""

    events: tuple[StoredEvent, ...]
    dead_letters: tuple[tuple[LogPosition, int], ...]
    facts: tuple[tuple[str, Fact, int], ...]

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.events) + len(self.dead_letters) + len(self.facts)

    @property
    def conversations(self) -> set[int]:
        """The conversations of the rows."""
        return {event.conversation for event in self.events}


@dataclass(slots=True)
class Insert:
    """A block in progress behind the fence; `left` are the tables that it has not reached."""

    partition: int
    token: str
    rows: Rows
    left: list[str]
    is_cut: bool = False


@dataclass(slots=True)
class RangeRow:
    """A row of the range log."""

    owner_epoch: int
    range: Range


@dataclass(slots=True)
class Engine:
    """All of ClickHouse that the protocol touches; `excused` are conversations whose facts no events can explain."""

    owners: defaultdict[int, Owner] = field(default_factory=lambda: defaultdict(lambda: (0, "")))
    layouts: dict[int, Layout] = field(default_factory=dict)
    layout: Layout = (0, 0)
    ranges: list[RangeRow] = field(default_factory=list)
    range_tokens: set[str] = field(default_factory=set)
    tokens: dict[str, set[str]] = field(default_factory=lambda: {table: set() for table in TABLES})
    under_way: list[Insert] = field(default_factory=list)
    events: list[StoredEvent] = field(default_factory=list)
    dead_letters: list[tuple[LogPosition, int]] = field(default_factory=list)
    facts: dict[str, Counter[Fact]] = field(default_factory=lambda: {table: Counter() for table in FACT_TABLES})
    known: set[int] = field(default_factory=set)
    blocks: dict[str, Rows] = field(default_factory=dict)
    old_ranges: int = 0
    excused: set[int] = field(default_factory=set)

    def check(self, partition: int, owner: Owner) -> None:
        """Raise StaleOwner unless the owner has the latest claim with the latest partition count."""
        if not self.holds(partition, owner):
            raise StaleOwner("the claim no longer counts")

    def claim(self, partition: int, owner: Owner, layout: Layout) -> None:
        """Write a claim."""
        if owner > self.owners[partition]:
            self.owners[partition], self.layouts[partition] = owner, layout
        self.layout = max(self.layout, layout)

    def holds(self, partition: int, owner: Owner) -> bool:
        """Return whether a claim is valid."""
        return self.owners[partition] == owner and self.layouts[partition] == self.layout

    def is_settled(self, partition: int, partitions: int) -> bool:
        """Return whether the other partitions have written all of another partition count (`UNSETTLED_SQL`)."""
        latest = [self.latest(each) for each in range(partitions) if each != partition]
        return all(known is None or known.confirmed or known.partitions == partitions for known in latest)

    def latest(self, partition: int) -> Range | None:
        """Return the latest range of a partition, as `LATEST_SQL` does."""
        rows = [row for row in self.ranges if row.range.partition == partition]
        best = max(rows, key=_order, default=None)
        return best.range if best else None

    def write_range(self, owner: Owner, written: Range, *, is_lost: bool = False) -> None:
        """Write a range behind the fence; a lost one leaves only its token."""
        self.check(written.partition, owner)
        token = f"{written.token}:{owner[0]}:{written.confirmed}"
        if token not in self.range_tokens:
            self.range_tokens.add(token)
            if not is_lost:
                self.ranges.append(RangeRow(owner[0], written))

    def send(self, partition: int, owner: Owner, token: str, rows: Rows, order: Iterable[str]) -> Insert:
        """Let a block through the fence."""
        self.check(partition, owner)
        assert self.blocks.setdefault(token, rows) == rows, f"two blocks under {token}"
        insert = Insert(partition, token, rows, list(order))
        self.under_way.append(insert)
        return insert

    def go_on(self, insert: Insert) -> None:
        """Let a block reach its next table."""
        table = insert.left.pop(0)
        if insert.token not in self.tokens[table]:
            self.tokens[table].add(insert.token)
            self._apply(table, insert.rows)
        self._forget_finished()

    def stop_uncleanly(self, remembers: bool) -> None:
        """Kill the engine: every insert is interrupted, and the next table may remember its token without its rows."""
        for insert in self.under_way:
            if remembers and insert.left:
                self.tokens[insert.left[0]].add(insert.token)
            insert.left, insert.is_cut = [], True
        self._forget_finished()

    def finish(self, partition: int | None = None) -> None:
        """Let inserts reach all of their tables."""
        for insert in [each for each in self.under_way if partition in (None, each.partition)]:
            while insert.left:
                self.go_on(insert)

    def grow_old(self, forgets: bool) -> None:
        """Write so many ranges elsewhere that no earlier token is remembered reliably."""
        self.old_ranges = len(self.ranges)
        if forgets:
            self.range_tokens.clear()
            for tokens in self.tokens.values():
                tokens.clear()

    def is_remembered(self, known: Range) -> bool:
        """Return whether few ranges have been written since a range."""
        places = [number for number, row in enumerate(self.ranges) if row.range.token == known.token]
        return not places or places[0] >= self.old_ranges

    def what_landed(self, known: Range) -> bool:
        """Return whether records of a range are stored (`is_any_stored`)."""
        landed = self.touched(known)
        dead_letters = any(_is_in(position, known) for position, _ in self.dead_letters)
        if not landed and known.token in self.blocks:
            self.excused |= self.blocks[known.token].conversations
        return bool(landed) or dead_letters

    def touched(self, known: Range) -> set[int]:
        """Return the conversations of a range's stored events."""
        return {event.conversation for event in self.events if _is_in(event.position, known)}

    def missing(self, known: Range, rows: Rows | None) -> Rows:
        """Return the missing rows of a range, records first (`what_is_missing`)."""
        if rows is None:
            return self.missing_facts(self.touched(known))
        places = {each.position for each in self.events}
        dead_letters = {position for position, _ in self.dead_letters}
        records = Rows(
            tuple(each for each in rows.events if each.position not in places),
            tuple(each for each in rows.dead_letters if each[0] not in dead_letters),
            (),
        )
        return records if records.count else self.missing_facts(rows.conversations)

    def missing_facts(self, conversations: Iterable[int]) -> Rows:
        """Return the missing and surplus facts of some conversations, compared with their events."""
        facts = []
        for conversation in conversations:
            expected, net = self.folded(conversation), self.net(conversation)
            for table in FACT_TABLES:
                difference = Counter(expected[table])
                difference.subtract(net[table])
                facts += [(table, fact, missing) for fact, missing in difference.items() if missing]
        return Rows((), (), tuple(facts))

    def add_missing_facts(self, conversation: int) -> None:
        """Do for a conversation what `audit --repair` does."""
        rows = self.missing_facts([conversation])
        for table in FACT_TABLES:
            self._apply(table, rows)

    def folded(self, conversation: int) -> dict[str, Counter[Fact]]:
        """Return the facts of a conversation's events, by table."""
        events = [each.event for each in self.events if each.conversation == conversation]
        if not events:
            return {table: Counter() for table in FACT_TABLES}
        changes = ConversationState(GAP).absorb(events)
        return {
            table: Counter({fact: sign for name, fact, sign in signed_facts(conversation, changes) if name == table})
            for table in FACT_TABLES
        }

    def net(self, conversation: int) -> dict[str, Counter[Fact]]:
        """Return the facts of a conversation that do not cancel out, by table."""
        return {
            table: Counter({fact: n for fact, n in facts.items() if fact[0] == conversation and n})
            for table, facts in self.facts.items()
        }

    def recall(self, conversation: int, before: LogPosition) -> list[FoldEvent]:
        """Return a conversation's events as they were before a position, as `RECALL_SQL` does."""
        return [
            each.event
            for each in self.events
            if each.conversation == conversation
            and not (each.position[:3] == before[:3] and each.position.offset >= before.offset)
        ]

    def _apply(self, table: str, rows: Rows) -> None:
        if table == "events":
            self.events += rows.events
        elif table == "dead_letters":
            self.dead_letters += rows.dead_letters
        for name, fact, sign in rows.facts:
            if name == table:
                self.facts[table][fact] += sign
                if table == "conversation_facts":
                    self.known.add(fact[0])

    def _forget_finished(self) -> None:
        self.under_way = [insert for insert in self.under_way if insert.left]


def signed_facts(conversation: int, changes: Changes) -> list[tuple[str, Fact, int]]:
    """Return the changes of a conversation's facts as rows: the table, the fact, and its sign."""
    kinds: tuple[tuple[str, Iterable[tuple[object, int]]], ...] = (
        ("conversation_facts", changes.conversations),
        ("other_facts", changes.sessions),
        ("other_facts", changes.exchanges),
        ("other_facts", changes.end_user_activity),
    )
    return [
        (table, (conversation, (kind, fact)), sign)
        for kind, (table, changed) in enumerate(kinds)
        for fact, sign in changed
    ]


def _order(row: RangeRow) -> tuple[int, int, int, bool]:
    return row.owner_epoch, row.range.log_epoch, row.range.first, row.range.confirmed


def _is_in(position: LogPosition, known: Range) -> bool:
    log = (known.topic, known.partition, known.log_epoch)
    return position[:3] == log and known.first <= position.offset <= known.last
