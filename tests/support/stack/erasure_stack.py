"""A stack with known events, the people that were erased, and what must remain."""

import asyncio
import json
import subprocess
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path

from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Stack
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.maintenance.erase import Receipt, erase, erase_pending
from stream_processors.maintenance.person import Person
from stream_processors.settings import WorkerSettings
from tests.oracle import History, Record, Sent, Settings
from tests.oracle.events import ConversationKey, Event
from tests.oracle.white_space import trim
from tests.support.stack.audit_stack import AuditStack, start_command
from tests.support.stack.harness import CITY
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions

# Release the leases of a killed command, which would expire after half a minute.
END_LEASES = """
INSERT INTO owners (topic, partition, owner_epoch, owner_id, layout, partitions, released)
SELECT topic, partition, latest.1, latest.2, latest.3, latest.4, 1
FROM (SELECT topic, partition, max((owner_epoch, owner_id, layout, partitions)) AS latest FROM owners GROUP BY ALL)
"""
TABLES = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
PARTS = "SELECT path FROM system.parts WHERE database = currentDatabase() AND active"
ERASED_AT = "SELECT toUnixTimestamp64Milli(max(erased_at)) FROM erasures WHERE kind = 'customer'"


class ErasureStack(AuditStack):
    """A stack in which people are erased."""

    def __init__(self, stack: Stack, worker: Process) -> None:
        super().__init__(stack, worker)
        self._rules = WorkerSettings().fold_rules
        self.conversations: set[ConversationKey] = set()
        self.customers: dict[str, int] = {}

    def erase(self, *who: str) -> Receipt:
        """Erase a person, as the command does, and record it."""
        option, name = who
        ids = (name, None) if option == "--customer" else (None, name)
        person = Person.named(self.agent, "production", *ids)
        receipt = asyncio.run(self._call(lambda clickhouse: erase(clickhouse, self._rules, person, "erase:test")))
        self.note(*who)
        return receipt

    def kill(self, seconds: float, *who: str) -> bool:
        """Kill the command this long after its first write; return whether that was before its end."""
        before = self.count("erasures")
        with start_command(self.stack, "erase", "--agent", self.agent, *who) as command:
            while command.poll() is None and self.count("erasures") == before:
                pass
            try:
                command.wait(seconds)
            except subprocess.TimeoutExpired:
                command.kill()
        self.writer.command(END_LEASES)
        return command.returncode != 0

    def complete(self) -> None:
        """Complete erasures with what workers found later."""
        asyncio.run(self._call(lambda clickhouse: erase_pending(clickhouse, self._rules, "erase:test")))

    async def _call(self, call: Callable[[ClickHouse], Coroutine[object, object, Receipt]]) -> Receipt:
        clickhouse = ClickHouse(self.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
        try:
            return await call(clickhouse)
        finally:
            clickhouse.close()

    def note(self, *who: str) -> None:
        """Record who was erased."""
        match who:
            case ("--customer", customer):
                self.customers[customer] = int(str(self.writer.command(ERASED_AT)))
            case ("--conversation", conversation):
                self.conversations.add((self.agent, "production", conversation))

    def wrong(self, settings: Settings | None = None) -> list[str]:
        """Return the differences between the views and the oracle over the remaining events."""
        known = History(self.remaining(), settings or Settings(), CITY.locate)
        moments = [event.at for event in known.events if event.key[:2] == (self.agent, "production")]
        asked = questions(RandomChoices(3), (self.agent, "production"), moments, self.harness.now(), 4)
        return self.harness.differences(known, asked)

    def remaining(self) -> list[Record]:
        """Return the records that no erasure covers."""
        erased = self.conversations | {each.key for each in History(self.delivered).events if self._is_erased(each)}
        return [record for record in self.delivered if conversation_of(record) not in erased]

    def conversations_of(self, customer: str) -> set[str]:
        """Return the delivered conversations of a customer."""
        return {
            event.key[2]
            for event in History(self.delivered).events
            if event.key[:2] == (self.agent, "production") and customer_of(event) == customer
        }

    def read_again(self) -> None:
        """Let the worker read the topic from its start, as if its position had been lost."""
        self.harness.worker.stop()
        self.writer.command("TRUNCATE TABLE ranges")
        self.stack.restart(self.harness.worker)
        self.harness.drain()

    def _is_erased(self, event: Event) -> bool:
        erased_at = self.customers.get(customer_of(event) or "", -1)
        return event.key[:2] == (self.agent, "production") and min(event.at, event.received_at) <= erased_at

    def places_of(self, needle: str) -> list[str]:
        """Return the tables in which any column of any row holds a text."""
        tables = [str(row[0]) for row in self.writer.query(TABLES).result_rows]
        where = "WHERE position(toString(tuple(*)), {needle:String}) > 0"
        return [
            table
            for table in tables
            if self.writer.query(f"SELECT count() FROM {table} {where}", {"needle": needle}).result_rows[0][0]
        ]

    def is_on_disk(self, needle: str) -> bool:
        """Return whether a file of an active part holds a text uncompressed."""
        parts = [Path(str(row[0])) for row in self.writer.query(PARTS).result_rows]
        files = (file for part in parts for file in part.rglob("*") if file.is_file())
        return any(needle.encode() in file.read_bytes() for file in files)


class PlantedCustomer:
    """A customer with two conversations, one of which starts anonymously, and invalid records."""

    def __init__(self, agent: str) -> None:
        self.ids = customer, first, second = [f"{name}-{uuid.uuid4().hex}" for name in ("cust", "a", "b")]
        self.customer, self.first, self.second = customer, first, second
        self.events = [
            event(agent, first, type="conversation_engaged", customer_id=f" {customer} ", metadata={"who": customer}),
            event(agent, first, sender="end_user", content=f"I am {customer}", extra_field=customer),
            event(agent, first, type="action", action_name="look_up", tools_used={"id": customer}, response=customer),
            event(agent, first, sender="agent", content="hello"),
            event(agent, second, sender="end_user", content=f"I am {customer}"),
            event(agent, second, type="conversation_visited", customer_id=customer, name=customer),
            event(agent, second, type="conversation_engaged", customer_id="somebody else"),
        ]
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in customer).encode()
        bodies = (
            b'{"agent_id": "%s", "customer_id": "%s"' % (agent.encode(), customer.encode()),
            b'{"customer_id": "' + escaped + b'", broken',
            b"\xff\xfe broken " + customer.encode("utf-16-le"),
            event(agent, first, type="unheard of").value,
            event(agent, "of nobody", type="unheard of", nested=[{"customer": customer}]).value,
        )
        self.refused = [Sent(agent, "no conversation", body) for body in bodies]
        self.refused += [Sent(agent, first, b"no JSON"), Sent(agent, second, None)]


def conversation_of(record: Record) -> ConversationKey | None:
    """Return the conversation that a record names."""
    try:
        fields = json.loads(record.value or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    agent_id, conversation_id = fields.get("agent_id"), fields.get("conversation_id")
    return (str(agent_id), str(fields.get("environment") or "production"), str(conversation_id))


def customer_of(event: Event) -> str | None:
    """Return the customer that an event names, whatever its type."""
    customer = event.fields.get("customer_id")
    return trim(customer) if isinstance(customer, str) else None


def event(agent_id: str, conversation_id: str, **fields: object) -> Sent:
    """Return a record of a conversation, by default of a message."""
    body = {
        "event_id": str(uuid.uuid4()),
        "type": "message",
        "agent_id": agent_id,
        "conversation_id": conversation_id,
        "occurred_at": "2026-10-05T10:00:00Z",
        **fields,
    }
    return Sent(agent_id, conversation_id, json.dumps(body).encode())
