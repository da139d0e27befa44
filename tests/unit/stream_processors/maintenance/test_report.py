"""Findings count what differs by table and conversation, and keep no more than some examples."""

from stream_processors.clickhouse.block import Segment
from stream_processors.maintenance.report import EXAMPLES, Difference, Findings, differences_of


def difference(table: str, conversation: int, missing: int, surplus: int) -> Difference:
    return Difference(table, "a", "production", 7, conversation, missing, surplus)


def place(conversations: list[int]) -> dict[str, list[object]]:
    count = len(conversations)
    return {
        "agent_id": ["a"] * count,
        "environment": ["production"] * count,
        "quarter_hour": [7] * count,
        "conversation_hash": list(conversations),
    }


def test_signs_are_what_is_missing_or_too_much_of_a_conversation() -> None:
    segment = Segment("session_fact", 4, {**place([1, 1, 1, 2]), "sign": [1, -1, -2, 3]})
    assert differences_of([segment]) == [difference("session_facts", 1, 1, 3), difference("session_facts", 2, 3, 0)]


def test_counts_of_activities_are_added_up() -> None:
    counts = {"end_user_messages": [2, 0], "agent_messages": [-1, 0], "actions": [0, 5], "buttons": [-3, 0]}
    segment = Segment("activity", 2, {**place([1, 2]), **counts})
    assert differences_of([segment]) == [difference("activity", 1, 2, 4), difference("activity", 2, 5, 0)]


def test_nothing_differs_at_first() -> None:
    found = Findings.of(["events", "activity"])
    assert (found.is_clean, found.rows, found.hashes()) == (True, {"events": 0, "activity": 0}, set())


def test_all_differences_are_counted_and_some_are_kept() -> None:
    found = Findings.of(["events", "activity"])
    for number in range(1, 151):
        found.add([difference("events", number, 0, 1), difference("activity", number, 2, 0)])
    assert (found.is_clean, found.rows) == (False, {"events": 150, "activity": 300})
    assert found.hashes() == set(range(1, 151))
    assert len(found.examples) == EXAMPLES


def test_a_dead_letter_is_of_no_conversation() -> None:
    found = Findings.of(["dead_letter_records"])
    found.add([Difference("dead_letter_records", "", "", 7, 0, 0, 1)])
    assert (found.is_clean, found.hashes()) == (False, set())
