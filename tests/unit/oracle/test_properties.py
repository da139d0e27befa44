"""Properties of any set of events, whatever the numbers."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import History, Record, Row
from tests.oracle.events import DeadLetter, read_record
from tests.support.run_length import by_length
from tests.support.strategies.event_sets import NOW, deliveries, questions_about
from tests.support.strategies.random_events import generate

PROPERTY = settings(max_examples=by_length(50, 1_000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
BREAKDOWNS = ("world_map", "world_map_places", "device_usage", "sources", "languages", "language_regions")


def _without_conflicts(records: list[Record]) -> list[Record]:
    """Return the records without later versions of an id with other contents."""
    first: dict[object, object] = {}
    kept = []
    for record in records:
        event = read_record(record)
        if isinstance(event, DeadLetter):
            continue
        content = (record.received_at, {**event.fields, "event_id": event.event_id})
        if first.setdefault((event.key, event.event_id), content) == content:
            kept.append(record)
    return kept


@PROPERTY
@given(data=st.data(), records=deliveries())
def test_the_order_of_arrival_does_not_matter(data: st.DataObject, records: list[Record]) -> None:
    agreed = _without_conflicts(records)
    history = History(agreed)
    question = data.draw(questions_about(history))
    shuffled = data.draw(st.permutations(agreed + agreed))
    assert History(shuffled).views(question) == history.views(question)


@PROPERTY
@given(data=st.data(), records=deliveries())
def test_parts_sum_to_the_whole(data: st.DataObject, records: list[Record]) -> None:
    history = History(records)
    views = history.views(data.draw(questions_about(history)))
    ((messages, *_),) = views["total_messages"]
    ((conversations, _, sessions),) = views["total_conversations"]
    duration = views["average_conversation_duration"][0]
    assert _sum(views["peak_hours"], 2) == _sum(views["daily_overview"], 1) == messages
    assert _sum(views["peak_hours"], 3) == _sum(views["daily_overview"], 3) == conversations
    assert {_sum(views[name], -1) for name in BREAKDOWNS} == {conversations}
    assert sum(_sum([duration], column) for column in (5, 6, 7)) == sessions


def _sum(rows: list[Row], column: int) -> int:
    return sum(cell for row in rows if isinstance(cell := row[column], int))


def test_the_same_seed_gives_the_same_records() -> None:
    sets = [generate(7, 20, agent_ids=["a", "b"], now=NOW) for _ in range(2)]
    assert sets[0] == sets[1] != generate(8, 20, agent_ids=["a", "b"], now=NOW)


def test_a_set_has_every_type_of_event_duplicates_and_dead_letters() -> None:
    sent = generate(1, 60, agent_ids=["a", "b"], now=NOW)
    records = [Record(each.value, NOW) for each in sent]
    history = History(records)
    types = Counter(event.type for event in history.events)
    assert len(types) == 8
    assert history.dead_letters
    assert len(history.events) + len(history.dead_letters) < len(records)
    assert any(len(each.sessions) > 1 for each in history.conversations)
    assert any(each.exchanges for each in history.conversations)
