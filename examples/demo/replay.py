"""Replay all copies of all transcripts in the order of time, as fast as the broker accepts them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from convostream import ConversationTracker
from examples.demo.conversations import Kind, Step, Talk, silent_visit
from examples.demo.schedule import make_scheduler
from examples.demo.transcripts import Transcript

COPIES: Final = 10
_MAX_UNSENT: Final = 5_000  # bounds how far the SDK runs ahead of the broker
_FLUSH_SECONDS: Final = 30.0


class NotSent(Exception):
    """The broker did not accept the events."""


@dataclass(slots=True)
class Tally:
    """Counts of what was sent: events by kind, how many of them late, and how many were sent again."""

    events: Counter[Kind] = field(default_factory=Counter)
    late: int = 0
    again: int = 0

    def add(self, step: Step) -> None:
        """Count a step that was sent."""
        if step.manner == "again":
            self.again += 1
            return
        self.events[step.kind] += 1
        self.late += step.manner == "late"

    @property
    def messages(self) -> int:
        """Return the number of messages of end users and agents, each counted once."""
        return self.events["end_user message"] + self.events["agent message"]


def plan(transcripts: Sequence[Transcript], now_ms: int, copies: int = COPIES) -> list[Step]:
    """Return the steps of the last 60 days; the same moment always gives the same steps."""
    begin = make_scheduler(now_ms)
    steps: list[Step] = []
    for transcript in transcripts:
        for number in range(copies):
            copy = f"{number:02d}"
            steps += Talk(transcript, copy, begin(transcript.id, copy)).steps()
            steps += silent_visit(transcript, copy, begin(transcript.id, f"{copy}-visit"))
    return sorted(steps, key=lambda step: step.due_ms)


def send(steps: Sequence[Step], tracker: ConversationTracker, progress: Callable[[int], None]) -> Tally:
    """Send all steps at once; raise NotSent if the broker does not accept them."""
    tally = Tally()
    for number, step in enumerate(steps):
        step.call(tracker)
        tally.add(step)
        if number % 500 == 0:
            progress(number)
            _wait_for_room(tracker)
    unsent = tracker.flush(_FLUSH_SECONDS)
    stats = tracker.stats()
    if unsent or stats.refused or stats.dropped:
        raise NotSent(f"{unsent} events were not sent, {stats.refused} refused, {stats.dropped} dropped")
    progress(len(steps))
    return tally


def _wait_for_room(tracker: ConversationTracker) -> None:
    if tracker.stats().unsent > _MAX_UNSENT:
        tracker.flush(_FLUSH_SECONDS)
