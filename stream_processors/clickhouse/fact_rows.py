"""Signed facts and dead letters of a flush, as segments of its block. Times are epoch milliseconds."""

from collections.abc import Sequence
from typing import Final

from stream_processors import metrics
from stream_processors.clickhouse.block import Segment
from stream_processors.clickhouse.columns import KIND_COLUMNS
from stream_processors.conversations.attributes import ConversationFact
from stream_processors.conversations.conversation import Changes
from stream_processors.conversations.key import ConversationKey
from stream_processors.conversations.values import QUARTER_HOUR_MS, UNKNOWN_PLACE
from stream_processors.kafka.records import DeadLetter, LogPosition, Record

Row = tuple[object, ...]
UNKNOWN: Final = "unknown"
FACT_KINDS: Final = ("conversation_fact", "session_fact", "exchange_fact", "end_user_activity")
SIGN: Final = 3  # the index of the sign in the columns of every fact


class FlushRows:
    """The signed facts and dead letters of one flush, by kind."""

    def __init__(self) -> None:
        self._conversations: list[Row] = []
        self._sessions: list[Row] = []
        self._exchanges: list[Row] = []
        self._end_user_activity: list[Row] = []
        self._dead_letters: list[Row] = []

    def add_changes(self, key: ConversationKey, conversation_hash: int, changes: Changes) -> None:
        """Add the signed changes of a conversation's facts."""
        start = (key.agent_id, key.environment, conversation_hash)
        for conversation, sign in changes.conversations:
            self._conversations.append((*start, sign, key.conversation_id, *conversation_values(conversation)))
        for session, sign in changes.sessions:
            self._sessions.append((*start, sign, session.started_at // QUARTER_HOUR_MS, *session))
        for exchange, sign in changes.exchanges:
            self._exchanges.append((*start, sign, exchange.asked_at // QUARTER_HOUR_MS, *exchange))
        for (quarter, customer), sign in changes.end_user_activity:
            self._end_user_activity.append((*start, sign, quarter, customer))

    def add_dead_letter(self, dead_letter: DeadLetter, origin: LogPosition) -> None:
        """Add a refused record, with what is stored of it; `origin` identifies the dead letter."""
        record, kept = dead_letter.record, dead_letter.kept
        self._dead_letters.append(
            (record.offset, *origin, dead_letter.received_at, "refused", dead_letter.code, dead_letter.reason,
             kept.value, record.value is not None, kept.key, record.key is not None, list(kept.headers),
             kept.storage, kept.digest)
        )  # fmt: skip

    def add_replayed(self, record: Record, received_at: int, origin: LogPosition) -> None:
        """Add the note that a dead letter became an event, which has the content."""
        self._dead_letters.append(
            (record.offset, *origin, received_at, "replayed", "", "", None, False, None, False, [], "", "")
        )  # fmt: skip

    def observe(self) -> None:
        """Count the facts that the flush takes back."""
        for kind, facts in self._facts().items():
            metrics.CORRECTIONS.labels(kind).inc(sum(fact[SIGN] == -1 for fact in facts))

    def _facts(self) -> dict[str, list[Row]]:
        facts = (self._conversations, self._sessions, self._exchanges, self._end_user_activity)
        return dict(zip(FACT_KINDS, facts, strict=True))

    def segments(self) -> list[Segment]:
        """Return the segments of the block, none when no fact changes and no record was refused."""
        kinds = {**self._facts(), "dead_letter": self._dead_letters}
        return [_segment(kind, rows) for kind, rows in kinds.items() if rows]


def _segment(kind: str, rows: Sequence[Row]) -> Segment:
    return Segment(kind, len(rows), dict(zip(KIND_COLUMNS[kind], zip(*rows, strict=True), strict=True)))


def conversation_values(fact: ConversationFact) -> Row:
    """Return the values of a conversation fact's columns after its id; `unknown` stands for an unknown value."""
    place, language = fact.place or UNKNOWN_PLACE, fact.language
    return (
        0 if fact.engaged_at is None else fact.engaged_at // QUARTER_HOUR_MS,
        fact.engaged_at,
        fact.visited_at,
        fact.first_end_user_message_at,
        fact.customer,
        place.country_code,
        place.region,
        place.city,
        place.latitude,
        place.longitude,
        fact.device or UNKNOWN,
        fact.source or UNKNOWN,
        language.code if language else UNKNOWN,
        (language.region if language else "") or UNKNOWN,
        fact.rating,
        fact.escalated,
        fact.escalation_failed,
    )
