"""Metrics of outcomes: escalation to a person, feedback, and visitors who start a conversation."""

from dashboard.catalogue.entries import Column, Filled, LeftOut, Link, Metric, count, share
from dashboard.catalogue.volume import NEVER_ENGAGED


def _engaged(name: str, title: str, meaning: str, **filters: str) -> Column:
    return count(name, title, "conversations", meaning, Link("conversations", filters))


HUMAN_ESCALATION_RATE = Metric(
    "human_escalation_rate",
    "Human escalation rate",
    "totals",
    "Share of the conversations with `engaged_at` in range that have at least one escalation action, at any time. "
    "Escalation actions are a setting, by default fallback_to_human, open_ticket, ticket and contact_human; names are "
    "trimmed, case-folded and must match exactly (`get_ticket` is not an escalation). Several escalations in one "
    "conversation count once. A failed attempt counts and is also reported separately.",
    (
        share("rate", "Rate", "escalated conversations / conversations"),
        _engaged("escalated_conversations", "Escalated", "with at least one escalation action", escalated="true"),
        _engaged("conversations", "Conversations", "engaged in the range"),
        _engaged(
            "failed_escalations",
            "Failed escalations",
            "escalated, with a failed escalation action",
            escalation_failed="true",
        ),
    ),
    (NEVER_ENGAGED,),
    (Filled("action_name", 'conversation.track_action("contact_human")'),),
)

CONVERSATION_FEEDBACK = Metric(
    "conversation_feedback",
    "Conversation feedback",
    "totals",
    "Latest customer rating of each conversation engaged in range, recognised or not (from `metadata.feedback` or a "
    "feedback event; staff ratings never count). satisfaction = positive / (positive + neutral + negative); "
    "coverage = (positive + neutral + negative) / engaged. Positive values: positive, up, true, like, good, 4, 5. "
    "Neutral: neutral, 3. Negative: negative, down, false, dislike, bad, 1, 2. Strings are trimmed and case-folded; a "
    "string with a decimal number is that number (5.0 is 5). Of an object the first of sentiment, rating, score and "
    "value that is present and not null is used. Anything else, including a nested object, is unrecognised.",
    (
        share("satisfaction", "Satisfaction", "positive / (positive + neutral + negative)"),
        _engaged("positive", "Positive", "latest rating positive", rating="positive"),
        _engaged("neutral", "Neutral", "latest rating neutral", rating="neutral"),
        _engaged("negative", "Negative", "latest rating negative", rating="negative"),
        _engaged("unrecognised", "Unrecognised", "latest rating unrecognised", rating="unrecognised"),
        _engaged("conversations", "Conversations", "engaged in the range"),
        share("coverage", "Coverage", "(positive + neutral + negative) / conversations"),
    ),
    (
        LeftOut("unrecognised ratings", "unrecognised"),
        LeftOut("conversations without a rating (see coverage)"),
        LeftOut("ratings by staff"),
    ),
    (Filled("rating", 'conversation.submit_feedback("positive")'),),
)

UNIQUE_INTERACTIONS = Metric(
    "unique_interactions",
    "Unique interactions",
    "totals",
    "Conversations first visited in range that became engaged at any time; rate = engaged / visited. Each conversation "
    "counts once. The order of events does not matter, and another visit does not undo an engagement. Conversations "
    "without a visit are not part of this funnel.",
    (
        share("rate", "Rate", "interactions / visited conversations"),
        _engaged("interactions", "Interactions", "visited and ever engaged", basis="visited", engaged="true"),
        _engaged("visited_conversations", "Visited", "first visited in the range", basis="visited"),
    ),
    (LeftOut("conversations without a visit"),),
    (Filled("conversation_id", 'tracker.initialize_conversation("c-1842")'),),
)

OUTCOMES = (HUMAN_ESCALATION_RATE, CONVERSATION_FEEDBACK, UNIQUE_INTERACTIONS)
