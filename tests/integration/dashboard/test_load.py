"""Many concurrent queries: health responds, a long queue is rejected, and abandoned queries end in ClickHouse."""

import asyncio
import time
from collections import Counter

import clickhouse_connect

from dashboard.protection.query_queue import WAITING_AT_MOST
from dashboard.queries.client import QUERIES_AT_ONCE
from tests.integration.dashboard.conftest import DeliveredEvents
from tests.support.dashboard.api_client import Api, running_api
from tests.support.stack.harness import Harness

SLOW = "SELECT count() FROM numbers_mt(100000000000) WHERE cityHash64(number) = {mark:UInt64}"
RUNNING = "SELECT count() FROM system.processes WHERE query LIKE '%numbers_mt(1000%' AND query NOT LIKE '%processes%'"


def _running(harness: Harness) -> int:
    with clickhouse_connect.get_client(dsn=harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"]) as writer:
        return int(writer.query(RUNNING).result_rows[0][0])


async def _until(harness: Harness, count: int) -> None:
    async with asyncio.timeout(20):
        while await asyncio.to_thread(_running, harness) != count:  # noqa: ASYNC110 - another process knows
            await asyncio.sleep(0.1)


async def test_health_responds_and_abandoned_queries_end_while_500_slow_queries_wait(
    harness: Harness, delivered_events: DeliveredEvents
) -> None:
    async with running_api(harness) as api:
        reader = api.client._transport.app.state.reader  # type: ignore[attr-defined]  # the application of this test
        slow = [asyncio.create_task(reader.rows(SLOW, {"mark": number})) for number in range(500)]
        await _until(harness, QUERIES_AT_ONCE)
        refused = [task for task in slow if task.done()]
        assert len(refused) == 500 - WAITING_AT_MOST - QUERIES_AT_ONCE or len(refused) == 500 - WAITING_AT_MOST
        began = time.monotonic()
        await api.json("/health")
        assert time.monotonic() - began < 3
        answer = await api.get("/api/agents", status=503)
        assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("5", "application/problem+json")
        for task in slow:
            task.cancel()
        outcomes = Counter(type(each).__name__ for each in await asyncio.gather(*slow, return_exceptions=True))
        assert outcomes["Overloaded"] + outcomes["CancelledError"] == 500
        await _until(harness, 0)
        assert (await api.json("/api/agents"))["agents"]


async def test_an_aborted_request_cancels_its_query(harness: Harness, api: Api) -> None:
    app = api.client._transport.app  # type: ignore[attr-defined]  # the application of this test

    async def slow() -> None:
        await app.state.reader.rows(SLOW, {"mark": 1})

    app.add_api_route("/api/slow", slow)
    app.router.routes.insert(0, app.router.routes.pop())
    asking = asyncio.create_task(api.client.get("/api/slow"))
    await _until(harness, 1)
    asking.cancel()
    await _until(harness, 0)
