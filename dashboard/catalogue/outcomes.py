"""Metrics of outcomes: escalation to a person, feedback, and visitors who start a conversation."""

from dashboard.catalogue.entries import Column, Filled, LeftOut, Link, Metric, count, share
from dashboard.catalogue.volume import NEVER_ENGAGED


def _engaged(name: str, title: str, meaning: str, **filters: str) -> Column:
    return count(name, title, "conversations", meaning, Link("conversations", filters))


HUMAN_ESCALATION_RATE = Metric(
    "human_escalation_rate",
    "Human escalation rate",
    "totals",
    "Of the conversations with `engaged_at` in range, the share with at least one action whose name is in the "
    "escalation set, default exactly fallback_to_human, open_ticket, ticket, contact_human (a setting; trimmed, "
    "case-folded, exact match: `get_ticket` is no escalation). Whenever it happened; twice in one conversation counts"
    " once; a failed attempt counts and is also given apart.",
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
    "Latest customer rating of each conversation, recognised or not (from `metadata.feedback` or a feedback event; "
    "staff ratings never count), in conversations engaged in range: positive, neutral, negative, unrecognised; "
    "satisfaction = positive / (positive + neutral + negative); coverage = (positive + neutral + negative) / engaged."
    " positive: positive, up, true, like, good, 4, 5; neutral: neutral, 3; negative: negative, down, false, dislike, "
    "bad, 1, 2 (strings trimmed and case-folded; a string that is a decimal number is that number, 5.0 is 5); an "
    "object is read at sentiment, rating, score, value, the first that is there and not null; anything else, an "
    "object inside it too, is unrecognised.",
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
    "Of the conversations visited in range (by earliest visit), those that ever became engaged, once per "
    "conversation; rate = engaged / visited. Order-free; visiting again never un-engages. Conversations never visited"
    " are outside this funnel.",
    (
        share("rate", "Rate", "interactions / visited conversations"),
        _engaged("interactions", "Interactions", "visited and ever engaged", basis="visited", engaged="true"),
        _engaged("visited_conversations", "Visited", "first visited in the range", basis="visited"),
    ),
    (LeftOut("conversations that were never visited"),),
    (Filled("conversation_id", 'tracker.initialize_conversation("c-1842")'),),
)

OUTCOMES = (HUMAN_ESCALATION_RATE, CONVERSATION_FEEDBACK, UNIQUE_INTERACTIONS)
