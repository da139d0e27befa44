"""Metrics of volume: messages and conversations, in total, by hour and by day."""

from dashboard.catalogue.entries import Filled, LeftOut, Link, Metric, count, key

MESSAGE = Filled("content", 'conversation.track_human_message("Where is my order?")')
ANSWER = Filled("content", 'conversation.track_agent_message("It is on its way.")')
OPENING = Filled("conversation_id", 'tracker.get_or_create_conversation("c-1842")')
NO_SYSTEM = LeftOut("system messages, actions, button clicks and token usage")
NEVER_ENGAGED = LeftOut("conversations with nothing but visits, feedback, token usage or an end")
CELL = {"weekday": "weekday", "hour": "hour"}
DAY = {"day": "day"}

TOTAL_MESSAGES = Metric(
    "total_messages",
    "Total messages",
    "totals",
    "Messages by message time, also by sender. `system` messages, actions, button clicks and token usage are not "
    "messages.",
    (
        count("messages", "Messages", "messages", "from end users and agents", Link("messages")),
        count(
            "end_user_messages",
            "From end users",
            "messages",
            "from end users",
            Link("messages", {"sender": "end_user"}),
        ),
        count("agent_messages", "From agents", "messages", "from agents", Link("messages", {"sender": "agent"})),
    ),
    (NO_SYSTEM,),
    (MESSAGE, ANSWER),
)

TOTAL_CONVERSATIONS = Metric(
    "total_conversations",
    "Total conversations",
    "totals",
    "Conversations whose `engaged_at` is in range. Also reported: active conversations (at least one activity in "
    "range) and sessions started.",
    (
        count("conversations", "Conversations", "conversations", "engaged in the range", Link("conversations")),
        count(
            "active_conversations",
            "Active",
            "conversations",
            "with at least one message, action or button click in the range",
            Link("conversations", {"basis": "active"}),
        ),
        count("sessions", "Sessions", "sessions", "started in the range", Link("sessions")),
    ),
    (NEVER_ENGAGED,),
    (OPENING, MESSAGE),
)

PEAK_HOURS = Metric(
    "peak_hours",
    "Peak hours",
    "matrix",
    "7 x 24 matrix (Monday first) in the requested time zone, in two modes: messages (sums to total_messages) and "
    "conversations by `engaged_at` (sums to total_conversations).",
    (
        key("weekday", "Weekday", "weekday", "1 is Monday, 7 is Sunday"),
        key("hour", "Hour", "hour", "0 to 23, in the requested time zone"),
        count("messages", "Messages", "messages", "by message time", Link("messages", from_row=CELL)),
        count("conversations", "Conversations", "conversations", "by engaged_at", Link("conversations", from_row=CELL)),
    ),
    (NO_SYSTEM, NEVER_ENGAGED),
    (MESSAGE, ANSWER),
)

DAILY_OVERVIEW = Metric(
    "daily_overview",
    "Daily overview",
    "days",
    "Per local day, with zeros for days without data: messages, conversations active that day (distinct, so that the "
    "days do not sum to the range), and new conversations.",
    (
        key("day", "Day", "day", "in the requested time zone; the first and last day count only what is in the range"),
        count("messages", "Messages", "messages", "by message time", Link("messages", from_row=DAY)),
        count(
            "active_conversations",
            "Active",
            "conversations",
            "with at least one activity that day",
            Link("conversations", {"basis": "active"}, DAY),
        ),
        count("new_conversations", "New", "conversations", "engaged that day", Link("conversations", from_row=DAY)),
    ),
    (NO_SYSTEM, NEVER_ENGAGED),
    (MESSAGE, ANSWER),
)

VOLUME = (TOTAL_MESSAGES, TOTAL_CONVERSATIONS, PEAK_HOURS, DAILY_OVERVIEW)
