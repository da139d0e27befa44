"""The small job that the pipelines beside this project do, each with its framework: validate, locate, pair, insert.

It is what one would write first: the SDK's models, the country of the address, the time from a question to its answer,
one row an event, two views. Nothing is exact under repetitions, disorder or a crash: what is asked lies in memory.
"""

import os
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

import clickhouse_connect
import maxminddb
import orjson
import pyarrow as pa

from convostream.contract.events import Event, validate_event

BROKER: Final = os.environ.get("CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")
TOPIC: Final = os.environ.get("CONVOSTREAM_KAFKA_TOPIC", "agent-events")

# Where a framework may keep its state.
DIRECTORY: Final = os.environ.get("BENCHMARK_STATE_DIRECTORY", ".")

# For all frameworks: on the embedded broker joining a group takes half of it.
SESSION_SECONDS: Final = 6

# For all frameworks: how many rows they gather for an insert, if they can.
ROWS: Final = 20_000

TEXTS: Final = (
    "event_id", "type", "agent_id", "environment", "conversation_id", "customer_id", "customer_ip_address", "device",
    "source", "language", "sender", "content", "action_name", "response", "error_message", "button_event", "comment",
)  # fmt: skip
OBJECTS: Final = ("metadata", "tools_used", "rating")
SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in (*TEXTS, *OBJECTS)),
        ("occurred_at", pa.timestamp("ms", "UTC")),
        ("duration_ms", pa.float64()),
        ("country_code", pa.string()),
        ("response_ms", pa.int64()),
    ]
)
Row: TypeAlias = tuple[Any, ...]


class SmallJob:
    """What is kept between two records: connections, and the questions that wait for an answer."""

    def __init__(self) -> None:
        self._clickhouse = clickhouse_connect.get_client(
            dsn=os.environ["CONVOSTREAM_CLICKHOUSE_URL"], autogenerate_session_id=False
        )
        self._geoip = maxminddb.open_database(os.environ["CONVOSTREAM_GEOIP_DATABASE"], maxminddb.MODE_MMAP_EXT)
        self._country = lru_cache(65_536)(self._look_up)
        self._asked: dict[bytes, int] = {}
        self._has_begun = False

    def row(self, key: bytes, fields: dict[str, Any]) -> Row:
        """Return the row of a record, paired with what its conversation asked before."""
        event = self.event(fields)
        asked_at, response_ms = pair(self._asked.get(key), event)
        if asked_at is None:
            self._asked.pop(key, None)
        else:
            self._asked[key] = asked_at
        return self.enriched(event, response_ms)

    def event(self, fields: dict[str, Any]) -> Event:
        """Validate an event; the first one is when reading has begun."""
        if not self._has_begun:
            self._has_begun = True
            print(f"reading {time.time()}", flush=True)
        return validate_event(fields)

    def enriched(self, event: Event, response_ms: int | None) -> Row:
        """Return the row of an event, with the country of its address."""
        fields = event.__dict__
        address = fields.get("customer_ip_address")
        return (
            *[fields.get(name) or "" for name in TEXTS],
            *[orjson.dumps(fields[name]).decode() if fields.get(name) is not None else "" for name in OBJECTS],
            event.occurred_at,
            fields.get("duration_ms"),
            self._country(address) if address else "",
            response_ms,
        )

    def insert(self, rows: Sequence[Row]) -> None:
        """Insert rows as one Arrow block."""
        columns = zip(SCHEMA, zip(*rows, strict=True), strict=True)
        arrays = [pa.array(values, field.type) for field, values in columns]
        self._clickhouse.insert_arrow("events", pa.Table.from_arrays(arrays, schema=SCHEMA))

    def _look_up(self, address: str) -> str:
        try:
            found: Any = self._geoip.get(address)
        except ValueError:
            return "unknown"
        return str(found["country"]["iso_code"]) if found and "country" in found else "unknown"


def pair(asked_at: int | None, event: Event) -> tuple[int | None, int | None]:
    """Return since when a question waits after this event, and how long the answer took, if it is one."""
    if event.type != "message" or event.sender == "system":
        return asked_at, None
    if event.sender == "end_user":
        return event.occurred_at if asked_at is None else asked_at, None
    return None, None if asked_at is None else event.occurred_at - asked_at
