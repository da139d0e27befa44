"""The live trickle: a few talks a minute, each step made when its time has come."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from convostream import ConversationTracker
from examples.demo.conversations import Step, Talk, silent_visit
from examples.demo.deterministic_random import share
from examples.demo.replay import Tally
from examples.demo.transcripts import Transcript

# Between the beginnings of two talks.
PAUSE_MS: Final = 15_000


@dataclass(slots=True)
class Trickle:
    """Talks that begin one after the other from a moment on. It has no clock: it is told what time it is."""

    transcripts: Sequence[Transcript]
    tracker: ConversationTracker
    start_ms: int
    tally: Tally = field(default_factory=Tally)
    begun: int = 0
    _waiting: list[tuple[int, int, Step]] = field(default_factory=list)
    _pushed: int = 0

    def advance(self, now_ms: int) -> list[Talk]:
        """Makes all steps that are due and returns the talks that have begun."""
        begun = []
        while self.start_ms + self.begun * PAUSE_MS <= now_ms:
            begun.append(self._begin(self.start_ms + self.begun * PAUSE_MS))
        while self._waiting and self._waiting[0][0] <= now_ms:
            step = heapq.heappop(self._waiting)[2]
            step.call(self.tracker)
            self.tally.add(step)
        return begun

    def _begin(self, at_ms: int) -> Talk:
        copy = f"live-{self.start_ms // 1000}-{self.begun:04d}"
        transcript = self.transcripts[int(len(self.transcripts) * share("live", self.begun))]
        talk = Talk(transcript, copy, at_ms)
        for step in (*talk.steps(), *silent_visit(transcript, copy, at_ms)):
            self._pushed += 1
            heapq.heappush(self._waiting, (step.due_ms, self._pushed, step))
        self.begun += 1
        return talk
