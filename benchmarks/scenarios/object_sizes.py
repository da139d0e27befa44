"""Memory of the objects that a worker keeps in large numbers, compared with the plain ones.

Run it with `python -m benchmarks.scenarios.object_sizes`.
"""

import tracemalloc
import uuid
from collections.abc import Callable
from typing import Final

import click
from aiokafka.structs import ConsumerRecord
from rich.console import Console
from rich.table import Table

from stream_processors.conversations import events as kinds
from stream_processors.conversations.compact import CompactConversation
from stream_processors.conversations.conversation import ConversationState
from stream_processors.conversations.events import RANKS, FoldEvent
from stream_processors.kafka.light_records import LightRecord

OBJECTS: Final = 5_000
EVENTS: Final = 10
BEGIN_MS: Final = 1_775_000_000_000
GAP_MS: Final = 1_800_000


def conversation() -> ConversationState:
    """Return a conversation in which end user and agent take turns."""
    turns = (kinds.AGENT_MESSAGE, kinds.END_USER_MESSAGE)
    events = [
        FoldEvent(BEGIN_MS + 30_000 * number, RANKS[kind], str(uuid.uuid4()), kind, None)
        for number, kind in enumerate(turns * (EVENTS // 2))
    ]
    return ConversationState(GAP_MS, events)


def consumer_record() -> object:
    """Return a record as aiokafka creates it."""
    return ConsumerRecord("agent-events", 1, 5, BEGIN_MS, 0, b"k", b"v", None, 1, 1, ())


def light_record() -> object:
    """Return a record as the worker's consumer creates it."""
    return LightRecord(1, 5, BEGIN_MS, b"k", b"v", ())


def compact_conversation() -> object:
    """Return the conversation as an idle one is kept."""
    return CompactConversation(conversation())


def bytes_of(make: Callable[[], object]) -> float:
    """Return the bytes of an object and of what it alone refers to, the mean of many."""
    tracemalloc.start()
    kept = [make() for _ in range(OBJECTS)]
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size / len(kept)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Print the bytes of a record and of a conversation of ten messages, in both forms."""
    table = Table("object", "bytes", title="Memory by object")
    for make in (consumer_record, light_record, conversation, compact_conversation):
        table.add_row(make.__name__.replace("_", " "), f"{bytes_of(make):,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
