"""The conversations of one partition: the active ones in memory, the others in ClickHouse.

ClickHouse is the store, memory is its cache. A conversation that exists but is not cached is folded again from its
events; any other is new. The most recently used conversations are kept expanded, ready for more events. All others are
compact (`CompactConversation`). Conversations of unwritten flushes stay cached, whatever their size, because ClickHouse
does not have all of their events yet.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sized
from functools import partial
from typing import Final

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.tombstones import Tombstones
from stream_processors.conversations.compact import CompactConversation
from stream_processors.conversations.conversation import ConversationState
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.conversations.rules import FoldRules
from stream_processors.kafka.records import LogPosition
from stream_processors.retries import retry_forever
from stream_processors.state.loader import ConversationIndex, load_events

# Measured with tracemalloc: a folded conversation without its events, an event with its id, and both when compact.
CONVERSATION_BYTES: Final = 1_000
EVENT_BYTES: Final = 250
COMPACT_BYTES: Final = 750
COMPACT_EVENT_BYTES: Final = 50

# Each late event folds all events of its conversation again, so their number is bounded.
MAX_EVENTS: Final = 1_000_000

# The reason code of events beyond MAX_EVENTS; `decode.REASON_CODES` has all others.
FULL_CODE: Final = "conversation_full"

# How far the conversations of an unwritten flush may exceed the memory budget.
SPILL_MARGIN_BYTES: Final = 64 * 1024**2

# The share of the memory budget for expanded conversations.
EXPANDED_SHARE: Final = 0.25

HASHES_SQL: Final = (
    "SELECT DISTINCT conversation_hash FROM conversation_facts"
    " WHERE kafkaMurmurHash(concat(agent_id, '/', conversation_id)) % {partitions:UInt32} = {partition:UInt32}"
)


class State:
    """The conversations of one partition."""

    def __init__(
        self, index: ConversationIndex, rules: FoldRules, max_bytes: int, tombstones: Tombstones | None = None
    ) -> None:
        self.tombstones = tombstones or Tombstones()
        self.max_events = MAX_EVENTS
        self._index = index
        self._rules = rules
        self._max_bytes = max_bytes
        # Least recently used first; every compact conversation was used before all expanded ones.
        self._expanded: dict[ConversationKey, ConversationState] = {}
        self._compact: dict[ConversationKey, CompactConversation] = {}
        self._expanded_bytes = self._compact_bytes = 0
        self._has_spilled = False
        self._flush: frozenset[ConversationKey] = frozenset()
        self._unwritten: frozenset[ConversationKey] = frozenset()

    def __len__(self) -> int:
        return len(self._expanded) + len(self._compact)

    @property
    def bytes(self) -> int:
        """The approximate memory of the cached conversations."""
        return self._expanded_bytes + self._compact_bytes

    @property
    def over_budget(self) -> bool:
        """Whether the cached conversations exceed the memory budget, or some were evicted to stay near it."""
        return self._has_spilled or self.bytes > self._max_bytes

    def size(self, keys: Iterable[ConversationKey]) -> int:
        """Return the number of cached events of some conversations."""
        expanded, compact = self._expanded, self._compact
        return sum([len(expanded.get(key) or compact.get(key) or ()) for key in keys])

    def absent(self, keys: Iterable[ConversationKey]) -> list[ConversationKey]:
        """Return the conversations that are not cached."""
        return [key for key in keys if key not in self._expanded and key not in self._compact]

    def touch_cached(self, keys: Iterable[ConversationKey]) -> list[ConversationKey]:
        """Mark cached conversations as just used and expand them; return those that are not cached."""
        expanded, absent = self._expanded, []
        for key in keys:
            conversation = expanded.pop(key, None)
            if conversation is not None:
                expanded[key] = conversation
            elif not self._expand(key):
                absent.append(key)
        return absent

    async def load(
        self, absent: list[ConversationKey], clickhouse: ClickHouse, before: LogPosition, most: int | None = None
    ) -> None:
        """Cache conversations: existing ones from ClickHouse, as they were before a position, others as new.

        Raises TooManyEvents, without an effect, when they have more than `most` events.
        """
        hashes = {key: conversation_hash(key) for key in absent}
        existing = self._index.existing(list(hashes.values()))
        metrics.CACHE_MISSES.inc(len(existing))
        call = partial(load_events, clickhouse, existing, before, self._rules, most)
        events = await retry_forever("load events of existing conversations", call, before.partition)
        for key in absent:
            conversation = ConversationState(self._rules.session_gap_ms, events.get(key, ()), hashes[key])
            self._expanded[key.interned()] = conversation
            self._expanded_bytes += _expanded_bytes(conversation)
        self._index.add(hashes.values())

    def get(self, key: ConversationKey) -> ConversationState:
        """Return an expanded conversation."""
        return self._expanded[key]

    def hash_of(self, key: ConversationKey) -> int:
        """Return the hash of an expanded conversation."""
        return self._expanded[key].hash

    def count_events(self, events: int) -> None:
        """Count events that expanded conversations have absorbed."""
        self._expanded_bytes += EVENT_BYTES * events

    def compact_idle(self) -> None:
        """Compact the least recently used conversations until the expanded ones fit into their share."""
        # The most recent one stays: a long conversation would be folded again for each flush.
        while len(self._expanded) > 1 and self._expanded_bytes > self._max_bytes * EXPANDED_SHARE:
            key = next(iter(self._expanded))
            conversation = self._expanded.pop(key)
            self._expanded_bytes -= _expanded_bytes(conversation)
            compact = self._compact[key] = CompactConversation(conversation)
            self._compact_bytes += _compact_bytes(compact)

    def evict(self) -> int:
        """Evict the least recently used conversations until the others fit; return the number of evictions.

        Call it only when all flushes are written.
        """
        before = len(self)
        self._has_spilled = False
        self._flush = frozenset()
        self._evict_except(frozenset())
        return before - len(self)

    def begin_flush(self, keys: Iterable[ConversationKey]) -> None:
        """Remember the conversations of a flush. Of earlier flushes, only the previous one may be unwritten."""
        self._unwritten, self._flush = self._flush, frozenset(keys)

    def spill(self) -> None:
        """Evict conversations of the flush that was just folded if memory exceeds the margin; sets `over_budget`.

        The next flush may be prepared only after this one is written and `evict` was called. Conversations of the
        previous flush stay: the current flush may still need them, and ClickHouse may not have all of their events.
        """
        if self.bytes > self._max_bytes + SPILL_MARGIN_BYTES:
            self._has_spilled = True
            self._evict_except(self._unwritten)

    def _evict_except(self, kept: frozenset[ConversationKey]) -> None:
        """Evict conversations, compact and least recently used ones first, until the others fit."""
        compact = _oldest(self._compact, self.bytes - self._max_bytes, kept, _compact_bytes)
        for key in compact:
            self._compact_bytes -= _compact_bytes(self._compact.pop(key))
        expanded = _oldest(self._expanded, self.bytes - self._max_bytes, kept, _expanded_bytes)
        for key in expanded:
            self._expanded_bytes -= _expanded_bytes(self._expanded.pop(key))

    def _expand(self, key: ConversationKey) -> bool:
        """Expand a conversation that is compact; tell whether it was."""
        compact = self._compact.pop(key, None)
        if compact is None:
            return False
        self._compact_bytes -= _compact_bytes(compact)
        conversation = self._expanded[key.interned()] = compact.expand(self._rules.session_gap_ms)
        self._expanded_bytes += _expanded_bytes(conversation)
        return True


def _oldest(
    cached: Mapping[ConversationKey, Sized], excess: int, kept: Container[ConversationKey], size: Callable[[Sized], int]
) -> list[ConversationKey]:
    """Return the first conversations that together free at least `excess` bytes, as far as there are enough."""
    keys = []
    for key, conversation in cached.items():
        if excess <= 0:
            break
        if key not in kept:
            excess -= size(conversation)
            keys.append(key)
    return keys


def _expanded_bytes(conversation: Sized) -> int:
    return CONVERSATION_BYTES + EVENT_BYTES * len(conversation)


def _compact_bytes(conversation: Sized) -> int:
    return COMPACT_BYTES + COMPACT_EVENT_BYTES * len(conversation)


async def load_state(
    clickhouse: ClickHouse, partition: int, partitions: int, rules: FoldRules, max_bytes: int
) -> State:
    """Return the state of a partition: its index and tombstones, with no conversation cached.

    Claim the partition first. An erasure claims it too, so a later flush has read the tombstones of the erasure.
    """
    parameters = {"partition": partition, "partitions": partitions}
    hashes = await clickhouse.column(HASHES_SQL, parameters)
    return State(ConversationIndex(hashes), rules, max_bytes, await Tombstones.load(clickhouse))
