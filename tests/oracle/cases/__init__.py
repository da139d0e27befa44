"""Cases computed by hand, by rule and by metric."""

from tests.oracle.cases.durations import DURATIONS
from tests.oracle.cases.messages import MESSAGES
from tests.oracle.cases.numbers import NUMBERS
from tests.oracle.cases.order import ORDER
from tests.oracle.cases.outcomes import OUTCOMES
from tests.oracle.cases.people import PEOPLE
from tests.oracle.cases.places import PLACES
from tests.oracle.cases.response_times import RESPONSE_TIMES
from tests.oracle.cases.scope_and_time import SCOPE_AND_TIME
from tests.oracle.cases.script import Case, Script
from tests.oracle.cases.tools import TOOLS

ALL_CASES: list[Case] = [
    case
    for cases in (
        SCOPE_AND_TIME, ORDER, NUMBERS, MESSAGES, RESPONSE_TIMES, DURATIONS, TOOLS, PLACES, PEOPLE, OUTCOMES,
    )
    for case in cases.all
]  # fmt: skip

__all__ = ["ALL_CASES", "Case", "Script", "cases_of"]


def cases_of(subject: str) -> list[Case]:
    """Return the cases of one rule or one metric."""
    return [case for case in ALL_CASES if case.subject == subject]
