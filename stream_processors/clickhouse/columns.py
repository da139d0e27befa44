"""The columns of `inbox`: their Arrow types, and which of them rows of each kind have."""

from typing import Final

import pyarrow as pa

TEXT: Final = pa.string()
TIME: Final = pa.timestamp("ms", tz="UTC")
FLAG: Final = pa.bool_()
NUMBER: Final = pa.float64()
COUNT: Final = pa.uint64()
SMALL: Final = pa.uint32()
BYTES: Final = pa.binary()
TEXTS: Final = pa.list_(TEXT)

_TYPED: Final[dict[pa.DataType, str]] = {
    TEXT: (
        "kind agent_id environment conversation_id event_id type customer_id customer_ip_address device source"
        " language name sender content attachments action_name tools_used response error_message button_event label"
        " value rating comment rated_by model metadata extra customer country_code region city device_class"
        " source_name language_code language_region verdict call_name reason reason_code status topic"
        " origin_topic owner_id storage digest"
    ),
    TIME: (
        "occurred_at received_at started_at ended_at engaged_at visited_at first_end_user_message_at last_activity_at"
        " closes_at conversation_last_activity_at conversation_closes_at asked_at last_asked_at answered_at"
    ),
    FLAG: "has_public_address failed escalated escalation_failed has_value has_key",
    NUMBER: "duration_ms call_duration_ms latitude longitude",
    COUNT: (
        "prompt_tokens completion_tokens total_tokens embedding_tokens log_epoch offset origin_log_epoch origin_offset"
        " owner_epoch conversation_hash"
    ),
    SMALL: "partition origin_partition quarter_hour activities conversation_activities",
    BYTES: "raw key",
    pa.int32(): "sign",
    pa.int64(): "end_user_messages agent_messages actions buttons",
    pa.uint8(): "schema_version",
    TEXTS: "invalid_fields",
    pa.list_(pa.struct([("1", TEXT), ("2", BYTES)])): "headers",
}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COLUMN_TYPES: Final[dict[str, pa.DataType]] = {name: kind for kind, names in _TYPED.items() for name in _names(names)}

# The columns in which null is a value; in all others it is the default: the empty text, 0.
NULLABLE: Final = frozenset(
    _names(
        "started_at ended_at duration_ms prompt_tokens completion_tokens total_tokens embedding_tokens latitude"
        " longitude call_duration_ms engaged_at visited_at first_end_user_message_at closes_at"
        " conversation_last_activity_at conversation_activities conversation_closes_at answered_at"
    )
)

_FACT: Final = "agent_id environment conversation_hash sign"
_EVENT: Final = (
    "agent_id environment conversation_id conversation_hash event_id occurred_at quarter_hour received_at"
    " invalid_fields metadata extra offset type schema_version customer_id customer_ip_address device source language"
    " name customer has_public_address country_code region city latitude longitude device_class source_name"
    " language_code language_region verdict sender content attachments action_name started_at ended_at duration_ms"
    " tools_used response error_message call_name call_duration_ms failed button_event label value rating comment"
    " rated_by prompt_tokens completion_tokens total_tokens embedding_tokens model"
)

# The columns of each kind of rows, as its materialized view takes them.
KIND_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    kind: _names(names)
    for kind, names in {
        "event": _EVENT,
        "lost_event": _EVENT,
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
            "offset origin_topic origin_partition origin_log_epoch origin_offset received_at status reason_code reason"
            " raw has_value key has_key headers storage digest"
        ),
        "activity": (
            "agent_id environment quarter_hour conversation_hash type sender end_user_messages agent_messages actions"
            " buttons"
        ),
    }.items()
}
