"""Live conversations: a few begin every minute, and each step is sent when it is due."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from convostream import ConversationTracker
from examples.demo.conversations import Step, Talk, silent_visit
from examples.demo.deterministic_random import share
from examples.demo.replay import Tally
from examples.demo.transcripts import Transcript

# Time between the beginnings of two conversations.
PAUSE_MS: Final = 15_000


@dataclass(slots=True)
class LiveTalks:
    """Conversations that begin one after the other. The caller passes the time."""

    transcripts: Sequence[Transcript]
    tracker: ConversationTracker
    start_ms: int
    tally: Tally = field(default_factory=Tally)
    begun: int = 0
    _pending: list[tuple[int, int, Step]] = field(default_factory=list)
    _pushed: int = 0

    def advance(self, now_ms: int) -> list[Talk]:
        """Send all due steps, and return the conversations that began."""
        begun = []
        while self.start_ms + self.begun * PAUSE_MS <= now_ms:
            begun.append(self._begin(self.start_ms + self.begun * PAUSE_MS))
        while self._pending and self._pending[0][0] <= now_ms:
            step = heapq.heappop(self._pending)[2]
            step.call(self.tracker)
            self.tally.add(step)
        return begun

    def _begin(self, at_ms: int) -> Talk:
        copy = f"live-{self.start_ms // 1000}-{self.begun:04d}"
        transcript = self.transcripts[int(len(self.transcripts) * share("live", self.begun))]
        talk = Talk(transcript, copy, at_ms)
        for step in (*talk.steps(), *silent_visit(transcript, copy, at_ms)):
            self._pushed += 1
            heapq.heappush(self._pending, (step.due_ms, self._pushed, step))
        self.begun += 1
        return talk
