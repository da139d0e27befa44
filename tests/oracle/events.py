"""Records to events: decoding, dead letters, and the first arrival of each id in its conversation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from tests.oracle.date_times import epoch_ms
from tests.oracle.json_values import BrokenJsonError, read_json
from tests.oracle.records import Record
from tests.oracle.validation import Fields, faults, without_nulls
from tests.oracle.white_space import is_blank, trim

EARLIEST = epoch_ms("2000-01-01T00:00:00Z")
LEAD_MS = 5 * 60_000
YEAR_1900, YEAR_2300 = epoch_ms("1900-01-01T00:00:00Z"), epoch_ms("2300-01-01T00:00:00Z")
LONGEST_CALL_MS = 10**12

ConversationKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected record and its invalid fields; none if it is not a JSON object."""

    record: Record
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Event:
    """An accepted event; ``at`` is the time that counts, in epoch milliseconds."""

    key: ConversationKey
    event_id: str
    type: str
    at: int
    received_at: int
    fields: Fields

    @property
    def order(self) -> tuple[int, bool, str]:
        """The order within one conversation: time, then end_user messages before all else, then the id's text."""
        return self.at, not self.is_from("end_user"), self.event_id

    def is_from(self, sender: str) -> bool:
        """Return whether this is a message from that sender."""
        return self.type == "message" and self.fields["sender"] == sender

    @property
    def is_message(self) -> bool:
        """A message from the end user or the agent, not from the system."""
        return self.is_from("end_user") or self.is_from("agent")

    @property
    def is_activity(self) -> bool:
        """A message, an action or a button click."""
        return self.is_message or self.type in {"action", "button"}

    @property
    def engages(self) -> bool:
        """Activity, or an explicit engagement."""
        return self.is_activity or self.type == "conversation_engaged"

    def text(self, name: str) -> str:
        """Return a text field, empty when absent."""
        return cast(str, self.fields.get(name, ""))

    @property
    def action_name(self) -> str:
        """The trimmed name of an action."""
        return trim(self.text("action_name"))

    @property
    def failed(self) -> bool:
        """Whether an action has an error message."""
        return not is_blank(self.text("error_message"))

    @property
    def duration_ms(self) -> float | None:
        """The duration of an action, None if unknown."""
        given = cast(float | None, self.fields.get("duration_ms"))
        if given is None or given < 0:
            given = self._span()
        return None if given is None or given > LONGEST_CALL_MS else float(given)

    def _span(self) -> int | None:
        if "started_at" not in self.fields or "ended_at" not in self.fields:
            return None
        started, ended = epoch_ms(self.text("started_at")), epoch_ms(self.text("ended_at"))
        readable = min(started, ended) >= YEAR_1900 and max(started, ended) < YEAR_2300
        return ended - started if readable and ended >= started else None


def read_records(records: Iterable[Record]) -> tuple[list[Event], list[DeadLetter]]:
    """Return the events that count, by first arrival, and the dead letters."""
    events: dict[tuple[ConversationKey, str], Event] = {}
    dead_letters = []
    for record in records:
        read = read_record(record)
        if isinstance(read, DeadLetter):
            dead_letters.append(read)
        else:
            events.setdefault((read.key, read.event_id), read)
    return list(events.values()), dead_letters


def read_record(record: Record) -> Event | DeadLetter:
    """Decode one record."""
    try:
        tree = read_json(record.value) if record.value is not None else None
    except BrokenJsonError:
        return DeadLetter(record, frozenset())
    if not isinstance(tree, dict):
        return DeadLetter(record, frozenset())
    fields = without_nulls(tree)
    wrong = faults(fields)
    return DeadLetter(record, wrong) if wrong else _event(fields, received_at(record))


def received_at(record: Record) -> int:
    """Return the time of receipt: the timestamp, or the time of the first read when that is out of range."""
    at, seen_at = record.received_at, record.seen_at
    if at is not None and at >= EARLIEST and (seen_at is None or at <= seen_at + LEAD_MS):
        return at
    if seen_at is None:
        raise ValueError(f"{record.partition}:{record.offset} has the timestamp {at}, and nobody knows who saw it when")
    return seen_at


def _event(fields: Fields, received: int) -> Event:
    occurred_at = epoch_ms(cast(str, fields["occurred_at"]))
    in_range = EARLIEST <= occurred_at <= received + LEAD_MS
    return Event(
        key=(
            cast(str, fields["agent_id"]),
            cast(str, fields.get("environment", "production")),
            cast(str, fields["conversation_id"]),
        ),
        event_id=cast(str, fields["event_id"]).lower(),
        type=cast(str, fields["type"]),
        at=occurred_at if in_range else received,
        received_at=received,
        fields=fields,
    )
