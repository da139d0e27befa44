"""The state of a partition: its active conversations, in memory as far as they fit, and the rest in ClickHouse.

ClickHouse is the store, memory is its cache. A conversation that is known but not cached is folded again from its
events; an unknown one is new. Conversations of flushes that have not landed stay, whatever their size: ClickHouse does
not have all of their events yet.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from stream_processors import metrics
from stream_processors.clickhouse import ClickHouse
from stream_processors.conversations import Conversation, ConversationKey, conversation_hash
from stream_processors.fold_rules import FoldRules
from stream_processors.known_conversations import KnownConversations
from stream_processors.patience import persist
from stream_processors.positions import LogPosition
from stream_processors.recall import recall

# Measured with tracemalloc: a folded conversation without its events, and an event with its id.
CONVERSATION_BYTES: Final = 1_000
EVENT_BYTES: Final = 250

KNOWN_SQL: Final = (
    "SELECT DISTINCT conversation_hash FROM conversation_facts"
    " WHERE kafkaMurmurHash(concat(agent_id, '/', conversation_id)) % {partitions:UInt32} = {partition:UInt32}"
)


class State:
    """The conversations of one partition."""

    def __init__(self, known: KnownConversations, rules: FoldRules, max_bytes: int) -> None:
        self._known = known
        self._rules = rules
        self._max_bytes = max_bytes
        self._conversations: dict[ConversationKey, Conversation] = {}  # least recently used first
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._conversations)

    @property
    def bytes(self) -> int:
        """About how much memory the cached conversations take."""
        return self._bytes

    @property
    def is_full(self) -> bool:
        """Whether the cached conversations take more memory than they are meant to."""
        return self._bytes > self._max_bytes

    def missing(self, keys: Iterable[ConversationKey]) -> list[ConversationKey]:
        """Return the conversations that are not in memory; those that are count as used just now."""
        conversations, absent = self._conversations, []
        for key in keys:
            conversation = conversations.pop(key, None)
            if conversation is None:
                absent.append(key)
            else:
                conversations[key] = conversation
        return absent

    async def admit(self, absent: list[ConversationKey], clickhouse: ClickHouse, before: LogPosition) -> None:
        """Bring conversations into memory: known ones from ClickHouse, as they were before a position; others anew."""
        hashes = {key: conversation_hash(key) for key in absent}
        known = self._known.among(list(hashes.values()))
        metrics.CACHE_MISSES.inc(len(known))
        call = partial(recall, clickhouse, known, before, self._rules)
        events = await persist("fold known conversations again", call, before.partition)
        for key in absent:
            conversation = Conversation(self._rules.session_gap_ms, events.get(key, ()), hashes[key])
            self._conversations[key.interned()] = conversation
            self._bytes += _bytes_of(conversation)
        self._known.add(hashes.values())

    def get(self, key: ConversationKey) -> Conversation:
        """Return a conversation that is in memory."""
        return self._conversations[key]

    def hash_of(self, key: ConversationKey) -> int:
        """Return the hash of a conversation that is in memory."""
        return self._conversations[key].hash

    def count_events(self, events: int) -> None:
        """Take note of events that conversations in memory have absorbed."""
        self._bytes += EVENT_BYTES * events

    def shrink(self) -> int:
        """Let go of the conversations that were not used for longest until the rest fits; return how many left.

        Only to be called when everything in memory has landed.
        """
        left = 0
        while self.is_full and self._conversations:
            key = next(iter(self._conversations))
            conversation = self._conversations.pop(key)
            self._bytes -= _bytes_of(conversation)
            left += 1
        return left


def _bytes_of(conversation: Conversation) -> int:
    return CONVERSATION_BYTES + EVENT_BYTES * len(conversation)


async def load_state(
    clickhouse: ClickHouse, partition: int, partitions: int, rules: FoldRules, max_bytes: int
) -> State:
    """Return the state of a partition with nothing in memory, but all of its conversations known."""
    parameters = {"partition": partition, "partitions": partitions}
    hashes = await clickhouse.column(KNOWN_SQL, parameters)
    return State(KnownConversations(hashes), rules, max_bytes)
