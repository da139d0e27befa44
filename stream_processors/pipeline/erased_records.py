"""Drop the records of a person who was erased: late events, records that are read again, and replays.

Dropped records are acknowledged and counted; they are not dead letters. A conversation that turns out to be one of an
erased customer gets a tombstone of its own before anything else of the batch is written. Later events need not name the
customer and are dropped by that tombstone. The next `audit --repair` or `erase` removes what earlier batches stored.
"""

from functools import partial

import orjson

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.tombstones import (
    Tombstones,
    add_conversations,
    dead_letter_digest,
    key_digest,
)
from stream_processors.conversations.events import Profile
from stream_processors.conversations.key import ConversationKey
from stream_processors.enrichment.profiles import known_customer
from stream_processors.kafka.records import DeadLetter
from stream_processors.pipeline.batch import FlushBatch
from stream_processors.retries import retry_forever

DEFAULT_ENVIRONMENT = "production"


async def drop_erased(batch: FlushBatch, tombstones: Tombstones, clickhouse: ClickHouse, partition: int) -> None:
    """Drop events and dead letters of a batch that tombstones cover."""
    if not tombstones:
        return
    if named := conversations_of_erased_customers(batch, tombstones):
        call = partial(add_conversations, clickhouse, named)
        await retry_forever("write the tombstones of conversations", call, partition)
        for key in named:
            tombstones.add(key)
    erased = [key for key in batch.conversations if tombstones.covers(key)]
    events = sum(len(batch.conversations.pop(key)) for key in erased)
    kept = [dead_letter for dead_letter in batch.dead_letters if not is_covered(tombstones, dead_letter)]
    metrics.ERASED.inc(events + len(batch.dead_letters) - len(kept))
    batch.dead_letters = kept


def conversations_of_erased_customers(batch: FlushBatch, tombstones: Tombstones) -> list[ConversationKey]:
    """Return the conversations in which an event names a customer who was erased after it had happened."""
    if not tombstones.customers:
        return []
    named: dict[ConversationKey, None] = {}
    for events in (part.events for part in batch.parts):
        for key, event, received_at, extra in zip(
            events.keys, events.fold_events, events.received_at, events.extra, strict=True
        ):
            customer = event.detail.customer if isinstance(event.detail, Profile) else customer_in(extra)
            happened_at = min(event.occurred_at, received_at)
            if customer and tombstones.covers_customer(key.agent_id, key.environment, customer, happened_at):
                named[key] = None
    return [key for key in named if not tombstones.covers(key)]


def customer_in(extra: str | None) -> str | None:
    """Return the customer that the extra fields of an event name."""
    if not extra or "customer_id" not in extra:
        return None
    customer = fields_of(extra.encode()).get("customer_id")
    return known_customer(customer) if isinstance(customer, str) else None


def is_covered(tombstones: Tombstones, dead_letter: DeadLetter) -> bool:
    """Tell whether a dead letter was erased."""
    record, kept = dead_letter.record, dead_letter.kept
    if kept.storage == "full" and dead_letter_digest(kept.key, kept.value) in tombstones.dead_letters:
        return True  # its bytes are stored with addresses truncated or texts redacted, and so they were erased
    return covers_refused(tombstones, record.key, record.value, dead_letter.received_at)


def covers_refused(tombstones: Tombstones, key: bytes | None, value: bytes | None, received_at: int) -> bool:
    """Tell whether a refused record was erased, by its bytes, or by the conversation or the customer that it names."""
    if dead_letter_digest(key, value) in tombstones.dead_letters:
        return True
    fields = fields_of(value)
    environment, agent_id = environment_of(fields), fields.get("agent_id")
    if isinstance(agent_id, str) and environment is not None:
        customer = known_customer(str(fields.get("customer_id") or ""))
        if customer and tombstones.covers_customer(agent_id, environment, customer, received_at):
            return True
    conversations = _keys_of(fields, key)
    if environment is None:
        return any(key_digest(conversation.record_key) in tombstones.record_keys for conversation in conversations)
    return any(tombstones.covers(conversation._replace(environment=environment)) for conversation in conversations)


def _keys_of(fields: dict[str, object], key: bytes | None) -> list[ConversationKey]:
    """Return the conversations, without environment, that a refused record may be of, by its body or else its key."""
    agent_id, conversation_id = fields.get("agent_id"), fields.get("conversation_id")
    if isinstance(agent_id, str) and isinstance(conversation_id, str | int):
        return [ConversationKey(agent_id, "", str(conversation_id))]
    parts = (key or b"").decode(errors="replace").split("/")
    splits = range(1, len(parts))  # an agent or a conversation may have a slash in its name
    return [ConversationKey("/".join(parts[:index]), "", "/".join(parts[index:])) for index in splits]


def environment_of(fields: dict[str, object]) -> str | None:
    """Return the environment of a refused record, None when its body does not tell."""
    environment = fields.get("environment")
    if environment is None:
        return DEFAULT_ENVIRONMENT if fields else None
    return environment if isinstance(environment, str) and environment.strip() else None


def fields_of(value: bytes | None) -> dict[str, object]:
    """Return the fields of the JSON object that a record's value holds; none when it holds no object."""
    try:
        fields: object = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) else {}
