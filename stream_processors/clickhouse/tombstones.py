"""Tombstones: what was erased and must not come back, as hashes in the table `erasures`.

A conversation stays erased for ever: a late event, a second reading of the topic or a replayed dead letter of it is
dropped. A customer is erased up to a moment: what names the customer and happened or was received until then is of an
erased conversation, what follows in new conversations is new. A dead letter is known by its bytes.

Digests are SHA-256 without a key: a key that is lost would bring everybody back. Whoever may read the table and guesses
an id can confirm the guess, so the reader has no grant for it.
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

# As parameters they stand in an address, whose length is limited.
TOMBSTONES_AN_INSERT: Final = 200


def digest_of(*parts: str | bytes) -> bytes:
    """Return the SHA-256 of some texts; the length in bytes before each keeps them apart."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return sha256(b"".join(b"%d:%s" % (len(part), part) for part in encoded)).digest()


def digest_sql(*parts: str) -> str:
    """Return the SQL expression of `digest_of` for some expressions."""
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
    """Return the digest of a customer of an agent, whose id is trimmed."""
    return digest_of("customer", agent_id, environment, customer)


def key_digest(record_key: bytes) -> bytes:
    """Return the digest of the key of a record."""
    return digest_of("key", record_key)


def dead_letter_digest(key: bytes | None, value: bytes | None) -> bytes:
    """Return the digest of a record that is no event; a null counts as empty."""
    return digest_of("dead_letter", key or b"", value or b"")


@dataclass(slots=True)
class Tombstones:
    """All tombstones in memory; `customers` holds the moments up to which they are erased, in epoch milliseconds."""

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
        """Tell whether what names a customer, and happened or was received at a time, was erased with the customer."""
        if not self.customers:
            return False
        erased_at = self.customers.get(customer_digest(agent_id, environment, customer))
        return erased_at is not None and happened_at <= erased_at

    def add(self, key: ConversationKey) -> None:
        """Take a conversation that is erased from now on."""
        self.conversations.add(conversation_digest(key))
        self.record_keys.add(key_digest(key.record_key))


async def add_conversations(clickhouse: ClickHouse, keys: Iterable[ConversationKey]) -> None:
    """Write the tombstones of conversations."""
    tombstones = [(conversation_digest(key), conversation_hash(key), key_digest(key.record_key)) for key in keys]
    await _add(clickhouse, "conversation", tombstones)


async def add_customer(clickhouse: ClickHouse, agent_id: str, environment: str, customer: str) -> None:
    """Write that a customer is erased up to now."""
    await _add(clickhouse, "customer", [(customer_digest(agent_id, environment, customer), 0, NO_DIGEST)])


async def add_dead_letters(clickhouse: ClickHouse, digests: Iterable[bytes]) -> None:
    """Write the tombstones of dead letters, by the digests of their bytes."""
    await _add(clickhouse, "dead_letter", [(digest, 0, NO_DIGEST) for digest in digests])


async def _add(clickhouse: ClickHouse, kind: str, tombstones: list[tuple[bytes, int, bytes]]) -> None:
    for begin in range(0, len(tombstones), TOMBSTONES_AN_INSERT):
        digests, hashes, key_digests = zip(*tombstones[begin : begin + TOMBSTONES_AN_INSERT], strict=True)
        parameters = {
            "kind": kind,
            "digests": [each.hex() for each in digests],
            "hashes": [str(each) for each in hashes],
            "key_digests": [each.hex() for each in key_digests],
        }
        await clickhouse.command(ADD_SQL, parameters)
