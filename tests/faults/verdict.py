"""The verdict on a round: everything that differs from the truth, a sentence each."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from tests.faults.log import Kept, Place
from tests.faults.site import Site
from tests.faults.truth import Truth, truth_of
from tests.oracle import COLUMNS
from tests.support.stack.harness import statement, wrong_rows
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions

QUESTIONS: Final = 4
SHOWN: Final = 5
_EVENTS_SQL: Final = "SELECT agent_id, environment, conversation_id, event_id FROM events"
_LETTERS_SQL: Final = (
    "SELECT partition, log_epoch, offset, hex(raw), has_value, hex(key),"
    " arrayMap(header -> (header.1, hex(header.2)), headers) AS headers FROM dead_letter_records"
    " WHERE topic = {topic:String}"
)

Letter = tuple[int, Place]


def verdict(site: Site, agents: Sequence[str], seed: int) -> tuple[Truth, list[str]]:
    """The truth, and what differs from it in events, dead letters, views and the audit."""
    truth = truth_of(site)
    wrong = [
        *_uncopied(truth),
        *_events(site, truth),
        *_dead_letters(site, truth),
        *_views(site, truth, agents, seed),
        *_audit(site),
    ]
    return truth, wrong


def _uncopied(truth: Truth) -> Iterator[str]:
    if truth.uncopied:
        yield f"forwarding: {len(truth.uncopied)} strays were never sent on: {truth.uncopied[:SHOWN]}"


def _events(site: Site, truth: Truth) -> Iterator[str]:
    stored = Counter(tuple(map(str, row)) for row in site.rows(_EVENTS_SQL))
    kept = {(*event.key, event.event_id) for event in truth.history.events}
    yield from _sets("events", kept, set(stored))
    doubled = [identity for identity, count in stored.items() if count > 1]
    if doubled:
        yield f"events: {len(doubled)} are there more than once: {doubled[:SHOWN]}"


def _dead_letters(site: Site, truth: Truth) -> Iterator[str]:
    stored: Counter[Letter] = Counter()
    for partition, epoch, offset, raw, has_value, key, headers in site.rows(_LETTERS_SQL, topic=site.topic):
        place = int(str(partition)), int(str(offset))
        letter = truth.epochs.get((place[0], int(str(epoch))), -1), place
        stored[letter] += 1
        sent = truth.dead_letters.get(letter)
        if sent is not None:
            kept = _letter_of(sent)
            if (raw, bool(has_value), key, headers) != kept:
                yield f"dead letters: {letter} holds {(raw, has_value, key, headers)} instead of {kept}"
    yield from _sets("dead letters", set(truth.dead_letters), set(stored))
    doubled = [letter for letter, count in stored.items() if count > 1]
    if doubled:
        yield f"dead letters: {len(doubled)} are there more than once: {doubled[:SHOWN]}"


def _letter_of(sent: Kept) -> tuple[str, bool, str, list[tuple[str, str]]]:
    headers = [(name, value.hex().upper()) for name, value in sent.headers]
    return (sent.value or b"").hex().upper(), sent.value is not None, (sent.key or b"").hex().upper(), headers


def _sets(what: str, wanted: Set[object], found: Set[object]) -> Iterator[str]:
    if missing := wanted - found:
        yield f"{what}: {len(missing)} of {len(wanted)} are missing: {list(missing)[:SHOWN]}"
    if surplus := found - wanted:
        yield f"{what}: {len(surplus)} should not be there: {list(surplus)[:SHOWN]}"


def _views(site: Site, truth: Truth, agents: Sequence[str], seed: int) -> Iterator[str]:
    client = clickhouse_connect.get_client(
        dsn=site.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"], autogenerate_session_id=False
    )
    with ThreadPoolExecutor(2) as threads:
        for agent in agents:
            moments = [event.at for event in truth.history.events if event.key[0] == agent]
            for asked in questions(RandomChoices(seed), (agent, "production"), moments, _now(client), QUESTIONS):
                question = replace(asked, now=_now(client))
                statements = [statement(name, question) for name in COLUMNS]
                answers = threads.map(lambda sql: [tuple(row) for row in client.query(sql).result_rows], statements)
                shown = dict(zip(COLUMNS, answers, strict=True))
                yield from (
                    f"view {wrong}" for wrong in wrong_rows(truth.history, question, shown, lambda: _now(client))
                )
    client.close()


def _now(client: Client) -> int:
    return int(str(client.query("SELECT toUnixTimestamp64Milli(now64(3))").result_rows[0][0]))


def _audit(site: Site) -> Iterator[str]:
    done = site.command("audit")
    if done.returncode:
        yield f"audit: exit code {done.returncode}\n{done.stdout}{done.stderr}"
