"""Defines the key of a conversation (rule 11 of docs/metrics.md) and its 64-bit hash in ClickHouse."""

import hashlib
from sys import intern
from typing import NamedTuple


class ConversationKey(NamedTuple):
    """The identity of a conversation: its agent, its environment and its id."""

    agent_id: str
    environment: str
    conversation_id: str

    def interned(self) -> "ConversationKey":
        """Return the key with interned names, so that all keys share the memory of agent and environment."""
        return ConversationKey(intern(self.agent_id), intern(self.environment), self.conversation_id)

    @property
    def record_key(self) -> bytes:
        """The Kafka key of the conversation's records, which determines their partition."""
        return f"{self.agent_id}/{self.conversation_id}".encode()


def conversation_hash(key: ConversationKey) -> int:
    """Return the 64-bit hash that identifies a conversation in ClickHouse.

    The lengths separate the parts, so that different keys give different texts.
    """
    text = f"{len(key.agent_id)}:{key.agent_id}{len(key.environment)}:{key.environment}{key.conversation_id}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
