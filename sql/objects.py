"""The objects of the database, in the order in which they can be created.

The order is written here instead of derived from folders, because a view needs the objects that it reads.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sql.event_columns import expand

ROOT = Path(__file__).parent


class Kind(StrEnum):
    """The kind of an object, which is the folder of its file."""

    TABLE = "tables"
    MATERIALIZED_VIEW = "materialized_views"
    VIEW = "views"
    METRIC = "metrics"


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """One object of the database and the statement that creates it."""

    kind: Kind
    name: str
    ddl: str

    @property
    def statement(self) -> str:
        """Return the statement without its header comment and final semicolon."""
        lines = [line for line in self.ddl.splitlines() if not line.startswith("--")]
        return "\n".join(lines).strip().removesuffix(";")

    def statement_in(self, database: str) -> str:
        """Return the statement for one database.

        ClickHouse looks up a parameterized view in the current database of the session, not in that of the view that
        reads it. So a view calls it by its full name.
        """
        return _CALL.sub(rf"\1{database}.\2(", self.statement)

    @property
    def replaceable(self) -> bool:
        """Tell whether the object can be replaced at any time, because it holds no rows and misses none."""
        return self.kind in (Kind.VIEW, Kind.METRIC)

    @property
    def is_gate(self) -> bool:
        """Tell whether it is a materialized view that accepts inserts, which would be lost without it."""
        return self.kind is Kind.MATERIALIZED_VIEW and _GATE.search(self.statement) is not None


_GATE = re.compile(r"^FROM (range_)?inbox$", re.MULTILINE)
_CALL = re.compile(r"(\bFROM )(\w+)\($", re.MULTILINE)

# The table of versions comes first, to record the migrations that a new database does not need.
NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.TABLE: (
        "schema_versions",
        "owners",
        "ranges",
        "range_inbox",
        "inbox",
        "inbox_accepted",
        "events",
        "conversation_facts",
        "session_facts",
        "exchange_facts",
        "end_user_activity",
        "activity",
        "dead_letter_records",
        "forwarded_records",
        "audits",
        "erasures",
    ),
    Kind.VIEW: (
        "current_owners",
        "latest_ranges",
        "conversations",
        "sessions",
        "exchanges",
        "dead_letters",
        "late_clock_changes",
        "local_days",
        "activity_in_range",
        "engaged_conversations",
        "started_sessions",
        "end_user_activity_in_range",
    ),
    # The gates of the fence are created last of all: until then, nothing that is inserted is stored.
    Kind.MATERIALIZED_VIEW: (
        "events_mv",
        "conversation_facts_mv",
        "session_facts_mv",
        "exchange_facts_mv",
        "end_user_activity_mv",
        "activity_mv",
        "dead_letter_records_mv",
        "ranges_mv",
        "inbox_accepted_mv",
    ),
    Kind.METRIC: (
        "total_messages",
        "total_conversations",
        "average_response_time",
        "peak_hours",
        "daily_overview",
        "average_conversation_duration",
        "tool_usage",
        "world_map",
        "world_map_places",
        "device_usage",
        "individual_users",
        "sources",
        "languages",
        "language_regions",
        "human_escalation_rate",
        "conversation_feedback",
        "unique_interactions",
    ),
}


def schema_objects() -> tuple[SchemaObject, ...]:
    """Return all objects, each after those that it needs."""
    return tuple(read_object(kind, name) for kind, names in NAMES.items() for name in names)


def read_object(kind: Kind, name: str) -> SchemaObject:
    """Return one object as its file describes it."""
    return SchemaObject(kind, name, expand((ROOT / kind / f"{name}.sql").read_text(encoding="utf-8")))
