"""The demo's events, sent into memory instead of to a broker."""

from collections.abc import Sequence
from functools import lru_cache

from convostream import ConversationTracker, Event
from convostream.testing import MemoryTransport
from examples.demo.conversations import Step
from examples.demo.replay import Tally, plan, send
from examples.demo.sdk_calls import AGENT_ID, ENVIRONMENT
from examples.demo.transcripts import Transcript, read_transcripts

NOW_MS = 1_795_620_000_000  # 25 November 2026


@lru_cache
def transcripts() -> tuple[Transcript, ...]:
    """Return all transcripts."""
    return tuple(read_transcripts())


def tracker_into(transport: MemoryTransport) -> ConversationTracker:
    """Return the demo's tracker."""
    return ConversationTracker(AGENT_ID, ENVIRONMENT, transport=transport)


def events_of(steps: Sequence[Step]) -> tuple[list[Event], Tally]:
    """Return the events of some steps, and the counts."""
    transport = MemoryTransport()
    tally = send(steps, tracker_into(transport), lambda done: None)
    return transport.events, tally


@lru_cache
def replayed() -> tuple[list[Event], Tally]:
    """Return the whole replay at a fixed moment."""
    return events_of(plan(transcripts(), NOW_MS))
