"""The key of a conversation, and its 64-bit hash in ClickHouse."""

import hashlib
from sys import intern
from typing import NamedTuple


class ConversationKey(NamedTuple):
    """What makes a conversation one: its agent, its environment and its id."""

    agent_id: str
    environment: str
    conversation_id: str

    def interned(self) -> "ConversationKey":
        """Return the same key, which shares the names of agent and environment with all others."""
        return ConversationKey(intern(self.agent_id), intern(self.environment), self.conversation_id)

    @property
    def record_key(self) -> bytes:
        """The key of the conversation's records, which decides on their partition."""
        return f"{self.agent_id}/{self.conversation_id}".encode()


def conversation_hash(key: ConversationKey) -> int:
    """Return the 64-bit hash under which ClickHouse keeps a conversation; lengths keep the parts apart."""
    text = f"{len(key.agent_id)}:{key.agent_id}{len(key.environment)}:{key.environment}{key.conversation_id}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
