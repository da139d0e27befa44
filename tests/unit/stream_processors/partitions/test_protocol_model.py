"""The range protocol under faults of every kind, in every order: nothing is lost, nothing doubled, all facts exact.

Several owners run the worker's own state machine against a model of ClickHouse and Kafka. After any number of crashes,
lost answers, cut-off inserts, rebalances with two owners at once and logs that change, one owner a partition runs to
the end; then `events` holds every id that could be read once, and the facts are the fold of `events`.
"""

from collections import Counter
from collections.abc import Iterable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stream_processors.conversations import events as kinds
from stream_processors.conversations.events import Call, FoldEvent, Profile
from stream_processors.partitions.protocol.io import PartitionIO
from stream_processors.partitions.ranges import Range
from tests.support.protocol.engine import TABLES
from tests.support.protocol.log import Log, Message, partition_of
from tests.support.protocol.sequence import Method
from tests.support.protocol.worker import Worker, World
from tests.support.run_length import by_length
from tests.support.worker.fold_histories import GAP, START, calls, event_of, profiles

MOST_STEPS = 3_000
CONVERSATIONS = 4
partitions = st.integers(0, 2)
few = st.integers(1, 4)
methods: st.SearchStrategy[Method] = st.sampled_from(
    [
        PartitionIO.write_range,
        PartitionIO.insert_block,
        PartitionIO.count_missing,
        PartitionIO.insert_missing,
        PartitionIO.await_write,
        PartitionIO.begin,
        PartitionIO.read_up_to,
        PartitionIO.is_partly_written,
    ]
)
names = st.sampled_from("abc")
orders = st.permutations(TABLES)
nothing: st.SearchStrategy[Profile | Call | str | None] = st.none()
details: dict[int, st.SearchStrategy[Profile | Call | str | None]] = {kinds.VISIT: profiles, kinds.ACTION: calls}


@st.composite
def events(draw: st.DrawFn) -> FoldEvent:
    """An event with one of few ids, times and kinds, so that events repeat, tie and come late."""
    kind = draw(st.sampled_from([kinds.END_USER_MESSAGE, kinds.AGENT_MESSAGE, kinds.VISIT, kinds.ACTION, kinds.END]))
    at = START + draw(st.sampled_from([0, 1, GAP, GAP + 2, 3 * GAP]))
    return event_of(kind, at, f"{draw(st.integers(0, 7)):02x}", draw(details.get(kind, nothing)))


messages = st.builds(Message, st.integers(0, CONVERSATIONS - 1), st.one_of(events(), events(), events(), st.none()))


class ProtocolModel(RuleBasedStateMachine):
    """Workers, ClickHouse and Kafka, and whatever may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.asleep: list[Worker] = []
        self.started = 0
        for partition in range(2):
            self.start(partition, "a")

    # Producers

    @rule(message=messages)
    def produce(self, message: Message) -> None:
        self.world.append(partition_of(message.conversation, len(self.world.logs)), message)

    @rule(message=messages, partition=partitions)
    def produce_elsewhere(self, message: Message, partition: int) -> None:
        self.world.append(partition % len(self.world.logs), message)

    # Workers

    @rule(partition=partitions, steps=st.integers(1, 30), order=orders, most=st.integers(1, 4), beside=st.booleans())
    def work(self, partition: int, steps: int, order: list[str], most: int, beside: bool) -> None:
        self.world.order, self.world.most = order, most
        worker = self.member(partition)
        for number in range(steps):
            worker.step(beside=beside and number % 2 == 0)

    @rule(partition=partitions, message=messages, method=methods, order=orders, most=st.integers(1, 4))
    def work_up_to(self, partition: int, message: Message, method: Method, order: list[str], most: int) -> None:
        """Stop right before a call, as a fault would."""
        self.world.order, self.world.most = order, most
        self.produce(message)
        self.member(partition).go_up_to(method)

    @rule(partition=partitions, order=orders, reached=st.integers(0, 3), remembers=st.booleans())
    def cut_an_insert_off(self, partition: int, order: list[str], reached: int, remembers: bool) -> None:
        """Kill the engine while a block has reached some tables."""
        self.world.order = order
        worker = self.member(partition)
        worker.go_up_to(PartitionIO.insert_block)
        for _ in range(1 + reached):
            worker.step(beside=True)
        self.world.engine.stop_uncleanly(remembers)

    @rule(partition=partitions, beside=st.booleans())
    def lose_an_answer(self, partition: int, beside: bool) -> None:
        self.member(partition).step(beside, lose_answer=True)

    @rule(partition=partitions, name=names)
    def crash(self, partition: int, name: str) -> None:
        self.start(partition, name)

    @rule(partition=partitions, name=names)
    def move_while_asleep(self, partition: int, name: str) -> None:
        self.asleep.append(self.member(partition))
        self.start(partition, name)

    @precondition(lambda self: self.asleep)
    @rule(which=st.integers(0, 3), steps=st.integers(1, 12), order=orders, beside=st.booleans())
    def wake_up(self, which: int, steps: int, order: list[str], beside: bool) -> None:
        self.world.order = order
        for number in range(steps):
            self.asleep[which % len(self.asleep)].step(beside=beside and number % 2 == 0)

    @rule(partition=partitions, name=names)
    def release_in_time(self, partition: int, name: str) -> None:
        worker = self.member(partition)
        worker.is_released = True
        worker.go_to_the_end()
        self.start(partition, name)

    # ClickHouse

    @precondition(lambda self: self.world.engine.under_way)
    @rule(which=st.integers(0, 5))
    def reach_a_table(self, which: int) -> None:
        under_way = self.world.engine.under_way
        self.world.engine.go_on(under_way[which % len(under_way)])

    @precondition(lambda self: self.asleep)
    @rule(which=st.integers(0, 3), method=methods)
    def wake_up_up_to(self, which: int, method: Method) -> None:
        self.asleep[which % len(self.asleep)].go_up_to(method)

    @rule(remembers=st.booleans(), loses_rows=st.booleans())
    def kill_the_engine(self, remembers: bool, loses_rows: bool) -> None:
        self.world.engine.stop_uncleanly(remembers)
        for worker in self.world.members.values():
            for sequence in (worker.owning, worker.landing):
                if loses_rows and sequence and sequence.is_at(PartitionIO.write_range):
                    worker.step(beside=sequence is worker.landing, lose_row=True)

    @precondition(lambda self: not self.world.engine.under_way and not any(map(is_inserting, self.workers())))
    @rule(forgets=st.booleans())
    def let_tokens_grow_old(self, forgets: bool) -> None:
        self.world.engine.grow_old(forgets)

    # Kafka

    @rule(partition=partitions, records=few)
    def remove_old_records(self, partition: int, records: int) -> None:
        log = self.log(partition)
        log.retain_from(log.start + records)

    @rule(partition=partitions, records=few)
    def go_back(self, partition: int, records: int) -> None:
        log = self.log(partition)
        log.truncate(log.end - records)

    @rule(partition=partitions)
    def make_the_topic_again(self, partition: int) -> None:
        self.log(partition).make_again()

    @precondition(lambda self: len(self.world.logs) < 3)
    @rule(name=names)
    def add_a_partition(self, name: str) -> None:
        """Conversations change their home while anything is under way; what comes in the old one is sent on."""
        self.world.logs.append(Log())
        self.start(len(self.world.logs) - 1, name)

    # What must hold

    @invariant()
    def every_event_and_dead_letter_is_there_once(self) -> None:
        engine = self.world.engine
        assert not repeated((each.conversation, each.event.event_id) for each in engine.events)
        assert not repeated(position for position, _ in engine.dead_letters)

    @invariant()
    def what_landed_is_in_the_tables(self) -> None:
        engine = self.world.engine
        places = {each.position for each in engine.events} | {position for position, _ in engine.dead_letters}
        for worker in self.workers():
            if worker.landing and isinstance(worker.landing.result, Range):
                rows = worker.landing_rows
                assert {each.position for each in rows.events} <= places
                assert {position for position, _ in rows.dead_letters} <= places

    @rule(is_late=st.booleans())
    def run_to_the_end(self, is_late: bool) -> None:
        if not is_late:
            self.world.engine.finish()
        for worker in self.asleep:
            for _ in range(20):
                worker.step()
        self.asleep.clear()
        for partition, worker in self.world.members.items():
            if worker.has_ended:
                self.start(partition, worker.name)
        for _ in range(MOST_STEPS):
            busy = [worker for worker in self.world.members.values() if not worker.has_written_all]
            if not busy:
                break
            for worker in busy:
                worker.step()
        else:
            raise AssertionError(f"stuck: {[worker.owning.call for worker in busy]}")
        self.world.engine.finish()
        self.check()

    def check(self) -> None:
        self.every_event_and_dead_letter_is_there_once()
        engine = self.world.engine
        stored = {(each.conversation, each.event.event_id) for each in engine.events}
        letters = {serial for _, serial in engine.dead_letters}
        in_kafka = {entry.serial for log in self.world.logs for entry in log.entries}
        copy_lost = {serial for serial, copy in self.world.copies if copy not in in_kafka}
        for log in self.world.logs:
            for entry in log.entries:
                if entry.serial in copy_lost:
                    continue
                conversation, event = entry.message.conversation, entry.message.event
                assert entry.serial in letters if event is None else (conversation, event.event_id) in stored
        for conversation in range(CONVERSATIONS):
            if conversation in engine.excused:
                engine.add_missing_facts(conversation)
            assert engine.net(conversation) == engine.folded(conversation)
        engine.excused.clear()

    def teardown(self) -> None:
        self.run_to_the_end(is_late=True)

    def start(self, partition: int, name: str) -> None:
        """Let a new owner take a partition; one process never has two, so names differ."""
        partition %= len(self.world.logs)
        self.started += 1
        self.world.members[partition] = Worker(self.world, f"{name[0]}{self.started}", partition)

    def member(self, partition: int) -> Worker:
        return self.world.members[partition % len(self.world.logs)]

    def log(self, partition: int) -> Log:
        return self.world.logs[partition % len(self.world.logs)]

    def workers(self) -> list[Worker]:
        return [*self.world.members.values(), *self.asleep]


def test_a_repair_of_an_earlier_owner_that_is_under_way_is_not_made_again() -> None:
    """The engine lost rows whose token it remembers, and two owners in turn find them missing."""
    model = ProtocolModel()
    model.produce(Message(0, event_of(kinds.END_USER_MESSAGE, START, "00", None)))
    model.move_while_asleep(0, "b")
    model.cut_an_insert_off(0, list(TABLES), reached=0, remembers=True)
    earlier = model.asleep.pop()
    while not (earlier.landing and earlier.landing.is_at(PartitionIO.insert_missing)):
        earlier.step()
    earlier.step()
    model.run_to_the_end(is_late=True)
    assert [each.event.event_id for each in model.world.engine.events] == ["00"]


def is_inserting(worker: Worker) -> bool:
    """Whether a worker relies on a token from one moment to the next."""
    return worker.landing is not None and worker.landing.is_at(PartitionIO.insert_block)


def repeated(items: Iterable[object]) -> list[object]:
    """What is there more than once."""
    return [item for item, count in Counter(items).items() if count > 1]


TestProtocol = ProtocolModel.TestCase
TestProtocol.settings = settings(
    max_examples=by_length(100, 2_000), stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
