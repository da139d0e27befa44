"""A report counts differences by table and conversation, and keeps a bounded number of examples."""

from stream_processors.clickhouse.block import Segment
from stream_processors.maintenance.report import EXAMPLES, AuditReport, Difference, differences_of


def difference(table: str, conversation: int, missing: int, surplus: int) -> Difference:
    return Difference(table, "a", "production", 7, conversation, missing, surplus)


def key_columns(conversations: list[int]) -> dict[str, list[object]]:
    count = len(conversations)
    return {
        "agent_id": ["a"] * count,
        "environment": ["production"] * count,
        "quarter_hour": [7] * count,
        "conversation_hash": list(conversations),
    }


def test_positive_signs_are_missing_and_negative_ones_surplus() -> None:
    segment = Segment("session_fact", 4, {**key_columns([1, 1, 1, 2]), "sign": [1, -1, -2, 3]})
    assert differences_of([segment]) == [difference("session_facts", 1, 1, 3), difference("session_facts", 2, 3, 0)]


def test_counts_of_activities_are_added_up() -> None:
    counts = {"end_user_messages": [2, 0], "agent_messages": [-1, 0], "actions": [0, 5], "buttons": [-3, 0]}
    segment = Segment("activity", 2, {**key_columns([1, 2]), **counts})
    assert differences_of([segment]) == [difference("activity", 1, 2, 4), difference("activity", 2, 5, 0)]


def test_an_empty_report_is_clean() -> None:
    report = AuditReport.of(["events", "activity"])
    assert (report.is_clean, report.rows, report.hashes()) == (True, {"events": 0, "activity": 0}, set())


def test_all_differences_are_counted_and_some_are_kept_as_examples() -> None:
    report = AuditReport.of(["events", "activity"])
    for number in range(1, 151):
        report.add([difference("events", number, 0, 1), difference("activity", number, 2, 0)])
    assert (report.is_clean, report.rows) == (False, {"events": 150, "activity": 300})
    assert report.hashes() == set(range(1, 151))
    assert len(report.examples) == EXAMPLES


def test_a_dead_letter_belongs_to_no_conversation() -> None:
    report = AuditReport.of(["dead_letter_records"])
    report.add([Difference("dead_letter_records", "", "", 7, 0, 0, 1)])
    assert (report.is_clean, report.hashes()) == (False, set())
