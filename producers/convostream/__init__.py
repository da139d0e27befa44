"""Convostream's SDK: emit the events of an AI agent's conversations without slowing the agent down.

    from convostream import ConversationTracker

    with ConversationTracker("shop-assistant") as tracker:
        conversation = tracker.get_or_create_conversation("c-1", customer_id="u-7", device="mobile")
        conversation.track_human_message("Where is my order?")
        with conversation.action("find_order"):
            answer = find_order()
        conversation.track_agent_message(answer)

Tracking calls return in microseconds; a background thread sends the events to Kafka.
`python -m convostream --help` explains the command line.
"""

from convostream.contract.event_ids import new_event_id
from convostream.contract.events import (
    Action,
    Attachment,
    Button,
    ConversationEnded,
    ConversationEngaged,
    ConversationVisited,
    Event,
    Feedback,
    Message,
    TokenUsage,
    validate_event,
)
from convostream.errors import ConvostreamError, InvalidArgument, InvalidEvent, InvalidSettings
from convostream.kafka.security import KafkaSecurity
from convostream.settings import Settings
from convostream.tracking.async_tracker import AsyncConversationTracker
from convostream.tracking.conversation import Conversation
from convostream.tracking.timed_action import TimedAction
from convostream.tracking.tracker import ConversationTracker
from convostream.transport.interface import OutgoingRecord, Stats, Transport
from convostream.transport.kafka import KafkaTransport

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "ConversationTracker",
    "AsyncConversationTracker",
    "Conversation",
    "TimedAction",
    "Settings",
    "KafkaSecurity",
    "Stats",
    "Transport",
    "OutgoingRecord",
    "KafkaTransport",
    "Event",
    "ConversationVisited",
    "ConversationEngaged",
    "Message",
    "Attachment",
    "Action",
    "Button",
    "Feedback",
    "TokenUsage",
    "ConversationEnded",
    "new_event_id",
    "validate_event",
    "ConvostreamError",
    "InvalidArgument",
    "InvalidEvent",
    "InvalidSettings",
]
