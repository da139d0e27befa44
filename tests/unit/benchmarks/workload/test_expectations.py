"""What the views must show follows the definitions of the metrics, and any other number is named."""

from collections.abc import Mapping

import pytest

from benchmarks.workload.expectations import Numbers, Tally, differences

MESSAGE = {"type": "message", "sender": "end_user"}
ANSWER = {"type": "message", "sender": "agent"}
TICKET = {"type": "action", "action_name": "open_ticket"}
VISIT = {"type": "conversation_visited"}


def numbers(*events: tuple[str, Mapping[str, object]]) -> Numbers:
    tally = Tally()
    for conversation, fields in events:
        tally.add("a", conversation, fields)
    return tally.numbers()


@pytest.mark.parametrize(
    ("view", "column", "expected"),
    [
        pytest.param("total_messages", "messages", 3, id="messages of both sides count"),
        pytest.param("total_messages", "end_user_messages", 2, id="messages of end users count apart"),
        pytest.param("total_conversations", "conversations", 2, id="a visit alone is no conversation"),
        pytest.param("unique_interactions", "visited_conversations", 2, id="every visited conversation counts"),
        pytest.param("unique_interactions", "interactions", 1, id="of them those that were engaged"),
        pytest.param("human_escalation_rate", "escalated_conversations", 1, id="escalating twice counts once"),
        pytest.param("tool_usage", "open_ticket", 2, id="each call counts"),
        pytest.param("conversation_feedback", "negative", 1, id="a rating counts by what it says"),
    ],
)
def test_a_number_follows_its_definition(view: str, column: str, expected: int) -> None:
    found = numbers(
        ("visited", VISIT),
        ("both", VISIT),
        ("both", MESSAGE),
        ("both", ANSWER),
        ("other", MESSAGE),
        ("other", TICKET),
        ("other", TICKET),
        ("other", {"type": "feedback", "rating": "down"}),
    )
    assert found["a", view, column] == expected


def test_numbers_that_agree_leave_nothing_to_say() -> None:
    sent = numbers(("c", MESSAGE))
    shown = {**sent, ("", "events", "dead_letters"): 0}
    assert differences(sent, shown) == []


def test_a_lost_event_is_named() -> None:
    sent, shown = numbers(("c", MESSAGE), ("c", ANSWER)), numbers(("c", MESSAGE))
    assert "total_messages messages of a: 2 sent, 1 shown" in differences(sent, shown)


def test_a_number_that_nothing_sent_explains_is_named() -> None:
    assert differences({}, {("", "events", "dead_letters"): 3}) == ["events dead_letters: 0 sent, 3 shown"]
