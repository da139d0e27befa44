"""Random sets of events as all kinds of producers send them: ties, duplicates, late and invalid ones, in any order.

A conversation follows a timeline. Some of its records are duplicated (unchanged, in another case, or with other
contents), invalid ones are inserted, and everything is put into an order of arrival.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tests.oracle.cases.records import BAD_RECORDS
from tests.oracle.records import Sent
from tests.support.strategies.bodies import body
from tests.support.strategies.choices import Choices, RandomChoices
from tests.support.strategies.pools import CONVERSATION_IDS
from tests.support.strategies.timelines import times

ENVIRONMENTS = ("production", "staging", None)


@dataclass(frozen=True, slots=True)
class Planned:
    """A record with its event's time, by which an orderly producer would send it."""

    sent: Sent
    at: int


def generate(
    seed: int, conversations: int, *, agent_ids: Sequence[str], now: int, events: int = 12, bad_percent: int = 4
) -> list[Sent]:
    """Return the records of that many conversations in order of arrival; the same arguments return the same records."""
    return choose_records(RandomChoices(seed), conversations, agent_ids, now, events, bad_percent)


def choose_records(
    choices: Choices, conversations: int, agent_ids: Sequence[str], now: int, events: int, bad_percent: int
) -> list[Sent]:
    """Return the records of that many conversations, by these choices."""
    planned: list[Planned] = []
    for number in range(conversations):
        conversation_id = CONVERSATION_IDS[number] if number < len(CONVERSATION_IDS) else f"chat-{number}"
        for agent_id in agent_ids if choices.chance(30) else [choices.one_of(agent_ids)]:
            planned += _conversation(choices, agent_id, conversation_id, now, choices.integer(1, events), bad_percent)
    return [each.sent for each in _arrival(choices, planned)]


def _conversation(
    choices: Choices, agent_id: str, conversation_id: str, now: int, events: int, bad_percent: int
) -> Iterator[Planned]:
    environment = choices.one_of(ENVIRONMENTS)
    for at in islice(times(choices, now), events):
        identity: dict[str, object] = {
            "event_id": str(uuid.UUID(int=choices.integer(0, 2**128 - 1))),
            "agent_id": agent_id,
            "environment": environment,
            "conversation_id": conversation_id,
        }
        for fields in _versions(choices, identity, at):
            yield Planned(Sent(agent_id, conversation_id, _json(fields)), at)
        if choices.chance(bad_percent):
            yield Planned(Sent(agent_id, conversation_id, _bad(choices, agent_id)), at)


def _versions(choices: Choices, identity: dict[str, object], at: int) -> Iterator[dict[str, object]]:
    first = identity | body(choices, at)
    yield first
    if choices.chance(15):
        yield first
    if choices.chance(6):
        yield first | {"event_id": str(identity["event_id"]).upper()}
    if choices.chance(5):
        yield identity | body(choices, at + choices.one_of((0, 1, 60_000)))


def _json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _bad(choices: Choices, agent_id: str) -> bytes | None:
    value = choices.one_of(BAD_RECORDS).value
    return None if value is None else value.replace(b'"AGENT"', json.dumps(agent_id).encode())


def _arrival(choices: Choices, planned: list[Planned]) -> list[Planned]:
    order = choices.integer(0, 3)
    if order == 0:
        return planned
    if order == 1:
        return choices.shuffled(planned)
    by_time = sorted(planned, key=lambda each: each.at, reverse=order == 3)
    late = {index for index in range(len(by_time)) if choices.chance(15)}
    return [by_time[index] for index in sorted(range(len(by_time)), key=lambda index: (index in late, index))]
