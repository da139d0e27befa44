"""The oracle: the expected rows of every view, computed in plain Python from the delivered records only.

It follows the definitions of the metrics by brute force and shares no code with the product:
records -> events and dead letters (`events`) -> conversations with sessions (`conversations`, `sessions`) -> views.
"""

from collections.abc import Iterable

from tests.oracle.comparison import differences
from tests.oracle.events import DeadLetter, Event, read_record, read_records
from tests.oracle.places import City, Locate, Place, nowhere
from tests.oracle.records import Record, Sent, Settings
from tests.oracle.scope import Question, Row
from tests.oracle.views import COLUMNS, DEFAULT_SETTINGS, History

__all__ = [
    "COLUMNS",
    "City",
    "DeadLetter",
    "Event",
    "History",
    "Locate",
    "Place",
    "Question",
    "Record",
    "Row",
    "Sent",
    "Settings",
    "differences",
    "nowhere",
    "read_record",
    "read_records",
    "view",
]


def view(
    name: str,
    records: Iterable[Record],
    question: Question,
    settings: Settings = DEFAULT_SETTINGS,
    locate: Locate = nowhere,
) -> list[Row]:
    """Return the rows of one view after these records."""
    return History(records, settings, locate).view(name, question)
