"""The columns of `inbox`: their Arrow types, and which of them the rows of each kind have.

The files of the schema declare the columns; this module reads them there.
"""

import re
from typing import Final

import pyarrow as pa

from sql.event_columns import columns_of, event_columns
from sql.objects import Kind, read_object

TEXT: Final = pa.string()
TIME: Final = pa.timestamp("ms", tz="UTC")
FLAG: Final = pa.bool_()
NUMBER: Final = pa.float64()
COUNT: Final = pa.uint64()
SMALL: Final = pa.uint32()
BYTES: Final = pa.binary()
TEXTS: Final = pa.list_(TEXT)

# The Arrow type of a value of each ClickHouse type. UInt8 is a flag but for the columns of _OTHER_TYPES.
_TYPES: Final = {
    "String": TEXT,
    "DateTime64(3, 'UTC')": TIME,
    "UInt8": FLAG,
    "Float64": NUMBER,
    "UInt64": COUNT,
    "UInt32": SMALL,
    "Int32": pa.int32(),
    "Int64": pa.int64(),
    "Array(String)": TEXTS,
    "Array(Tuple(String, Nullable(String)))": pa.list_(pa.struct([("1", TEXT), ("2", BYTES)])),
}
_OTHER_TYPES: Final = {"schema_version": pa.uint8(), "raw": BYTES, "key": BYTES}
_ARRAY: Final = re.compile(r"Array\((.*)\)")
_NULLABLE: Final = re.compile(r"Nullable\((.*)\)")

_INBOX: Final = read_object(Kind.TABLE, "inbox").ddl

# The ClickHouse type of one value of each column: the inbox holds arrays of them, but one value of the BLOCK_COLUMNS.
_VALUE_TYPES: Final = {
    column.name: array[1] if (array := _ARRAY.fullmatch(column.type)) else column.type for column in columns_of(_INBOX)
}


def _arrow_type(name: str, type_: str) -> pa.DataType:
    plain = re.sub(r"LowCardinality\((\w+)\)", r"\1", type_)
    nullable = _NULLABLE.fullmatch(plain)
    return _OTHER_TYPES.get(name) or _TYPES[nullable[1] if nullable else plain]


COLUMN_TYPES: Final[dict[str, pa.DataType]] = {name: _arrow_type(name, type_) for name, type_ in _VALUE_TYPES.items()}

# The columns in which null is a value; in all others it is the default: the empty text, 0.
NULLABLE: Final = frozenset(name for name, type_ in _VALUE_TYPES.items() if _NULLABLE.fullmatch(type_))

_EVENT: Final = tuple(column.name for column in event_columns())
_FACT: Final = "agent_id environment conversation_hash sign"

# The columns of each kind of rows, as its materialized view takes them.
KIND_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "event": _EVENT,
    "lost_event": _EVENT,
    **{
        kind: tuple(names.split())
        for kind, names in {
            "conversation_fact": (
                f"{_FACT} conversation_id quarter_hour engaged_at visited_at first_end_user_message_at customer"
                " country_code region city latitude longitude device_class source_name language_code language_region"
                " verdict escalated escalation_failed"
            ),
            "session_fact": (
                f"{_FACT} quarter_hour started_at last_activity_at ended_at closes_at activities"
                " conversation_last_activity_at conversation_activities conversation_closes_at"
            ),
            "exchange_fact": f"{_FACT} quarter_hour asked_at last_asked_at answered_at closes_at",
            "end_user_activity": f"{_FACT} quarter_hour customer",
            "dead_letter": (
                "offset origin_topic origin_partition origin_log_epoch origin_offset received_at status reason_code"
                " reason raw has_value key has_key headers storage digest"
            ),
            "activity": (
                "agent_id environment quarter_hour conversation_hash type sender end_user_messages agent_messages"
                " actions buttons"
            ),
        }.items()
    },
}
