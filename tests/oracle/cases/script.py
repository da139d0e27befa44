"""Cases computed by hand: the events and the expected rows.

A case is written once and checked with the oracle (unit tests) and the running product (integration tests).
Times: `10:00:00` is on Tuesday, 2 April 2024 UTC; a full date-time is itself; a number is in milliseconds since 1970.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.oracle.comparison import differences, is_same
from tests.oracle.date_times import epoch_ms, utc_text
from tests.oracle.records import Sent
from tests.oracle.scope import Cell, Question, Row
from tests.oracle.views import COLUMNS

DAY = "2024-04-02"
Moment = str | int
Rows = Mapping[str, Cell] | list[Row]


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected rows of one view for one question; a mapping names columns of its only row, a list is all rows."""

    view: str
    rows: Rows
    question: Question

    def differences(self, found: Sequence[Sequence[object]]) -> list[str]:
        """Return a sentence for each cell that is wrong."""
        if isinstance(self.rows, list):
            return differences(self.view, self.rows, found)
        if len(found) != 1:
            return [f"{self.view}: {len(found)} rows instead of one"]
        cells = dict(zip(COLUMNS[self.view], found[0], strict=True))
        return [
            f"{self.view}, {column}: {cells[column]!r} instead of {wanted!r}"
            for column, wanted in self.rows.items()
            if not is_same(column, wanted, cells[column])
        ]


@dataclass
class Script:
    """What a case sends and expects; ``now`` is about the time of receipt and of the question."""

    agent_id: str
    now: int
    sent: list[Sent] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def event(self, kind: str, at: Moment, conversation: str = "chat", /, **fields: object) -> None:
        """Add an event of any type; a field given as None is sent as null."""
        event: dict[str, object] = {
            "event_id": f"00000000-0000-7000-8000-{next(self._numbers):012x}",
            "type": kind,
            "agent_id": self.agent_id,
            "conversation_id": conversation,
            "occurred_at": text_of(at),
        }
        self.send({**event, **fields})

    def send(self, event: Mapping[str, object]) -> None:
        """Add a complete event."""
        value = json.dumps(event, ensure_ascii=False).encode()
        self.sent.append(Sent(str(event["agent_id"]), str(event["conversation_id"]), value))

    def user(self, at: Moment, conversation: str = "chat", /, **fields: object) -> None:
        """Add a message of the end user."""
        self.event("message", at, conversation, **{"sender": "end_user", "content": "hello", **fields})

    def agent(self, at: Moment, conversation: str = "chat", /, **fields: object) -> None:
        """Add a message of the agent."""
        self.event("message", at, conversation, **{"sender": "agent", "content": "hello", **fields})

    def action(self, at: Moment, action_name: str = "search", conversation: str = "chat", /, **fields: object) -> None:
        """Add an action."""
        self.event("action", at, conversation, action_name=action_name, **fields)

    def visit(self, at: Moment, conversation: str = "chat", /, **fields: object) -> None:
        """Add a visit."""
        self.event("conversation_visited", at, conversation, **fields)

    def engage(self, at: Moment, conversation: str = "chat", /, **fields: object) -> None:
        """Add an engagement."""
        self.event("conversation_engaged", at, conversation, **fields)

    def end(self, at: Moment, conversation: str = "chat") -> None:
        """Add an explicit end."""
        self.event("conversation_ended", at, conversation)

    def rate(self, at: Moment, rating: object, conversation: str = "chat", /, **fields: object) -> None:
        """Add a feedback event."""
        self.event("feedback", at, conversation, rating=rating, **fields)

    def expect(
        self,
        view: str,
        rows: list[Row] | None = None,
        /,
        *,
        since: Moment = "2000-01-01 00:00:00",
        until: Moment | None = None,
        zone: str = "UTC",
        environment: str = "production",
        agent: str = "",
        **cells: Cell,
    ) -> None:
        """Add the expected rows of a view; without a range, for everything until a day from now."""
        end = self.now + 86_400_000 if until is None else moment(until)
        question = Question(self.agent_id + agent, environment, moment(since), end, zone, self.now)
        self.expectations.append(Expectation(view, cells if rows is None else rows, question))


def text_of(at: Moment) -> str:
    """Return the date-time as it is sent; a full one is unchanged."""
    if isinstance(at, int):
        return utc_text(at)
    return f"{DAY}T{at}Z" if at[2:3] == ":" else at


def moment(at: Moment) -> int:
    """Return a moment in epoch milliseconds."""
    return at if isinstance(at, int) else epoch_ms(text_of(at))


@dataclass(frozen=True, slots=True)
class Case:
    """A fact about a rule or a metric; with ``in_order`` the order of arrival is part of it."""

    subject: str
    fact: str
    write: Callable[[Script], None]
    in_order: bool

    def script(self, agent_id: str, now: int) -> Script:
        """Return the script of the case for this agent."""
        script = Script(agent_id, now)
        self.write(script)
        return script


class Cases:
    """The facts of one file, in the order in which they were written."""

    def __init__(self) -> None:
        self.all: list[Case] = []

    def of(
        self, subject: str, in_order: bool = False
    ) -> Callable[[Callable[[Script], None]], Callable[[Script], None]]:
        """Mark a function as a case of a subject; its name is the fact."""

        def keep(write: Callable[[Script], None]) -> Callable[[Script], None]:
            self.all.append(Case(subject, write.__name__.replace("_", " "), write, in_order))
            return write

        return keep
