"""People are erased while events flow: nothing of them remains or returns, and all other numbers are exact."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.stack import Stack
from stream_processors.kafka.records import DEAD_LETTER_HEADER, ORIGIN_HEADER
from tests.integration.test_audit_and_workers import HURRIED, cut_off, sending
from tests.oracle.events import ConversationKey
from tests.support.dashboard.api_client import running_api
from tests.support.kafka.topic_log import PlacedRecord
from tests.support.run_length import by_length
from tests.support.stack.audit_stack import run_command, start_command
from tests.support.stack.erasure_stack import ErasureStack, PlantedCustomer, conversation_of, event

# Their erasures are killed twice each.
PEOPLE = by_length(2, 6)

ADMIN = "an-admins-random-text"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ErasureStack]:
    """Run a worker that writes small flushes."""
    settings = StackSettings(data_directory=tmp_path_factory.mktemp("erase"))
    with Stack(settings, "embedded", worker_environment=HURRIED) as running:
        erased = ErasureStack(running, running.add_worker())
        erased.send(1, 60)
        yield erased


def assert_exact(live: ErasureStack) -> None:
    live.harness.drain()
    live.complete()
    assert live.wrong() == []
    audited = live.audit()
    assert audited.returncode == 0, audited.stdout


def test_customers_and_conversations_are_erased_exactly_while_events_flow(live: ErasureStack) -> None:
    with sending(live):
        for who in (("--customer", "zoe"), ("--customer", "bob"), ("--conversation", "chat-31")):
            live.erase(*who)
    assert any(live.conversations_of(customer) for customer in live.customers)
    live.repeat()
    assert_exact(live)


@pytest.fixture
def person(live: ErasureStack) -> PlantedCustomer:
    """Return a customer whose ids are stored in every kind of row."""
    person = PlantedCustomer(live.agent)
    live.delivered += live.harness.send(person.events)
    live.harness.send(person.refused)
    live.harness.drain()
    return person


def assert_gone(live: ErasureStack, person: PlantedCustomer) -> None:
    assert {each: live.places_of(each) for each in person.ids} == {each: [] for each in person.ids}


def test_an_erased_customer_is_removed_completely_and_does_not_return(
    live: ErasureStack, person: PlantedCustomer
) -> None:
    assert all(
        "events" in live.places_of(each) and "dead_letter_records" in live.places_of(each) for each in person.ids
    )
    assert live.is_on_disk(person.customer)
    dead_letters = live.count("dead_letter_records")
    assert live.erase("--customer", person.customer).conversations == len((person.first, person.second))
    assert dead_letters - live.count("dead_letter_records") == len(person.refused)
    assert_gone(live, person)
    assert not live.is_on_disk(person.customer)

    live.harness.send([*person.events, *person.refused])
    late = event(live.agent, person.first, sender="end_user", content=person.customer)
    live.harness.send([late])
    live.harness.drain()
    assert_gone(live, person)
    assert run_command(live.stack, "rebuild").returncode == 0
    live.read_again()
    assert_gone(live, person)
    live.audit("--repair")  # records that were read twice have two dead letters
    assert_exact(live)


def test_earlier_events_of_an_erased_customer_are_dropped_and_later_ones_are_new(
    live: ErasureStack, person: PlantedCustomer
) -> None:
    live.erase("--customer", person.customer)
    unnamed = event(live.agent, "spooled", sender="end_user", content="from a spool")
    live.delivered += live.harness.send([unnamed])
    live.harness.drain()
    naming = event(live.agent, "spooled", type="conversation_engaged", customer_id=person.customer)
    now = datetime.now(UTC).isoformat()
    following = event(live.agent, "anew", type="conversation_engaged", customer_id=person.customer, occurred_at=now)
    live.delivered += live.harness.send([naming, following])
    live.harness.drain()
    assert live.places_of("from a spool") == ["events"]
    assert live.audit("--repair").returncode == 0
    assert live.places_of("from a spool") == []
    assert "events" in live.places_of(person.customer)
    assert_exact(live)


def test_an_export_has_all_events_and_is_empty_after_an_erasure(
    live: ErasureStack, person: PlantedCustomer, tmp_path: Path
) -> None:
    who = ("--agent", live.agent, "--customer", person.customer)
    first, again, after = tmp_path / "first", tmp_path / "again", tmp_path / "after"
    assert run_command(live.stack, "export", *who, "--output", str(first)).returncode == 0
    assert run_command(live.stack, "export", *who, "--output", str(first)).returncode != 0
    assert run_command(live.stack, "export", *who, "--output", str(again)).returncode == 0
    assert first.stat().st_mode & 0o777 == 0o600
    assert first.read_bytes() == again.read_bytes()
    rows = [json.loads(line) for line in first.read_text().splitlines()]
    events = {each["row"]["event_id"]: each["row"] for each in rows if each["table"] == "events"}
    sent = {fields["event_id"]: fields for each in person.events if (fields := json.loads(each.value or b""))}
    assert {id_: row["content"] for id_, row in events.items()} == {
        id_: fields.get("content", "") for id_, fields in sent.items()
    }
    dead_letters = [each["row"] for each in rows if each["table"] == "dead_letter_records"]
    assert sorted(b64decode(each["raw_base64"]) for each in dead_letters) == sorted(
        each.value or b"" for each in person.refused
    )
    assert {"conversation_facts", "activity", "end_user_activity"} <= {each["table"] for each in rows}

    counted = run_command(live.stack, "erase", *who, "--dry-run")
    assert counted.returncode == 0
    assert "2 conversations" in counted.stdout
    assert "events" in live.places_of(person.customer)
    live.erase("--customer", person.customer)
    assert run_command(live.stack, "export", *who, "--output", str(after)).returncode == 0
    assert after.read_bytes() == b""


def test_a_replayed_dead_letter_restores_no_erased_person(live: ErasureStack, person: PlantedCustomer) -> None:
    live.erase("--conversation", person.second)
    live.erase("--customer", person.customer)
    assert run_command(live.stack, "dead-letters", "replay", "--wait", "3").returncode == 0
    for each in person.refused:  # as a replay that had been sent before
        placed = PlacedRecord(
            each, headers=((DEAD_LETTER_HEADER, b"agent-events:0:1:1"), (ORIGIN_HEADER, b"agent-events:0:1"))
        )
        live.harness.send([placed])
    live.harness.drain()
    assert_gone(live, person)


def test_an_interrupted_flush_is_replayed_without_the_erased_person(live: ErasureStack) -> None:
    live.sent.clear()
    cut_off(live)
    conversations = sorted(key[2] for key in last_conversations(live))
    for conversation in conversations[-3:]:
        live.erase("--conversation", conversation)
    live.stack.restart(live.harness.worker)
    assert_exact(live)


def test_an_erasure_that_is_killed_anywhere_is_repeated_to_the_same_end(live: ErasureStack) -> None:
    people = [PlantedCustomer(live.agent) for _ in range(PEOPLE)]
    live.delivered += live.harness.send([sent for person in people for sent in person.events])
    live.harness.drain()
    killed = 0
    with sending(live):
        for number, person in enumerate(people):
            killed += live.kill(0.5 * number, "--customer", person.customer)
            killed += live.kill(0.5 * number + 0.25, "--customer", person.customer)
            if number == PEOPLE // 2:
                live.stack.restart(live.harness.worker)
            live.erase("--customer", person.customer)
            assert_gone(live, person)
    assert killed >= PEOPLE
    assert_exact(live)


def test_a_worker_killed_during_an_erasure_restores_no_erased_person(
    live: ErasureStack, person: PlantedCustomer
) -> None:
    with (
        sending(live),
        start_command(live.stack, "erase", "--agent", live.agent, "--customer", person.customer) as command,
    ):
        while command.poll() is None:
            live.harness.worker.kill()
            live.stack.restart(live.harness.worker)
        assert command.wait() == 0
    live.note("--customer", person.customer)
    assert_gone(live, person)
    assert_exact(live)


def last_conversations(live: ErasureStack) -> set[ConversationKey]:
    """Return the conversations that were sent last."""
    last = live.delivered[-len(live.sent) :]
    return {
        key for each in last if (key := conversation_of(each)) is not None and key[:2] == (live.agent, "production")
    }


async def test_the_holder_of_the_admin_token_exports_and_erases_over_http(
    live: ErasureStack, person: PlantedCustomer
) -> None:
    url = live.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"]
    asked = {"agent": live.agent, "customer": person.customer}
    async with running_api(live.harness, dashboard_admin_token=ADMIN, clickhouse_url=url) as api:
        api.client.headers["Authorization"] = f"Bearer {ADMIN}"
        exported = await api.client.post("/api/admin/exports", json=asked)
        assert exported.status_code == 200
        assert len([line for line in exported.text.splitlines() if '"table":"events"' in line]) == len(person.events)
        counted = await api.client.post("/api/admin/erasures", json={**asked, "dry_run": True})
        assert "events" in live.places_of(person.customer)
        erased = await api.client.post("/api/admin/erasures", json=asked)
    assert counted.json()["conversations"] == erased.json()["conversations"] == len((person.first, person.second))
    assert {each["table"]: each["rows"] for each in erased.json()["tables"]}["events"] == len(person.events)
    live.note("--customer", person.customer)
    assert_gone(live, person)
