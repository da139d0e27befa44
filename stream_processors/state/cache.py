"""The state of a partition: its active conversations, in memory as far as they fit, and the rest in ClickHouse.

ClickHouse is the store, memory is its cache. A conversation that is known but not cached is folded again from its
events; an unknown one is new. In memory, those used last are ready for more events; all others are compact
(`CompactConversation`).
Conversations of flushes that have not landed stay, whatever their size: ClickHouse does not have all of their events
yet.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from stream_processors import metrics
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.tombstones import Tombstones
from stream_processors.conversations.compact import CompactConversation
from stream_processors.conversations.conversation import Conversation
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.conversations.rules import FoldRules
from stream_processors.kafka.records import LogPosition
from stream_processors.retries import retry_forever
from stream_processors.state.index import ConversationIndex
from stream_processors.state.loader import recall

# Measured with tracemalloc: a folded conversation without its events, and an event with its id; the same at rest.
CONVERSATION_BYTES: Final = 1_000
EVENT_BYTES: Final = 250
RESTING_BYTES: Final = 750
RESTING_EVENT_BYTES: Final = 50

# A conversation has no more: each late event folds all of them again.
MAX_EVENTS: Final = 1_000_000

# The reason code of events beyond; all others are of `decode.REASON_CODES`.
FULL_CODE: Final = "conversation_full"

# So much more than they are meant to the conversations of a flush may take until it has landed.
SPARE_BYTES: Final = 64 * 1024**2

# The share of the memory for conversations that is meant for those that are awake.
AWAKE: Final = 0.25

KNOWN_SQL: Final = (
    "SELECT DISTINCT conversation_hash FROM conversation_facts"
    " WHERE kafkaMurmurHash(concat(agent_id, '/', conversation_id)) % {partitions:UInt32} = {partition:UInt32}"
)


class State:
    """The conversations of one partition."""

    def __init__(
        self, known: ConversationIndex, rules: FoldRules, max_bytes: int, tombstones: Tombstones | None = None
    ) -> None:
        self.tombstones = tombstones or Tombstones()
        self.max_events = MAX_EVENTS
        self._known = known
        self._rules = rules
        self._max_bytes = max_bytes
        # Least recently used first; whatever rests was not used for longer than what is awake.
        self._awake: dict[ConversationKey, Conversation] = {}
        self._resting: dict[ConversationKey, CompactConversation] = {}
        self._awake_bytes = self._resting_bytes = 0
        self._has_spilled = False
        self._flush: frozenset[ConversationKey] = frozenset()
        self._under_way: frozenset[ConversationKey] = frozenset()

    def __len__(self) -> int:
        return len(self._awake) + len(self._resting)

    @property
    def bytes(self) -> int:
        """About how much memory the cached conversations take."""
        return self._awake_bytes + self._resting_bytes

    @property
    def is_full(self) -> bool:
        """Whether the cached conversations take more memory than they are meant to, or some had to leave."""
        return self._has_spilled or self.bytes > self._max_bytes

    def size(self, keys: Iterable[ConversationKey]) -> int:
        """Return how many events conversations have in memory, which is none of those that are not there."""
        awake, resting = self._awake, self._resting
        return sum([len(awake.get(key) or resting.get(key) or ()) for key in keys])

    def absent(self, keys: Iterable[ConversationKey]) -> list[ConversationKey]:
        """Return the conversations that are not in memory."""
        return [key for key in keys if key not in self._awake and key not in self._resting]

    def missing(self, keys: Iterable[ConversationKey]) -> list[ConversationKey]:
        """Return the conversations that are not in memory; those that are count as used just now, and are awake."""
        awake, absent = self._awake, []
        for key in keys:
            conversation = awake.pop(key, None)
            if conversation is not None:
                awake[key] = conversation
            elif not self._wake(key):
                absent.append(key)
        return absent

    async def admit(
        self, absent: list[ConversationKey], clickhouse: ClickHouse, before: LogPosition, most: int | None = None
    ) -> None:
        """Bring conversations into memory: known ones from ClickHouse, as they were before a position; others anew.

        Raises TooManyEvents, with nothing done, when they have more than `most` events.
        """
        hashes = {key: conversation_hash(key) for key in absent}
        known = self._known.among(list(hashes.values()))
        metrics.CACHE_MISSES.inc(len(known))
        call = partial(recall, clickhouse, known, before, self._rules, most)
        events = await retry_forever("fold known conversations again", call, before.partition)
        for key in absent:
            conversation = Conversation(self._rules.session_gap_ms, events.get(key, ()), hashes[key])
            self._awake[key.interned()] = conversation
            self._awake_bytes += _bytes_of(conversation)
        self._known.add(hashes.values())

    def get(self, key: ConversationKey) -> Conversation:
        """Return a conversation that is awake."""
        return self._awake[key]

    def hash_of(self, key: ConversationKey) -> int:
        """Return the hash of a conversation that is awake."""
        return self._awake[key].hash

    def count_events(self, events: int) -> None:
        """Take note of events that conversations in memory have absorbed."""
        self._awake_bytes += EVENT_BYTES * events

    def rest(self) -> None:
        """Let the conversations rest that were not used for longest, as far as more are awake than are meant to be."""
        # The one used last stays: a long one would be folded again for each flush.
        while len(self._awake) > 1 and self._awake_bytes > self._max_bytes * AWAKE:
            key, conversation = self._pop_awake()
            resting = self._resting[key] = CompactConversation(conversation)
            self._resting_bytes += _bytes_at_rest(resting)

    def shrink(self) -> int:
        """Let go of the conversations that were not used for longest until the others fit; return how many left.

        Only to be called when everything in memory has landed.
        """
        before = len(self)
        self._has_spilled = False
        self._flush = frozenset()
        self._forget(frozenset())
        return before - len(self)

    def begin_flush(self, keys: Iterable[ConversationKey]) -> None:
        """Take note of the conversations of a flush; that before may be under way, all others have landed."""
        self._under_way, self._flush = self._flush, frozenset(keys)

    def spill(self) -> None:
        """Let go of conversations of the flush that was folded where memory would not hold them; `is_full` says so.

        Nothing may be prepared until what was folded has landed and `shrink` was called. What the flush before has
        touched stays: the flush may yet come to it, and ClickHouse may not have all of it.
        """
        if self.bytes > self._max_bytes + SPARE_BYTES:
            self._has_spilled = True
            self._forget(self._under_way)

    def _forget(self, kept: frozenset[ConversationKey]) -> None:
        """Forget conversations, those used last at the end, until the others fit."""
        surplus, resting, awake = self.bytes - self._max_bytes, [], []
        for key, asleep in self._resting.items():
            if surplus <= 0:
                break
            if key not in kept:
                surplus -= _bytes_at_rest(asleep)
                resting.append(key)
        for key, conversation in self._awake.items():
            if surplus <= 0:
                break
            if key not in kept:
                surplus -= _bytes_of(conversation)
                awake.append(key)
        for key in resting:
            self._resting_bytes -= _bytes_at_rest(self._resting.pop(key))
        for key in awake:
            self._awake_bytes -= _bytes_of(self._awake.pop(key))

    def _wake(self, key: ConversationKey) -> bool:
        """Wake a conversation if it rests, and tell whether it did."""
        resting = self._resting.pop(key, None)
        if resting is None:
            return False
        self._resting_bytes -= _bytes_at_rest(resting)
        conversation = self._awake[key.interned()] = resting.wake(self._rules.session_gap_ms)
        self._awake_bytes += _bytes_of(conversation)
        return True

    def _pop_awake(self) -> tuple[ConversationKey, Conversation]:
        key = next(iter(self._awake))
        conversation = self._awake.pop(key)
        self._awake_bytes -= _bytes_of(conversation)
        return key, conversation


def _bytes_of(conversation: Conversation) -> int:
    return CONVERSATION_BYTES + EVENT_BYTES * len(conversation)


def _bytes_at_rest(resting: CompactConversation) -> int:
    return RESTING_BYTES + RESTING_EVENT_BYTES * len(resting)


async def load_state(
    clickhouse: ClickHouse, partition: int, partitions: int, rules: FoldRules, max_bytes: int
) -> State:
    """Return the state of a partition with nothing in memory, but all conversations and tombstones known.

    The partition must be claimed before: whoever erases claims it too, so a flush that follows has seen its tombstones.
    """
    parameters = {"partition": partition, "partitions": partitions}
    hashes = await clickhouse.column(KNOWN_SQL, parameters)
    return State(ConversationIndex(hashes), rules, max_bytes, await Tombstones.load(clickhouse))
