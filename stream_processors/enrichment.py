"""How events are enriched: where addresses lie, which actions escalate, and what is stored of people's data."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import orjson

from stream_processors.addresses import StatedAddresses
from stream_processors.escalation import EscalationActions
from stream_processors.geolocation import Geolocator


@dataclass(frozen=True, slots=True)
class Enrichment:
    """The readers and rules that enriching an event needs, the same for every event of a process."""

    geolocator: Geolocator
    escalation_actions: EscalationActions
    address_storage: Literal["full", "truncated", "dropped"] = "truncated"
    content_storage: Literal["full", "hashed", "dropped"] = "full"

    def address(self, text: str | None, stated: StatedAddresses | None) -> str | None:
        """Return what is stored of a text that states addresses, None when there is none."""
        if stated is None or self.address_storage == "dropped":
            return None
        return text if self.address_storage == "full" else stated.truncated

    def content(self, text: str | None) -> str | None:
        """Return what is stored of text that people wrote: all of it, its SHA-256 in hex, or nothing."""
        if text is None or self.content_storage == "full":
            return text
        return None if self.content_storage == "dropped" else hashlib.sha256(text.encode()).hexdigest()

    def contents(self, texts: list[str | None]) -> list[str | None]:
        """Return what is stored of texts that people wrote."""
        return texts if self.content_storage == "full" else [self.content(text) for text in texts]


def as_json(value: object) -> str | None:
    """Return a JSON value as text, None for None and for what is empty."""
    return orjson.dumps(value).decode() if value else None
