"""The terms of the definitions, and the rules that hold for all metrics."""

from typing import Final

WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("agent", "the bot or assistant being measured (`agent_id`)."),
    ("environment", "`production` unless the producer says otherwise."),
    ("conversation", "everything with one `conversation_id` of one agent and environment."),
    ("customer", "`customer_id`."),
    ("visit", "the producer called `initialize_conversation`: the widget was opened, nobody has spoken."),
    (
        "engaging event",
        "`get_or_create_conversation`, a message from `end_user` or `agent`, an action, a button click. A visit, "
        "feedback, token usage and an end marker do not engage. A conversation is **engaged** from its earliest "
        "engaging event (`engaged_at`) and never becomes un-engaged, in whatever order its events arrive.",
    ),
    (
        "message",
        "an event of type message from `end_user` or `agent` (with text or an attachment, so a photo counts). `system` "
        "messages are stored, but are no messages, no activity, and engage nothing.",
    ),
    ("activity", "a message, an action or a button click."),
    (
        "session",
        "activity of one conversation without a gap of more than 30 minutes (a setting). Some channels use one "
        "`conversation_id` for years (a phone number); sessions keep durations and response times meaningful there. A "
        "gap of exactly 30 minutes does not split. A session is **closed** once more than 30 minutes have passed since "
        "its last activity, or when an explicit end lies at or after its last activity (and before the next session); "
        "by ClickHouse's clock at the time of the query. A later session alone does not close. An end is a marker, not "
        "a cut: activity after it and within the gap belongs to the same session, and the end then counts for nothing.",
    ),
    ("burst", "consecutive `end_user` messages of one session with no `agent` message between them."),
    ("exchange", "a burst and the first `agent` message after it in the same session."),
)

RULES: Final[tuple[str, ...]] = (
    "**Scope**: one agent, one environment, a half-open range `[since, until)`.",
    "**Time** is the producer's `occurred_at` in UTC, kept to the millisecond; outside [2000-01-01, received + 5 min]"
    " it is replaced by the time of receipt and flagged. Time of receipt is always kept too. A naive time is UTC.",
    "**Time zone**: an IANA name, default UTC, applied to each event when grouping by day, weekday or hour; never a "
    "fixed offset. Days of 23 and 25 hours and zones at :30 and :45 are right.",
    "**Order and repetition do not matter**: the same set of events gives the same numbers whatever the order of "
    "arrival, seconds or days late, however often an event is delivered, and wherever a process is killed. Identity is "
    "`event_id` within its conversation; only where one id comes with different contents does arrival decide: the "
    "first stays.",
    "**Nothing invented**: an empty denominator gives NULL, never 0 or 100 %. A main mean comes with its n, and with "
    "p50, p90, p95 and p99; further means come with their n. A rate comes with its numerator and denominator. What is "
    "left out is counted and shown.",
    "**Unknown is a row**: missing values are `unknown` in every breakdown, so the parts sum to the whole.",
    "Distinct counts are exact.",
    '`null` from a producer means "no opinion" and never erases a known value.',
    "Order within one conversation: by `occurred_at`, then `end_user` before all else, then `event_id` as its "
    'lower-case text. "First known" and "last known" mean this order, too.',
    "A percentile is the nearest rank: the smallest sample that at least q of the n samples do not exceed.",
    "A conversation is one agent's, one environment's and one `conversation_id`'s: the same id under another agent or "
    "environment is another conversation.",
    "Attributes, ratings, escalation and engagement are the whole conversation's, whatever the range. Of device, "
    "source, language, address and customer, a value that is blank or `unknown` is not known and erases nothing.",
)
