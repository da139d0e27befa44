"""The terms of the definitions, and the rules that hold for all metrics."""

from typing import Final

WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("agent", "the bot or assistant being measured (`agent_id`)."),
    ("environment", "`production` unless the producer sets another one."),
    ("conversation", "everything with one `conversation_id` of one agent and environment."),
    ("customer", "`customer_id`."),
    ("visit", "the producer called `initialize_conversation`: the widget was opened, without a message so far."),
    (
        "engaging event",
        "`get_or_create_conversation`, a message from `end_user` or `agent`, an action, a button click. A visit, "
        "feedback, token usage and an end marker do not engage. A conversation is **engaged** from its earliest "
        "engaging event (`engaged_at`) and stays engaged, in whatever order its events arrive.",
    ),
    (
        "message",
        "an event of type message from `end_user` or `agent`, with text or an attachment (a photo counts). `system` "
        "messages are stored, but do not count as message or activity and do not engage.",
    ),
    ("activity", "a message, an action or a button click."),
    (
        "session",
        "activity of one conversation without a gap of more than 30 minutes (a setting). Some channels use one "
        "`conversation_id` for years (a phone number); sessions keep durations and response times meaningful there. A "
        "gap of exactly 30 minutes does not split. A session is **closed**, by ClickHouse's clock at the time of the "
        "query, once more than 30 minutes have passed since its last activity, or when there is an explicit end at or "
        "after its last activity and before the next session. A later session alone does not close it. An end does not "
        "split: activity after it and within the gap belongs to the same session, and the end is then ignored.",
    ),
    ("burst", "consecutive `end_user` messages of one session with no `agent` message between them."),
    ("exchange", "a burst and the first `agent` message after it in the same session."),
)

RULES: Final[tuple[str, ...]] = (
    "**Scope**: one agent, one environment, a half-open range `[since, until)`.",
    "**Time** is the producer's `occurred_at` in UTC, kept to the millisecond; outside [2000-01-01, received + 5 min] "
    "it is replaced by the time of receipt and flagged. The time of receipt is always kept too. A time without an "
    "offset is UTC.",
    "**Time zone**: an IANA name, default UTC, applied to each event when grouping by day, weekday or hour; never a "
    "fixed offset. Days of 23 and 25 hours and zones with offsets of :30 and :45 are handled.",
    "**Order and duplicates do not matter**: the same set of events gives the same numbers in any order of arrival, "
    "seconds or days late, however often an event is delivered, and wherever a process is killed. An event is "
    "identified by its `event_id` within its conversation. Only if one id arrives with different contents does "
    "arrival matter: the first event stays.",
    "**No invented values**: an empty denominator gives NULL, never 0 or 100 %; dashboards show a dash. A main mean "
    "comes with its n, p50, p90, p95 and p99; other means come with their n. A rate comes with its numerator and "
    "denominator. What is not counted is shown with its number.",
    "**Unknown is a row**: missing values are `unknown` in every breakdown, so that the parts sum to the whole.",
    "Distinct counts are exact.",
    '`null` from a producer means "no opinion" and never erases a known value.',
    "Order within one conversation: by `occurred_at`, then `end_user` before all else, then `event_id` as its "
    'lower-case text. "First known" and "last known" refer to this order.',
    "A percentile is the nearest rank: the smallest sample that at least q of the n samples do not exceed.",
    "A conversation is identified by agent, environment and `conversation_id`: the same id with another agent or "
    "environment is another conversation.",
    "Attributes, ratings, escalation and engagement are those of the whole conversation, whatever the range. A blank "
    "or `unknown` device, source, language, address or customer is missing and erases nothing.",
)
