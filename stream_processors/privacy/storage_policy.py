"""Decides how personal texts are stored: in full, redacted, as a keyed hash, or not at all.

It applies after all columns were derived. Metrics read derived columns only, so their numbers are the same under every
policy. docs/privacy.md lists all fields.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from sql.event_columns import CONTENT_COLUMNS
from stream_processors.privacy.redaction import Redaction

Storage = Literal["full", "hashed", "dropped"]
AddressStorage = Literal["full", "truncated", "dropped"]

# Columns of `events` with JSON by people or about them.
JSON_COLUMNS: Final = frozenset(("attachments", "tools_used", "rating", "metadata", "extra"))

# Such columns with plain text. The address has its own setting.
TEXT_COLUMNS: Final = frozenset(CONTENT_COLUMNS) - JSON_COLUMNS - {"customer_ip_address"}

CUSTOMER_ID: Final = "customer_id"
HASH_NAME: Final = "hmac-sha256"


@dataclass(frozen=True, slots=True)
class ContentPolicy:
    """The way texts are stored. The same text has the same hash as long as the key does not change."""

    storage: Storage = "full"
    hash_key: bytes = b""
    redaction: Redaction | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether every text is stored unchanged."""
        return self.storage == "full" and self.redaction is None

    def columns(self, names: Sequence[str], columns: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
        """Return columns of `events` as they are stored: texts follow the policy, other columns stay unchanged."""
        return [self._column(name, values) for name, values in zip(names, columns, strict=True)]

    def _column(self, name: str, values: Sequence[Any]) -> Sequence[object]:
        if name in TEXT_COLUMNS:
            return [value and self.text(value) for value in values]
        return self.json_column(name, values) if name in JSON_COLUMNS else values

    def json_column(self, name: str, values: Sequence[str | None]) -> list[str | None]:
        """Return a column of JSON texts as it is stored."""
        return [value and self.json(name, value) for value in values]

    def text(self, text: str) -> str | None:
        """Return a non-empty text as it is stored."""
        if self.storage == "dropped":
            return None
        if self.redaction is not None:
            text = self.redaction.text(text)
        return text if self.storage == "full" else f"{HASH_NAME}:{self.digest(text.encode())}"

    def json(self, name: str, text: str) -> str | None:
        """Return a JSON text as it is stored, which is valid JSON too; a hash covers the whole text.

        A customer id among the extra fields is kept, as it is in events with a field for it, because `erase` searches
        for it.
        """
        kept = _customer_in(text) if name == "extra" and CUSTOMER_ID in text else {}
        if self.redaction is not None:
            text = self.redaction.json(text)
        if self.storage == "full":
            return _dumps({**orjson.loads(text), **kept}) if kept else text
        hashed = {HASH_NAME: self.digest(text.encode()), **kept} if self.storage == "hashed" else kept
        return _dumps([hashed] if name == "attachments" else hashed) if hashed else None

    def digest(self, value: bytes) -> str:
        """Return the keyed hash of bytes, in hex."""
        return hmac.digest(self.hash_key, value, "sha256").hex()


def _customer_in(extra: str) -> dict[str, str]:
    customer = orjson.loads(extra).get(CUSTOMER_ID)
    return {CUSTOMER_ID: customer} if isinstance(customer, str) else {}


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()
