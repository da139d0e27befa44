"""A flush that is sent again with its token changes no target."""

import random

from tests.support.sql.agent import Agent
from tests.support.sql.inbox_rows import milliseconds

SINCE, UNTIL = milliseconds("2026-01-01 00:00:00"), milliseconds("2026-07-01 00:00:00")
SUMS = {
    "events": "count()",
    "activity": "sum(end_user_messages + agent_messages + actions + buttons)",
    "conversation_facts": "sum(sign)",
    "session_facts": "sum(sign)",
    "exchange_facts": "sum(sign)",
    "end_user_activity": "sum(sign)",
}


def fill(agent: Agent, seed: int, number: int) -> None:
    chance = random.Random(seed)
    for n in range(number):
        at, conversation = chance.randrange(SINCE, UNTIL), f"c{n % 20}"
        agent.message(conversation, at)
        agent.event(conversation, "action", at, call_name="search")
        agent.conversation(conversation, at)
        agent.session(conversation, at, at + n)
        agent.exchange(conversation, at)
        agent.wrote(conversation, at, "anna")


def total(agent: Agent, table: str, expression: str) -> int:
    query = f"SELECT {expression} FROM {table} WHERE agent_id = {{agent:String}}"
    return int(agent.client.query(query, parameters={"agent": agent.agent_id}).result_rows[0][0])


def sums(agent: Agent) -> dict[str, int]:
    return {table: total(agent, table, expression) for table, expression in SUMS.items()}


def test_a_repeated_token_is_exact_in_every_target_over_six_months(agent: Agent) -> None:
    for _ in range(3):
        fill(agent, 1, 200)
        agent.flush(f"{agent.agent_id}:0-199")
    assert sums(agent) == dict.fromkeys(SUMS, 200) | {"events": 400, "activity": 400}


def test_the_same_rows_with_another_token_are_other_rows(agent: Agent) -> None:
    for token in ("first", "second"):
        fill(agent, 2, 10)
        agent.flush(f"{agent.agent_id}:{token}")
    assert sums(agent)["events"] == 40


def test_an_older_token_is_remembered_after_later_flushes(agent: Agent) -> None:
    for flush in (0, 1, 2, 0, 1):
        fill(agent, flush, 10)
        agent.flush(f"{agent.agent_id}:{flush}")
    assert sums(agent)["events"] == 60
