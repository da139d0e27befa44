"""What the metric views must show for a load, and where they show something else.

A run that lost or doubled an event has measured nothing, so it is checked before its figures count: by these numbers,
known from what was sent, and by the worker's audit, which folds every stored event anew.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from clickhouse_connect.driver.client import Client

from benchmarks.harness.queries import query
from benchmarks.workload.conversations import AGENTS, ESCALATING_ACTION, RATINGS

STORED_SQL: Final = (
    "SELECT count() AS stored, uniqExact(agent_id, conversation_id, event_id) AS event_ids,"
    " (SELECT count() FROM dead_letters) AS dead_letters FROM events"
)

# Columns that the load tells, of views with one row.
TOTALS: Final = {
    "total_messages": ("messages", "end_user_messages", "agent_messages"),
    "total_conversations": ("conversations",),
    "conversation_feedback": ("positive", "neutral", "negative", "unrecognised"),
    "unique_interactions": ("interactions", "visited_conversations"),
    "human_escalation_rate": ("escalated_conversations",),
}

# An agent, a view, and a column of it or the name of a tool; without an agent, the tables as a whole.
Place = tuple[str, str, str]

Numbers = Mapping[Place, int]


class Tally:
    """Counts what is sent, as the definitions of the metrics have it."""

    def __init__(self) -> None:
        self._counts: Counter[Place] = Counter()
        self._marks: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.answers = 0

    def add(self, agent: str, conversation: str, fields: Mapping[str, object]) -> None:
        """Take one event."""
        self._counts.update([("", "events", "stored"), ("", "events", "event_ids")])
        marks = self._marks[agent, conversation]
        match fields:
            case {"type": "message", "sender": sender}:
                names = ("messages", f"{sender}_messages")
                self._counts.update((agent, "total_messages", name) for name in names)
                marks.add("engaged")
                self._pair(marks, sender == "end_user")
            case {"type": "action", "action_name": str(name)}:
                self._counts[agent, "tool_usage", name] += 1
                marks.update(["engaged", "escalated"] if name == ESCALATING_ACTION else ["engaged"])
            case {"type": "conversation_engaged"}:
                marks.add("engaged")
            case {"type": "conversation_visited"}:
                marks.add("visited")
            case {"type": "feedback", "rating": str(rating)}:
                marks.add(RATINGS[rating])

    def _pair(self, marks: set[str], asks: bool) -> None:
        self.answers += not asks and "asked" in marks
        marks.add("asked") if asks else marks.discard("asked")

    def numbers(self) -> Numbers:
        """Return what the views must show now."""
        counts = self._counts.copy()
        for (agent, _), marks in self._marks.items():
            counts.update((agent, *place) for place in _places(marks))
        return counts


def _places(marks: set[str]) -> Iterator[tuple[str, str]]:
    """Return the numbers that a conversation adds to."""
    if "visited" in marks:
        yield "unique_interactions", "visited_conversations"
    if "engaged" not in marks:
        return
    yield "total_conversations", "conversations"
    if "visited" in marks:
        yield "unique_interactions", "interactions"
    if "escalated" in marks:
        yield "human_escalation_rate", "escalated_conversations"
    for verdict in marks & {"positive", "neutral", "negative"}:
        yield "conversation_feedback", verdict


def read_numbers(reader: Client) -> Numbers:
    """Return what the tables and views show; `reader` is a client of the database."""
    (stored,) = reader.query(STORED_SQL).named_results()
    found: dict[Place, int] = {("", "events", name): number for name, number in stored.items()}
    for agent in AGENTS:
        for view, columns in TOTALS.items():
            (row,) = query(reader, view, agent)
            found |= {(agent, view, column): int(str(row[column])) for column in columns}
        for row in query(reader, "tool_usage", agent):
            found[agent, "tool_usage", str(row["action_name"])] = int(str(row["calls"]))
    return found


def differences(expected: Numbers, found: Numbers) -> list[str]:
    """Return a sentence for each number that is another one than was sent."""
    return list(_different(expected, found, sorted({*expected, *found})))


def _different(expected: Numbers, found: Numbers, places: Iterable[Place]) -> Iterator[str]:
    for place in places:
        sent, shown = expected.get(place, 0), found.get(place, 0)
        if sent != shown:
            agent, view, column = place
            yield f"{view} {column}{f' of {agent}' if agent else ''}: {sent:,} sent, {shown:,} shown"
