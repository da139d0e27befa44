"""The catalogue of the metrics: the definitions that the API, the page, Grafana and docs/metrics.md show.

Seventeen views make the fifteen metrics; two of the views are drill-downs of another one.
"""

from dashboard.catalogue.entries import Column, Filled, LeftOut, Link, ListName, Metric
from dashboard.catalogue.outcomes import CONVERSATION_FEEDBACK, HUMAN_ESCALATION_RATE, OUTCOMES, UNIQUE_INTERACTIONS
from dashboard.catalogue.people import PEOPLE
from dashboard.catalogue.timing import AVERAGE_CONVERSATION_DURATION, AVERAGE_RESPONSE_TIME, TIMING, TOOL_USAGE
from dashboard.catalogue.volume import DAILY_OVERVIEW, PEAK_HOURS, TOTAL_CONVERSATIONS, TOTAL_MESSAGES, VOLUME

METRICS: tuple[Metric, ...] = (
    TOTAL_MESSAGES,
    TOTAL_CONVERSATIONS,
    AVERAGE_RESPONSE_TIME,
    PEAK_HOURS,
    DAILY_OVERVIEW,
    AVERAGE_CONVERSATION_DURATION,
    TOOL_USAGE,
    *PEOPLE,
    HUMAN_ESCALATION_RATE,
    CONVERSATION_FEEDBACK,
    UNIQUE_INTERACTIONS,
)
BY_NAME: dict[str, Metric] = {metric.name: metric for metric in METRICS}

__all__ = [
    "BY_NAME",
    "METRICS",
    "OUTCOMES",
    "PEOPLE",
    "TIMING",
    "VOLUME",
    "Column",
    "Filled",
    "LeftOut",
    "Link",
    "ListName",
    "Metric",
]
