"""Whether the views say of the bulk data what its events say: counted straight from `events`, by other SQL."""

from collections.abc import Mapping
from typing import Final

from clickhouse_connect.driver.client import Client

RAW: Final = """
SELECT
    countIf(type = 'message') AS messages,
    uniqExactIf(conversation_hash, type IN ('message', 'action', 'button')) AS active_conversations,
    countIf(type = 'action') AS calls,
    countIf(type = 'action' AND error_message != '') AS failed_calls
FROM events
WHERE {scope} AND occurred_at >= {since} AND occurred_at < {until}
"""
RAW_CONVERSATIONS: Final = """
SELECT
    countIf(engaged_at >= {since} AND engaged_at < {until}) AS conversations,
    countIf(visited_at >= {since} AND visited_at < {until}) AS visited
FROM
(
    SELECT
        minIf(occurred_at, type IN ('conversation_engaged', 'message', 'action', 'button')) AS engaged_at,
        minIf(occurred_at, type = 'conversation_visited') AS visited_at
    FROM events WHERE {scope} GROUP BY conversation_hash
)
"""
SHOWN: Final = """
SELECT
    (SELECT messages FROM total_messages({window})) AS messages,
    (SELECT active_conversations FROM total_conversations({window})) AS active_conversations,
    (SELECT sum(calls) FROM tool_usage({window})) AS calls,
    (SELECT sum(failed_calls) FROM tool_usage({window})) AS failed_calls,
    (SELECT sum(conversations) FROM world_map_places({window})) AS conversations,
    (SELECT visited_conversations FROM unique_interactions({window})) AS visited
"""
PARTS: Final = {
    "scope": "agent_id = {agent_id:String} AND environment = {environment:String}",
    "since": "{since:DateTime64(3, 'UTC')}",
    "until": "{until:DateTime64(3, 'UTC')}",
}
WINDOW: Final = (
    "agent_id = {agent_id:String}, environment = {environment:String}, since = {since:DateTime64(3, 'UTC')},"
    " until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}"
)


class Differs(Exception):
    """A view says something else than the events."""


def check(client: Client, window: Mapping[str, str]) -> None:
    """Raise Differs if a view and the events disagree about a window."""
    counted = {
        name: value
        for query in (RAW, RAW_CONVERSATIONS)
        for name, value in _row(client, query.format(**PARTS), window).items()
    }
    shown = _row(client, SHOWN.format(window=WINDOW), window)
    if counted != shown:
        raise Differs(f"the events say {counted}, the views {shown}")


def _row(client: Client, query: str, window: Mapping[str, str]) -> dict[str, object]:
    (row,) = client.query(query, parameters=dict(window)).named_results()
    return dict(row)
