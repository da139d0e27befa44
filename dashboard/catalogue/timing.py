"""Metrics of time: answers, conversations and tools."""

from dashboard.catalogue.entries import Filled, LeftOut, Link, Metric, count, duration, key, percentiles

ACTION = {"action_name": "action_name"}

AVERAGE_RESPONSE_TIME = Metric(
    "average_response_time",
    "Average response time",
    "totals",
    "Over exchanges: time of the agent message minus time of the **first** message of the burst. Everything is counted "
    "at the time of the burst's first message. Later agent messages of the same reply and agent messages without a "
    "question give no sample; messages of different sessions are never paired. Samples under 5 ms mean that question "
    "and answer were tracked together; they are excluded and counted as `not_measured`. Also reported: unanswered "
    "bursts of closed sessions, and the mean over the same exchanges from the burst's last message.",
    (
        duration("mean_seconds", "Mean", "from the first message of a question to its answer"),
        *percentiles("the exchanges"),
        count(
            "exchanges", "Exchanges", "exchanges", "number of exchanges (n)", Link("exchanges", {"state": "measured"})
        ),
        duration("mean_from_last_message_seconds", "Mean from the last message", "over the same exchanges"),
        count(
            "unanswered",
            "Unanswered",
            "exchanges",
            "unanswered questions of closed sessions",
            Link("exchanges", {"state": "unanswered"}),
        ),
        count(
            "not_measured",
            "Not measured",
            "exchanges",
            "answered within 5 ms: tracked together",
            Link("exchanges", {"state": "not_measured"}),
        ),
    ),
    (
        LeftOut("unanswered questions of closed sessions", "unanswered"),
        LeftOut("answers within 5 ms, because question and answer were tracked together", "not_measured"),
        LeftOut("questions of open sessions, which may still be answered"),
    ),
    (
        Filled("occurred_at", 'conversation.track_human_message("Where is it?", occurred_at=asked_at)'),
        Filled("occurred_at", 'conversation.track_agent_message("On its way.", occurred_at=answered_at)'),
    ),
)

AVERAGE_CONVERSATION_DURATION = Metric(
    "average_conversation_duration",
    "Average conversation duration",
    "totals",
    "Over closed sessions that started in range and have at least two activities: time from the first to the last "
    "activity. The earliest explicit end at or after the last activity, and at most the session gap later, counts as "
    "the end. Open sessions and closed sessions with a single activity are excluded and counted: the three counts sum "
    "to the sessions started in range. Also reported per conversation: time from the first to the last activity over "
    "all its sessions, for conversations whose first activity is in range, whose sessions are all closed, and that "
    "have at least two activities; end markers do not count here.",
    (
        duration("mean_seconds", "Mean", "of the sessions"),
        *percentiles("the sessions"),
        count(
            "sessions",
            "Sessions",
            "sessions",
            "closed, with at least two activities (n)",
            Link("sessions", {"state": "measured"}),
        ),
        count("open_sessions", "Open", "sessions", "not closed yet", Link("sessions", {"state": "open"})),
        count(
            "single_activity_sessions",
            "Single activity",
            "sessions",
            "closed, with one activity",
            Link("sessions", {"state": "single_activity"}),
        ),
        duration("conversation_mean_seconds", "Mean of conversations", "first to last activity over all sessions"),
        count(
            "conversations",
            "Conversations",
            "conversations",
            "first activity in range, all sessions closed, at least two activities (n of the mean)",
            Link("conversations", {"basis": "completed"}),
        ),
    ),
    (
        LeftOut("open sessions", "open_sessions"),
        LeftOut("closed sessions with a single activity", "single_activity_sessions"),
    ),
    (Filled("conversation_id", "conversation.end_conversation()"),),
)

TOOL_USAGE = Metric(
    "tool_usage",
    "Tool usage",
    "breakdown",
    "Per trimmed action name, by `occurred_at`: calls, mean and percentiles of duration, failed calls, conversations "
    "that used it, and calls with unknown duration. Duration is `duration_ms` if >= 0, else `ended_at - started_at` if "
    "both are present and the difference is >= 0, else unknown. The event type `token_usage` does not count.",
    (
        key("action_name", "Action", "name", "trimmed, otherwise as sent"),
        count("calls", "Calls", "calls", "in the range", Link("actions", from_row=ACTION)),
        count(
            "failed_calls",
            "Failed",
            "calls",
            "with a non-blank error message",
            Link("actions", {"failed": "true"}, ACTION),
        ),
        count(
            "conversations",
            "Conversations",
            "conversations",
            "that used the action in the range",
            Link("conversations", {"basis": "active"}, ACTION),
        ),
        duration("mean_seconds", "Mean", "of the timed calls"),
        *percentiles("the timed calls"),
        count("timed_calls", "Timed", "calls", "number of timed calls (n)", Link("actions", {"timed": "true"}, ACTION)),
        count(
            "unknown_duration_calls",
            "Unknown duration",
            "calls",
            "without a duration",
            Link("actions", {"timed": "false"}, ACTION),
        ),
    ),
    (LeftOut("calls with an unknown duration", "unknown_duration_calls"),),
    (
        Filled("action_name", 'with conversation.action("find_order"): ...'),
        Filled("duration_ms", 'conversation.track_action("find_order", duration_ms=180)'),
        Filled("error_message", 'conversation.track_action("find_order", error_message="timed out")'),
    ),
)

TIMING = (AVERAGE_RESPONSE_TIME, AVERAGE_CONVERSATION_DURATION, TOOL_USAGE)
