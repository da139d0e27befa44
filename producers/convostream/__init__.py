"""Convostream's SDK: emit what happens in an AI agent's conversations, without slowing the agent.

    from convostream import ConversationTracker

    with ConversationTracker("shop-assistant") as tracker:
        conversation = tracker.get_or_create_conversation("c-1", customer_id="u-7", device="mobile")
        conversation.track_human_message("Where is my order?")
        with conversation.action("find_order"):
            answer = find_order()
        conversation.track_agent_message(answer)

Tracking calls return in microseconds; a thread of its own sends the events to Kafka.
`python -m convostream --help` tells what the command line can do.
"""

from convostream.async_tracker import AsyncConversationTracker
from convostream.conversation import Conversation
from convostream.errors import ConvostreamError, InvalidArgument, InvalidEvent, InvalidSettings
from convostream.event_ids import new_event_id
from convostream.events import (
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
from convostream.kafka_security import KafkaSecurity
from convostream.publisher import KafkaTransport
from convostream.settings import Settings
from convostream.timing import TimedAction
from convostream.tracker import ConversationTracker
from convostream.transport import Record, Stats, Transport

__all__ = [
    "ConversationTracker",
    "AsyncConversationTracker",
    "Conversation",
    "TimedAction",
    "Settings",
    "KafkaSecurity",
    "Stats",
    "Transport",
    "Record",
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
