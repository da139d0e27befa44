"""Compare ClickHouse with the expected state after a round; each difference is one sentence."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from tests.faults.expected_state import ExpectedState, compute_expected_state
from tests.faults.fault_stack import FaultStack
from tests.faults.log import RecordPosition, StoredRecord
from tests.oracle import COLUMNS
from tests.support.stack.harness import statement, wrong_rows
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions

QUESTIONS: Final = 4
SHOWN: Final = 5
_EVENTS_SQL: Final = "SELECT agent_id, environment, conversation_id, event_id FROM events"
_DEAD_LETTERS_SQL: Final = (
    "SELECT partition, log_epoch, offset, hex(raw), has_value, hex(key),"
    " arrayMap(header -> (header.1, hex(header.2)), headers) AS headers FROM dead_letter_records"
    " WHERE topic = {topic:String}"
)

DeadLetterPosition = tuple[int, RecordPosition]


def compare_with_expected(stack: FaultStack, agents: Sequence[str], seed: int) -> tuple[ExpectedState, list[str]]:
    """Return the expected state, and the differences in events, dead letters, views and the audit."""
    expected = compute_expected_state(stack)
    wrong = [
        *_not_rerouted(expected),
        *_events(stack, expected),
        *_dead_letters(stack, expected),
        *_views(stack, expected, agents, seed),
        *_audit(stack),
    ]
    return expected, wrong


def _not_rerouted(expected: ExpectedState) -> Iterator[str]:
    if expected.not_rerouted:
        missing = expected.not_rerouted
        yield f"rerouting: {len(missing)} records never reached their partition: {missing[:SHOWN]}"


def _events(stack: FaultStack, expected: ExpectedState) -> Iterator[str]:
    stored = Counter(tuple(map(str, row)) for row in stack.rows(_EVENTS_SQL))
    kept = {(*event.key, event.event_id) for event in expected.history.events}
    yield from _compare_sets("events", kept, set(stored))
    duplicated = [identity for identity, count in stored.items() if count > 1]
    if duplicated:
        yield f"events: {len(duplicated)} are duplicated: {duplicated[:SHOWN]}"


def _dead_letters(stack: FaultStack, expected: ExpectedState) -> Iterator[str]:
    stored: Counter[DeadLetterPosition] = Counter()
    for partition, epoch, offset, raw, has_value, key, headers in stack.rows(_DEAD_LETTERS_SQL, topic=stack.topic):
        place = int(str(partition)), int(str(offset))
        letter = expected.epochs.get((place[0], int(str(epoch))), -1), place
        stored[letter] += 1
        sent = expected.dead_letters.get(letter)
        if sent is not None:
            kept = _stored_form(sent)
            if (raw, bool(has_value), key, headers) != kept:
                yield f"dead letters: {letter} holds {(raw, has_value, key, headers)} instead of {kept}"
    yield from _compare_sets("dead letters", set(expected.dead_letters), set(stored))
    duplicated = [letter for letter, count in stored.items() if count > 1]
    if duplicated:
        yield f"dead letters: {len(duplicated)} are duplicated: {duplicated[:SHOWN]}"


def _stored_form(sent: StoredRecord) -> tuple[str, bool, str, list[tuple[str, str]]]:
    headers = [(name, value.hex().upper()) for name, value in sent.headers]
    return (sent.value or b"").hex().upper(), sent.value is not None, (sent.key or b"").hex().upper(), headers


def _compare_sets(what: str, wanted: Set[object], found: Set[object]) -> Iterator[str]:
    if missing := wanted - found:
        yield f"{what}: {len(missing)} of {len(wanted)} are missing: {list(missing)[:SHOWN]}"
    if unexpected := found - wanted:
        yield f"{what}: {len(unexpected)} are unexpected: {list(unexpected)[:SHOWN]}"


def _views(stack: FaultStack, expected: ExpectedState, agents: Sequence[str], seed: int) -> Iterator[str]:
    client = clickhouse_connect.get_client(
        dsn=stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"], autogenerate_session_id=False
    )
    with ThreadPoolExecutor(2) as threads:
        for agent in agents:
            moments = [event.at for event in expected.history.events if event.key[0] == agent]
            for asked in questions(RandomChoices(seed), (agent, "production"), moments, _now(client), QUESTIONS):
                question = replace(asked, now=_now(client))
                statements = [statement(name, question) for name in COLUMNS]
                answers = threads.map(lambda sql: [tuple(row) for row in client.query(sql).result_rows], statements)
                shown = dict(zip(COLUMNS, answers, strict=True))
                yield from (
                    f"view {wrong}" for wrong in wrong_rows(expected.history, question, shown, lambda: _now(client))
                )
    client.close()


def _now(client: Client) -> int:
    return int(str(client.query("SELECT toUnixTimestamp64Milli(now64(3))").result_rows[0][0]))


def _audit(stack: FaultStack) -> Iterator[str]:
    done = stack.command("audit")
    if done.returncode:
        yield f"audit: exit code {done.returncode}\n{done.stdout}{done.stderr}"
