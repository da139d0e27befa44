"""A copy of a transcript as steps: each is one call of the SDK, with the time at which it is made.

Most steps are made when their event happens. A few are made late (up to a day and a half), and a few messages are sent
again: neither may change a number.
"""

import math
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from convostream import ConversationTracker, Message
from convostream.date_times import format_date_time

from deploy.demo.attributes import Attributes, attributes_of, rating_of
from deploy.demo.draws import Weighted, chance, share
from deploy.demo.openings import engage, visit
from deploy.demo.transcripts import ModelCall, ToolCall, Transcript, Utterance

HAND_OVERS: Final = ("escalate_to_human", "transfer_to_human_agent", "transfer_to_human_agents", "create_ticket")
"""The actions by which the transcripts' agents hand a talk to a person."""
_QUICK_REPLIES: Final = Weighted(
    [(("Track my order", "track"), 4), (("Opening hours", "hours"), 3), (("Other", "other"), 3)]
)
_MINUTE_MS: Final = 60_000
_LATEST: Final = 11  # late steps are made 1 to 2^11 minutes after their event
"""
"""
