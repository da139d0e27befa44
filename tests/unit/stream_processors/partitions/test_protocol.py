"""The range protocol, fault by fault: each of these once lost an event, doubled one, or left a fact wrong."""

from stream_processors.conversations import events as kinds
from stream_processors.partitions.protocol import ranges
from stream_processors.partitions.protocol.io import PartitionIO, Replay
from tests.support.protocol.engine import TABLES
from tests.support.protocol.log import Message
from tests.support.protocol.sequence import Sequence, stepped_io
from tests.support.protocol.worker import Worker, World
from tests.support.worker.fold_histories import START, event_of

BROKEN = Message(0, None)
LETTERS_FIRST = ("dead_letters", "events", "conversation_facts", "other_facts")
EVENTS_FIRST = TABLES


def event(number: int, kind: int = kinds.END_USER_MESSAGE) -> Message:
    """A message of conversation 0, whose home is partition 0."""
    return Message(0, event_of(kind, START + number, f"{number:02x}"))


def owner_of(world: World, name: str = "a") -> Worker:
    """A new owner of partition 0."""
    world.members[0] = Worker(world, name, 0)
    return world.members[0]


def world_of(*messages: Message, order: tuple[str, ...] = EVENTS_FIRST) -> World:
    """A world in which partition 0 holds messages, which one batch takes."""
    world = World(order=order, most=10)
    for message in messages:
        world.append(0, message)
    return world


def kill_in_an_insert(world: World, reached: int, *, remembers: bool) -> Worker:
    """Kill the engine when the next block has reached some tables; return the worker, who has no answer yet."""
    worker = owner_of(world)
    worker.go_up_to(PartitionIO.insert_block)
    for _ in range(1 + reached):
        worker.step(beside=True)
    world.engine.stop_uncleanly(remembers)
    return worker


def check(world: World, ids: set[str], letters: int = 0) -> None:
    """Each event is there once, each dead letter too, and the facts are those of the events."""
    engine = world.engine
    assert sorted(each.event.event_id for each in engine.events) == sorted(ids)
    assert len(engine.dead_letters) == letters
    assert engine.net(0) == engine.folded(0)


def test_all_is_written_once_and_confirmed() -> None:
    world = world_of(event(1), BROKEN, event(2), event(1))
    owner_of(world).go_to_the_end()
    check(world, {"01", "02"}, letters=1)
    latest = world.engine.latest(0)
    assert latest is not None
    assert (latest.first, latest.last, latest.confirmed) == (0, 3, True)


def test_a_first_try_that_succeeds_is_not_proved() -> None:
    worker = owner_of(world_of(event(1)))
    worker.go_up_to(PartitionIO.insert_block)
    worker.go_up_to(PartitionIO.count_missing)
    assert worker.owning.is_at(PartitionIO.gather)


def test_a_token_that_was_remembered_without_its_rows_is_made_good_by_the_worker_who_tries_again() -> None:
    world = world_of(event(1), BROKEN)
    kill_in_an_insert(world, 1, remembers=True).go_to_the_end()
    check(world, {"01"}, letters=1)


def test_a_token_that_was_remembered_without_its_rows_is_made_good_by_the_next_owner() -> None:
    world = world_of(event(1), BROKEN)
    kill_in_an_insert(world, 1, remembers=True)
    owner_of(world).go_to_the_end()
    check(world, {"01"}, letters=1)


def test_a_range_row_that_the_engine_lost_is_noticed_and_the_range_made_anew_under_another_claim() -> None:
    world = world_of(event(1))
    worker = owner_of(world)
    worker.go_up_to(PartitionIO.write_range)
    worker.step(beside=True, lose_row=True)
    worker.go_up_to(PartitionIO.is_member)
    assert worker.owning.is_at(PartitionIO.is_member)
    worker.go_to_the_end()
    assert worker.owner_epoch == 2
    check(world, {"01"})


def test_a_replay_whose_token_may_be_forgotten_is_only_compared_with_what_landed() -> None:
    world = world_of(event(1), BROKEN)
    worker = owner_of(world)
    worker.go_up_to(PartitionIO.insert_block)
    worker.step(beside=True)
    world.engine.finish()
    world.engine.grow_old(forgets=True)
    successor = owner_of(world, "b")
    successor.go_up_to(PartitionIO.count_missing)
    assert not world.engine.tokens["events"]
    successor.go_to_the_end()
    check(world, {"01"}, letters=1)


def test_the_facts_of_a_range_that_another_log_made_unrepeatable_are_made_whole() -> None:
    world = world_of(event(1))
    kill_in_an_insert(world, 1, remembers=False)
    world.logs[0].make_again()
    world.append(0, event(2))
    owner_of(world, "b").go_to_the_end()
    check(world, {"01", "02"})


def test_records_that_kafka_kept_of_a_range_are_added_where_a_table_lacks_them() -> None:
    world = world_of(BROKEN, event(1), event(2), order=LETTERS_FIRST)
    kill_in_an_insert(world, 1, remembers=False)
    world.logs[0].retain_from(1)
    owner_of(world, "b").go_to_the_end()
    check(world, {"01", "02"}, letters=1)


def test_what_is_left_of_a_landed_range_is_not_taken_for_a_range_of_its_own_by_the_next_owner() -> None:
    world = world_of(event(1), event(2))
    kill_in_an_insert(world, 4, remembers=False)
    world.logs[0].retain_from(1)
    successor = owner_of(world, "b")
    successor.go_up_to(PartitionIO.count_missing)
    successor.step(beside=True)
    owner_of(world, "c").go_to_the_end()
    check(world, {"01", "02"})


def test_facts_that_landed_before_their_events_are_not_doubled_when_a_part_is_written_again() -> None:
    world = world_of(BROKEN, event(1), order=("conversation_facts", "other_facts", "events", "dead_letters"))
    kill_in_an_insert(world, 2, remembers=False)
    world.logs[0].retain_from(1)
    owner_of(world, "b").go_to_the_end()
    check(world, {"01"})


def test_records_that_go_while_a_replay_begins_do_not_change_what_its_token_means() -> None:
    world = world_of(event(1), event(2))
    kill_in_an_insert(world, 4, remembers=False)
    successor = owner_of(world, "b")
    successor.go_up_to(PartitionIO.read_up_to)
    world.logs[0].retain_from(1)
    successor.go_to_the_end()
    check(world, {"01", "02"})


def test_a_worker_that_wakes_up_proves_nothing_while_its_successor_writes() -> None:
    world = world_of(event(1))
    asleep = kill_in_an_insert(world, 1, remembers=True)
    asleep.go_up_to(PartitionIO.count_missing)
    successor = owner_of(world, "b")
    successor.go_to_the_end()
    world.append(0, event(2))
    successor.go_up_to(PartitionIO.insert_block)
    successor.step(beside=True)
    successor.step(beside=True)
    asleep.step(beside=True)
    successor.go_to_the_end()
    asleep.go_to_the_end()
    assert asleep.has_ended
    check(world, {"01", "02"})


def test_what_is_under_way_lands_when_the_log_changes() -> None:
    world = world_of(event(1))
    worker = owner_of(world)
    worker.go_up_to(PartitionIO.insert_block)
    world.logs[0].make_again()
    world.append(0, event(2))
    worker.go_to_the_end()
    check(world, {"01", "02"})
    assert [row.range.confirmed for row in world.engine.ranges if row.range.log_epoch == 1] == [False, True]


def test_a_topic_that_was_created_again_and_has_grown_past_the_position_is_read_from_its_start() -> None:
    world = world_of(event(1))
    worker = owner_of(world)
    worker.go_to_the_end()
    world.logs[0].make_again()
    world.append(0, event(2))
    world.append(0, event(3))
    worker.go_to_the_end()
    check(world, {"01", "02", "03"})


def test_a_refused_worker_lets_go_of_a_partition_that_is_no_longer_its_own() -> None:
    world = world_of(event(1))
    asleep = owner_of(world)
    asleep.go_up_to(PartitionIO.insert_block)
    owner_of(world, "b").go_to_the_end()
    asleep.go_to_the_end()
    assert asleep.has_ended
    check(world, {"01"})


def test_a_refused_worker_that_is_still_a_member_claims_again() -> None:
    world = world_of(event(1))
    worker = owner_of(world)
    worker.go_up_to(PartitionIO.insert_block)
    world.engine.owners[0] = (7, "maintenance")
    worker.go_to_the_end()
    assert worker.owner_epoch == 8
    check(world, {"01"})


def test_a_range_that_has_landed_is_replayed_without_being_inserted() -> None:
    world = world_of(event(1))
    worker = owner_of(world)
    worker.go_to_the_end()
    known = world.engine.latest(0)
    assert known is not None
    verified, resent = (
        Sequence(ranges.write(stepped_io(), known, replay)) for replay in (Replay.VERIFY_ONLY, Replay.RESEND)
    )
    assert calls_of(verified, 0, 1) == ["count_missing", "write_range"]
    assert calls_of(resent, 1, True, 1, 0) == ["write_range", "is_token_remembered", "insert_block", "count_missing"]


def calls_of(sequence: Sequence, *answers: object) -> list[str]:
    """The names of the calls that get these answers, to the end."""
    names = []
    for answer in answers:
        assert sequence.call is not None
        names.append(sequence.call.name)
        sequence.resume(answer)
    assert sequence.call is None
    return names


def test_a_range_of_which_kafka_kept_nothing_is_asked_for_once() -> None:
    world = world_of(event(1), event(2))
    kill_in_an_insert(world, 1, remembers=False)
    world.logs[0].retain_from(2)
    owner_of(world, "b").go_to_the_end()
    check(world, {"01", "02"})
    successor = owner_of(world, "c")
    successor.go_up_to(PartitionIO.is_partly_written)
    assert not successor.owning.is_at(PartitionIO.is_partly_written)
    assert successor.owner_epoch == 3
