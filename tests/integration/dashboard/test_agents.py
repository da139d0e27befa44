"""Agents are paged by name, searched by part of it, and a forged time makes none of them the first."""

import orjson
import pytest

from dashboard.queries.times import iso_of
from tests.integration.dashboard.conftest import DeliveredEvents
from tests.oracle import Sent
from tests.support.dashboard.api_client import Api
from tests.support.stack.harness import Harness, unique_agent
from tests.support.strategies.pools import HOSTILE

NAMES = ("Zürich", "zurich-2", "a%b", "a_b", "a'b", 'a"b', "a\\b", "a{b:String}", "\u202ea", "ΑΒΓ")


def _message(agent_id: str, environment: str, occurred_at: str) -> Sent:
    fields = {
        "event_id": "00000000-0000-4000-8000-000000000001",
        "type": "message",
        "agent_id": agent_id,
        "environment": environment,
        "conversation_id": "c",
        "occurred_at": occurred_at,
        "sender": "end_user",
        "content": "hello",
    }
    return Sent(agent_id, "c", orjson.dumps(fields))


@pytest.fixture(scope="module")
def prefix(harness: Harness) -> str:
    """Return the common prefix of the names of several agents, each in two environments."""
    prefix = unique_agent("Agents")
    at = iso_of(harness.now())
    harness.send([_message(f"{prefix}{name}", place, at) for name in NAMES for place in ("production", "staging")])
    harness.drain()
    return prefix


async def _names(api: Api, **asked: object) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await api.json("/api/agents", {**asked, **cursor})
        rows += [(row["agent_id"], row["environment"]) for row in answer["agents"]]
        if answer["next"] is None:
            return rows
        cursor = {"cursor": answer["next"]}


async def test_pages_hold_every_agent_once_in_the_order_of_the_names(api: Api, prefix: str) -> None:
    whole = await _names(api, limit=500)
    expected = sorted((f"{prefix}{name}", place) for name in NAMES for place in ("production", "staging"))
    assert [key for key in whole if key[0].startswith(prefix)] == sorted(expected, key=lambda key: key[0].encode())
    assert await _names(api, limit=3) == whole
    assert await _names(api, limit=3, search=prefix) == [key for key in whole if key[0].startswith(prefix)]


@pytest.mark.parametrize("name", NAMES)
async def test_an_agent_is_found_by_any_part_of_its_name_in_any_case(api: Api, prefix: str, name: str) -> None:
    for part in (f"{prefix}{name}", f"{prefix}{name}".upper(), f"{prefix[-4:]}{name}".lower()):
        found = {agent for agent, _ in await _names(api, search=part)}
        assert f"{prefix}{name}" in found
        assert len(found) == 1
    assert await _names(api, agent_id=f"{prefix}{name}") == [
        (f"{prefix}{name}", place) for place in ("production", "staging")
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_text_finds_nothing_and_breaks_nothing(api: Api, prefix: str, text: str) -> None:
    assert await _names(api, search=f"{prefix}{text}"[:200]) == []
    assert await _names(api, agent_id=f"{prefix}{text}"[:200]) == []


async def test_a_cursor_of_another_search_is_rejected(api: Api, prefix: str) -> None:
    cursor = (await api.json("/api/agents", {"search": prefix, "limit": 1}))["next"]
    refused = await api.get("/api/agents", {"search": "x", "cursor": cursor}, status=422)
    assert [fault["parameter"] for fault in refused.json()["errors"]] == ["cursor"]


@pytest.fixture(scope="module")
def forger(harness: Harness) -> str:
    """Return an agent whose only event claims a future time."""
    agent_id = unique_agent("forger")
    harness.send([_message(agent_id, "production", "2099-12-31T23:59:59Z")])
    harness.drain()
    return agent_id


async def test_no_claimed_time_makes_an_agent_the_busiest(
    harness: Harness, delivered_events: DeliveredEvents, api: Api, forger: str
) -> None:
    (row,) = (await api.json("/api/agents", {"agent_id": forger}))["agents"]
    assert row["last_received_at"] <= iso_of(harness.now() + 1000)
    busiest = (await api.json("/api/agents/busiest"))["agent"]
    assert busiest["agent_id"] != forger
    assert (await api.json("/api/agents", {"agent_id": busiest["agent_id"]}))["agents"]
