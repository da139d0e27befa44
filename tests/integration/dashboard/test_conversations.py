"""A transcript has the conversation's events in the order of the metrics, whatever their content."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.dashboard.conftest import DeliveredEvents
from tests.oracle.conversations import Conversation
from tests.oracle.date_times import utc_text
from tests.support.dashboard.api_client import Api


def _conversations(delivered_events: DeliveredEvents) -> list[Conversation]:
    """Return some of the agent's conversations, those with the most unusual ids first."""
    own = [each for each in delivered_events.history.conversations if each.key[0] == delivered_events.agent_id]
    return sorted(own, key=lambda each: each.key[2].startswith("chat-"))[:40]


async def _transcript(api: Api, conversation: Conversation, **parameters: object) -> Any:
    agent_id, environment, conversation_id = conversation.key
    asked = {"agent_id": agent_id, "environment": environment, "conversation_id": conversation_id, **parameters}
    return await api.json("/api/conversations", asked)


async def test_every_conversation_has_its_events_in_order(delivered_events: DeliveredEvents, api: Api) -> None:
    for conversation in _conversations(delivered_events):
        shown = (await _transcript(api, conversation))["events"]
        assert [(event["event_id"], event["type"], event["occurred_at"]) for event in shown] == [
            (event.event_id, event.type, utc_text(event.at)) for event in conversation.events
        ]


async def test_texts_are_returned_unchanged(delivered_events: DeliveredEvents, api: Api) -> None:
    seen = 0
    for conversation in _conversations(delivered_events):
        for shown, event in zip((await _transcript(api, conversation))["events"], conversation.events, strict=True):
            for name in ("content", "label", "comment", "response", "sender", "customer_id", "metadata", "tools_used"):
                if name in shown and event.fields.get(name) is not None:
                    seen += 1
                    sent: Any = event.fields[name]
                    expected = {k: v for k, v in sent.items() if v is not None} if isinstance(sent, dict) else sent
                    found = shown[name] if shown[name] is not None else ""
                    assert found in (expected, sent)
    assert seen > 100


async def test_sessions_and_exchanges_are_the_conversations(delivered_events: DeliveredEvents, api: Api) -> None:
    for conversation in _conversations(delivered_events):
        answer = await _transcript(api, conversation, limit=2000)
        assert [(row["started_at"], row["last_activity_at"], row["activities"]) for row in answer["sessions"]] == [
            (utc_text(s.started_at), utc_text(s.last_activity_at), len(s.activities)) for s in conversation.sessions
        ]
        assert [(row["asked_at"], row["answered_at"]) for row in answer["exchanges"]] == [
            (utc_text(e.asked_at), None if e.answered_at is None else utc_text(e.answered_at))
            for e in conversation.exchanges
        ]
        times = [event["response_seconds"] for event in answer["events"] if event.get("response_seconds") is not None]
        assert times == [e.response_ms / 1000 for e in conversation.exchanges if e.response_ms is not None]


async def test_the_pages_together_are_the_transcript(delivered_events: DeliveredEvents, api: Api) -> None:
    longest = max(_conversations(delivered_events), key=lambda each: len(each.events))
    whole = await _transcript(api, longest)
    assert len(whole["events"]) > 6
    shown: list[Any] = []
    cursor: dict[str, object] = {}
    while True:
        page = await _transcript(api, longest, limit=2, **cursor)
        shown += page["events"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [event["event_id"] for event in shown] == [event["event_id"] for event in whole["events"]]


async def test_an_id_of_any_kind_is_found_in_the_path(delivered_events: DeliveredEvents, api: Api) -> None:
    looked_at = 0
    for conversation in _conversations(delivered_events):
        agent_id, environment, conversation_id = conversation.key
        path = f"/api/conversations/{quote(conversation_id, safe='')}"
        answer = await api.json(path, {"agent_id": agent_id, "environment": environment})
        assert answer["conversation"]["conversation_id"] == conversation_id
        looked_at += 1
    assert looked_at > 20


@pytest.mark.parametrize(
    "other", [{"agent_id": "nobody"}, {"environment": "elsewhere"}, {"conversation_id": "none such"}]
)
async def test_another_agents_conversation_is_not_found(
    delivered_events: DeliveredEvents, api: Api, other: dict[str, str]
) -> None:
    agent_id, environment, conversation_id = _conversations(delivered_events)[0].key
    asked = {"agent_id": agent_id, "environment": environment, "conversation_id": conversation_id, **other}
    problem = (await api.get("/api/conversations", asked, status=404)).json()
    assert problem["detail"] == "no conversation has this id in this agent and environment"
