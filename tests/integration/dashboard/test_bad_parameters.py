"""Invalid parameters are rejected with a problem document that names them."""

import pytest

from tests.support.dashboard.api_client import Api
from tests.support.strategies.pools import HOSTILE

METRIC, LISTED = "/api/metrics/total_messages", "/api/lists/conversations"


@pytest.mark.parametrize(
    ("path", "parameters", "named"),
    [
        pytest.param(METRIC, {"agent_id": ""}, ["agent_id"], id="an empty agent"),
        pytest.param(METRIC, {"agent_id": "a" * 201}, ["agent_id"], id="a long agent"),
        pytest.param(METRIC, {"since": "soon"}, ["since"], id="an invalid time"),
        pytest.param(METRIC, {"until": "2026-02-30"}, ["until"], id="an invalid day"),
        pytest.param(METRIC, {"since": "now", "until": "-1d"}, ["until"], id="an end before the start"),
        pytest.param(METRIC, {"time_zone": "Mars"}, ["time_zone"], id="an unknown time zone"),
        pytest.param(METRIC, {"format": "xml", "compare": "next"}, ["compare", "format"], id="two at once"),
        pytest.param(METRIC, {"agentid": "a"}, ["agentid"], id="an unknown parameter"),
        pytest.param(LISTED, {"limit": "0"}, ["limit"], id="no rows"),
        pytest.param(LISTED, {"limit": "501"}, ["limit"], id="too many rows"),
        pytest.param(LISTED, {"weekday": "8"}, ["weekday"], id="an eighth day of the week"),
        pytest.param(LISTED, {"hour": "-1"}, ["hour"], id="an hour below zero"),
        pytest.param(LISTED, {"day": "2026-02-29"}, ["day"], id="a leap day without a leap year"),
        pytest.param(LISTED, {"day": "20544"}, ["day"], id="a number as a day"),
        pytest.param(LISTED, {"latitude": "inf"}, ["latitude"], id="coordinates out of range"),
        pytest.param(LISTED, {"longitude": "nan"}, ["longitude"], id="not a number"),
        pytest.param(LISTED, {"rating": "great"}, ["rating"], id="an unknown rating"),
        pytest.param(LISTED, {"escalated": "1"}, ["escalated"], id="neither true nor false"),
        pytest.param(LISTED, {"basis": "x"}, ["basis"], id="an unknown basis"),
        pytest.param(LISTED, {"cursor": "x"}, ["cursor"], id="an invalid cursor"),
        pytest.param(LISTED, {"sender": "agent"}, ["sender"], id="another list's filter"),
        pytest.param("/api/lists/customers", {"weekday": "1"}, ["weekday"], id="a customer's weekday"),
        pytest.param("/api/conversations/x", {"limit": "2001"}, ["limit"], id="too many events"),
        pytest.param("/api/conversations/x", {"cursor": "1"}, [], id="an unknown conversation"),
        pytest.param("/api/live", {"agent_id": ""}, ["agent_id"], id="live for an empty agent"),
    ],
)
async def test_an_invalid_parameter_is_named(api: Api, path: str, parameters: dict[str, str], named: list[str]) -> None:
    answer = await api.client.get(path, params={"agent_id": "a", **parameters})
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == problem["status"] == (422 if named else 404)
    assert sorted(fault["parameter"] for fault in problem["errors"]) == named
    assert all(fault["allowed"] and fault["parameter"] in problem["detail"] for fault in problem["errors"])


async def test_a_missing_agent_is_named(api: Api) -> None:
    problem = (await api.get(METRIC, status=422)).json()
    assert problem["errors"] == [{"parameter": "agent_id", "allowed": "a value (required)"}]


@pytest.mark.parametrize("path", ["/api/metrics/no_metric", "/api/metrics/system.users", "/api/lists/events", "/api/x"])
async def test_a_missing_object_is_a_problem_document(api: Api, path: str) -> None:
    answer = await api.get(path, {"agent_id": "a"}, status=404)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_metric_gets_the_list_of_metrics(api: Api) -> None:
    assert "total_messages" in (await api.get("/api/metrics/x", {"agent_id": "a"}, status=404)).json()["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_nothing_can_be_changed(api: Api, method: str) -> None:
    answer = await api.client.request(method, "/api/agents")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_text_is_only_a_value(api: Api, text: str) -> None:
    assert (await api.json(METRIC, {"agent_id": text[:200]}))["rows"] == [
        {"messages": 0, "end_user_messages": 0, "agent_messages": 0}
    ]
    for name in ("country", "region", "city", "device", "source", "language", "language_region", "customer"):
        assert (await api.json(LISTED, {"agent_id": "a", name: text}))["total"] == 0
    for name, filter_ in (("actions", "action_name"), ("conversations", "action_name"), ("messages", "customer")):
        assert (await api.json(f"/api/lists/{name}", {"agent_id": "a", filter_: text}))["total"] == 0
