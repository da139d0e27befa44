"""Tombstones: hashes of what was erased and must not come back, in the table `erasures`.

A conversation stays erased for ever: late events, re-read records and replayed dead letters of it are dropped. A
customer is erased up to a moment. Conversations that name the customer in an event from before that moment, by time or
receipt, are erased; later conversations are new. A dead letter is identified by its bytes.

Digests are SHA-256 without a key, because the loss of a key would bring everything back. A reader of the table could
confirm a guessed id, so the database user for readers has no grant for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.conversations.key import ConversationKey, conversation_hash

LOAD_SQL: Final = (
    "SELECT kind, hex(digest) AS digest, hex(key_digest) AS key_digest,"
    " max(toUnixTimestamp64Milli(erased_at)) AS erased_at FROM erasures GROUP BY kind, digest, key_digest"
)
ADD_SQL: Final = (
    "INSERT INTO erasures (kind, digest, conversation_hash, key_digest) SELECT {kind:String}, unhex(tombstone.1),"
    " toUInt64(tombstone.2), unhex(tombstone.3) FROM (SELECT arrayJoin(arrayZip({digests:Array(String)},"
    " {hashes:Array(String)}, {key_digests:Array(String)})) AS tombstone)"
)
NO_DIGEST: Final = bytes(32)

# Parameters are part of the URL, whose length is limited.
TOMBSTONES_PER_INSERT: Final = 200


def digest_of(*parts: str | bytes) -> bytes:
    """Return the SHA-256 of texts, each preceded by its length in bytes as a separator."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return sha256(b"".join(b"%d:%s" % (len(part), part) for part in encoded)).digest()


def digest_sql(*parts: str) -> str:
    """Return the SQL expression that computes `digest_of` of some expressions."""
    return f"SHA256(concat({', '.join(f'toString(length({part})), {COLON}, {part}' for part in parts)}))"


COLON: Final = "':'"
CONVERSATION_SQL: Final = digest_sql("'conversation'", "agent_id", "environment", "conversation_id")
RECORD_KEY_SQL: Final = digest_sql("'key'", "concat(agent_id, '/', conversation_id)")
CUSTOMER_SQL: Final = digest_sql("'customer'", "agent_id", "environment", "customer")
DEAD_LETTER_SQL: Final = digest_sql("'dead_letter'", "key", "raw")
KEY_SQL: Final = digest_sql("'key'", "key")


def conversation_digest(key: ConversationKey) -> bytes:
    """Return the digest of a conversation."""
    return digest_of("conversation", *key)


def customer_digest(agent_id: str, environment: str, customer: str) -> bytes:
    """Return the digest of a customer of an agent; the id is trimmed."""
    return digest_of("customer", agent_id, environment, customer)


def key_digest(record_key: bytes) -> bytes:
    """Return the digest of a record key."""
    return digest_of("key", record_key)


def dead_letter_digest(key: bytes | None, value: bytes | None) -> bytes:
    """Return the digest of a refused record; a null counts as empty."""
    return digest_of("dead_letter", key or b"", value or b"")


@dataclass(slots=True)
class Tombstones:
    """All tombstones in memory; `customers` has the time up to which each is erased, in epoch milliseconds."""

    conversations: set[bytes] = field(default_factory=set)
    record_keys: set[bytes] = field(default_factory=set)
    dead_letters: set[bytes] = field(default_factory=set)
    customers: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    async def load(cls, clickhouse: ClickHouse) -> Self:
        """Return the tombstones of now."""
        loaded = cls()
        for row in await clickhouse.rows(LOAD_SQL):
            digest = bytes.fromhex(row["digest"])
            match row["kind"]:
                case "conversation":
                    loaded.conversations.add(digest)
                    loaded.record_keys.add(bytes.fromhex(row["key_digest"]))
                case "customer":
                    loaded.customers[digest] = row["erased_at"]
                case "dead_letter":
                    loaded.dead_letters.add(digest)
        return loaded

    def __bool__(self) -> bool:
        return bool(self.conversations or self.customers or self.dead_letters)

    def covers(self, key: ConversationKey) -> bool:
        """Tell whether a conversation was erased."""
        return bool(self.conversations) and conversation_digest(key) in self.conversations

    def covers_customer(self, agent_id: str, environment: str, customer: str, happened_at: int) -> bool:
        """Tell whether an event that names a customer, with a time or time of receipt, was erased with the customer."""
        if not self.customers:
            return False
        erased_at = self.customers.get(customer_digest(agent_id, environment, customer))
        return erased_at is not None and happened_at <= erased_at

    def add(self, key: ConversationKey) -> None:
        """Add a conversation that is erased from now on."""
        self.conversations.add(conversation_digest(key))
        self.record_keys.add(key_digest(key.record_key))


async def add_conversations(clickhouse: ClickHouse, keys: Iterable[ConversationKey]) -> None:
    """Write the tombstones of conversations."""
    tombstones = [(conversation_digest(key), conversation_hash(key), key_digest(key.record_key)) for key in keys]
    await _add(clickhouse, "conversation", tombstones)


async def add_customer(clickhouse: ClickHouse, agent_id: str, environment: str, customer: str) -> None:
    """Write the tombstone of a customer, who is erased up to now."""
    await _add(clickhouse, "customer", [(customer_digest(agent_id, environment, customer), 0, NO_DIGEST)])


async def add_dead_letters(clickhouse: ClickHouse, digests: Iterable[bytes]) -> None:
    """Write the tombstones of dead letters, by the digests of their bytes."""
    await _add(clickhouse, "dead_letter", [(digest, 0, NO_DIGEST) for digest in digests])


async def _add(clickhouse: ClickHouse, kind: str, tombstones: list[tuple[bytes, int, bytes]]) -> None:
    for begin in range(0, len(tombstones), TOMBSTONES_PER_INSERT):
        digests, hashes, key_digests = zip(*tombstones[begin : begin + TOMBSTONES_PER_INSERT], strict=True)
        parameters = {
            "kind": kind,
            "digests": [digest.hex() for digest in digests],
            "hashes": [str(hash_) for hash_ in hashes],
            "key_digests": [digest.hex() for digest in key_digests],
        }
        await clickhouse.command(ADD_SQL, parameters)
