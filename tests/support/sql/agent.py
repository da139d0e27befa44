"""An agent whose events and facts a test inserts, and whose metrics it reads."""

import json
from dataclasses import dataclass, field
from uuid import uuid4

from clickhouse_connect.driver.client import Client

from tests.support.sql.inbox_rows import UNKNOWN_ATTRIBUTES, Row, row, segments, text

INSERT_SETTINGS = {"deduplicate_blocks_in_dependent_materialized_views": 1, "async_insert": 0, "insert_deduplicate": 1}


@dataclass
class Agent:
    """Collect rows until `flush` inserts them as one block; times are milliseconds since 1970."""

    client: Client
    agent_id: str
    rows: list[Row] = field(default_factory=list)

    def event(self, conversation: str, type_: str, at: int, **columns: object) -> None:
        """Add an event of a type."""
        facts = {"type": type_, "occurred_at": text(at), "received_at": text(at), "event_id": str(uuid4()), **columns}
        self.rows.append(row("event", self.agent_id, conversation, at, facts))

    def message(self, conversation: str, at: int, sender: str = "end_user") -> None:
        """Add a message."""
        self.event(conversation, "message", at, sender=sender, content="hello")

    def conversation(self, conversation: str, engaged_at: int | None, **columns: object) -> None:
        """Add a conversation fact with sign +1; attributes that are not given are unknown."""
        facts = {**UNKNOWN_ATTRIBUTES, "engaged_at": text(engaged_at), "sign": 1, **columns}
        self.rows.append(row("conversation_fact", self.agent_id, conversation, engaged_at, facts))

    def session(self, conversation: str, started_at: int, last_at: int, **columns: object) -> None:
        """Add a fact of a session with two activities that was closed by an end, unless columns differ."""
        times = {"started_at": text(started_at), "last_activity_at": text(last_at), "closes_at": "1970-01-01 00:00:00"}
        facts: Row = {**times, "activities": 2, "sign": 1, **columns}
        self.rows.append(row("session_fact", self.agent_id, conversation, started_at, facts))

    def exchange(self, conversation: str, asked_at: int, **columns: object) -> None:
        """Add an exchange fact of a single question."""
        facts = {"asked_at": text(asked_at), "last_asked_at": text(asked_at), "sign": 1, **columns}
        self.rows.append(row("exchange_fact", self.agent_id, conversation, asked_at, facts))

    def wrote(self, conversation: str, at: int, customer: str, *, sign: int = 1) -> None:
        """Add activity: the customer of a conversation wrote a message in that quarter-hour."""
        facts = {"customer": customer, "sign": sign}
        self.rows.append(row("end_user_activity", self.agent_id, conversation, at, facts))

    def flush(self, token: str = "") -> None:
        """Insert the rows as one block with one deduplication token."""
        block = "\n".join(json.dumps(segment) for segment in segments(self.rows))
        settings = INSERT_SETTINGS | {"insert_deduplication_token": token or str(uuid4())}
        self.client.raw_insert("inbox", insert_block=block, settings=settings, fmt="JSONEachRow")
        self.rows.clear()

    def metric(self, view: str, since: int, until: int, time_zone: str = "UTC") -> list[dict[str, object]]:
        """Return the rows of a metric view."""
        parameters = {"agent": self.agent_id, "since": text(since), "until": text(until), "zone": time_zone}
        query = (
            f"SELECT * FROM {view}(agent_id = {{agent:String}}, environment = 'production', "
            "since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {zone:String})"
        )
        return list(self.client.query(query, parameters=parameters).named_results())

    def one(self, view: str, since: int, until: int, time_zone: str = "UTC") -> dict[str, object]:
        """Return the single row of a view of totals."""
        (only,) = self.metric(view, since, until, time_zone)
        return only

    def count(self, table: str) -> int:
        """Return the number of the agent's rows in a table."""
        query = f"SELECT count() FROM {table} WHERE agent_id = {{agent:String}}"
        return int(self.client.query(query, parameters={"agent": self.agent_id}).result_rows[0][0])
