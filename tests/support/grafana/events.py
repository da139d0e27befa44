"""Events and facts of an agent with the worst name that the contract allows; every view has rows."""

from typing import Final

from tests.support.sql.agent import Agent
from tests.support.sql.inbox_rows import milliseconds, text

AGENT_ID: Final = r"""it's \' a "test" ${environment} $__fromTime_ms [[x]] -- /* ü 100% """
SINCE: Final = milliseconds("2026-03-28 18:20:00")

# In Europe the clocks are put forward in between; as in Grafana, the last millisecond belongs to the range.
UNTIL: Final = milliseconds("2026-03-31 09:59:59.999")
MINUTE: Final = 60_000

PLACES: Final[tuple[dict[str, object], ...]] = (
    {"country_code": "HR", "region": "City of Zagreb", "city": "Zagreb", "latitude": 45.815, "longitude": 15.9819},
    {
        "country_code": "NP",
        "region": "Bagmati Province",
        "city": "Kathmandu",
        "latitude": 27.7167,
        "longitude": 85.3167,
    },
    {"country_code": "DE"},
    {},
)


def insert_conversations(agent: Agent) -> None:
    """Insert one conversation every five hours of the range, and one at its last millisecond."""
    times = [*range(SINCE, UNTIL, 300 * MINUTE), UNTIL]
    for number, at in enumerate(times):
        _conversation(agent, f"c-{number}", number, at)
    agent.flush()


def _conversation(agent: Agent, name: str, number: int, at: int) -> None:
    attributes = {
        "device_class": ("desktop", "mobile", "unknown")[number % 3],
        "source_name": ("web", "whats app", "unknown")[number % 3],
        "language_code": ("hr", "ne", "unknown")[number % 3],
        "language_region": ("HR", "unknown", "unknown")[number % 3],
        "verdict": ("positive", "negative", "", "neutral", "unrecognised")[number % 5],
        "escalated": number % 2,
        "escalation_failed": int(number % 4 == 1),
        "visited_at": text(at),
        "first_end_user_message_at": text(at),
        "customer": "" if number % 4 == 0 else f"u-{number % 3}",
    }
    agent.conversation(name, at, **attributes, **PLACES[number % len(PLACES)])
    agent.message(name, at)
    agent.wrote(name, at, str(attributes["customer"]))
    agent.message(name, at + 1_000 * (number + 1), sender="agent")
    agent.event(name, "action", at, action_name="find", call_name="find", call_duration_ms=180.5, failed=number % 2)
    agent.session(name, at, at + 1_000 * (number + 1))
    agent.exchange(name, at, answered_at=text(at + 1_000 * (number + 1)))
