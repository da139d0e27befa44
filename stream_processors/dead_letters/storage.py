"""What is stored of a refused record: its bytes, their keyed hash, or neither.

Stored bytes are the original ones: they are the evidence, and a replay sends them. There are two exceptions. If
addresses are dropped or texts are redacted, the same happens here, so that an invalid record cannot bring in what the
operator does not want to store.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import orjson

from stream_processors.decoding.decode import nesting
from stream_processors.decoding.fast_path import MAX_NESTING
from stream_processors.enrichment.ip_addresses import read_address
from stream_processors.kafka.records import DEAD_LETTER_HEADER, ORIGIN_HEADER, RECEIVED_AT_HEADER, KeptRecord, Record
from stream_processors.privacy.redaction import Redaction
from stream_processors.privacy.storage_policy import ContentPolicy, Storage
from stream_processors.settings import WorkerSettings

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]
Keep = Callable[[Record], KeptRecord]
OWN_HEADERS: Final = frozenset((ORIGIN_HEADER, RECEIVED_AT_HEADER, DEAD_LETTER_HEADER))

ADDRESS_FIELD: Final = "customer_ip_address"

# Fields that redaction leaves unchanged, as in valid events.
IDENTIFIERS: Final = frozenset(
    (
        "event_id", "schema_version", "type", "agent_id", "environment", "conversation_id", "customer_id",
        "occurred_at", "started_at", "ended_at", "sender", "action_name", "button_event", "rated_by", "model",
    )
)  # fmt: skip

# Candidates for addresses; `read_address` decides.
_LIKE_ADDRESSES: Final = re.compile(rb"[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*|[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


@dataclass(frozen=True, slots=True)
class DeadLetterPolicy:
    """How refused records are stored; `content` has the hash key and the redaction rules."""

    storage: Storage = "full"
    drops_addresses: bool = False
    content: ContentPolicy = field(default_factory=ContentPolicy)

    def keep(self, record: Record) -> KeptRecord:
        """Return what is stored of a record."""
        value = record.value
        if self.storage != "full":
            is_hashed = self.storage == "hashed" and value is not None
            return KeptRecord(self.storage, None, None, (), self.content.digest(value or b"") if is_hashed else "")
        if value is not None and self.drops_addresses:
            value = _without_addresses(value)
        redaction = self.content.redaction
        if redaction is None:
            return KeptRecord("full", value, record.key, record.headers)
        return KeptRecord(
            "full",
            None if value is None else _redacted(value, redaction),
            None if record.key is None else redaction.raw(record.key),
            _redacted_headers(record.headers, redaction),
        )


def dead_letter_policy(settings: WorkerSettings, content: ContentPolicy) -> DeadLetterPolicy:
    """Return how refused records are stored: as texts and addresses are, unless the settings say it."""
    if settings.dead_letter_storage is not None:
        return DeadLetterPolicy(settings.dead_letter_storage, content=content)
    kept: Storage = "hashed" if content.hash_key else "dropped"
    drops_addresses = settings.address_storage == "dropped"
    return DeadLetterPolicy("full" if content.storage == "full" else kept, drops_addresses, content)


def _without_addresses(value: bytes) -> bytes:
    """Return a body without the addresses of customers."""
    if ADDRESS_FIELD.encode() not in value and b"\\u" not in value:
        return value
    parsed = _parsed(value)
    if parsed is None:
        return _LIKE_ADDRESSES.sub(lambda found: b"" if read_address(found[0].decode()) else found[0], value)
    return orjson.dumps(parsed) if _hide_addresses(parsed) else value


def _hide_addresses(value: object) -> bool:
    """Empty the addresses in a JSON value; tell whether it names any."""
    found = False
    if isinstance(value, dict) and ADDRESS_FIELD in value:
        value[ADDRESS_FIELD] = _hidden(value[ADDRESS_FIELD])
        found = True
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(list(map(_hide_addresses, children))) or found  # all of them, not the first alone


def _hidden(value: object) -> object:
    """Return an empty JSON value of the same type: what is no text stays invalid."""
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    if isinstance(value, str):
        return ""
    return {} if isinstance(value, dict) else None if value is None else 0


def _parsed(value: bytes) -> object:
    """Return what a body says as JSON, None when that is nothing or nested too deeply to look at."""
    try:
        parsed: object = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return parsed if nesting(parsed) <= MAX_NESTING else None


def _redacted(value: bytes, redaction: Redaction) -> bytes:
    parsed = _parsed(value)
    if parsed is None:
        return redaction.raw(value)
    if not isinstance(parsed, dict):
        return orjson.dumps(redaction.value(parsed))
    kept = {name: text for name, text in parsed.items() if name in IDENTIFIERS and isinstance(text, str)}
    return orjson.dumps({**redaction.fields({name: parsed[name] for name in parsed if name not in kept}), **kept})


def _redacted_headers(headers: Headers, redaction: Redaction) -> Headers:
    """Return headers redacted, their names too; those of replays say where a record came from, and stay."""
    return [
        (name, value) if name in OWN_HEADERS else (redaction.text(name), value and redaction.raw(value))
        for name, value in headers
    ]
