"""Holds the settings of enrichment: the GeoIP database, the escalation set, and how personal data is stored."""

from dataclasses import dataclass, field

import orjson

from stream_processors.conversations.rules import EscalationActions
from stream_processors.enrichment.geolocation import Geolocator, default_database
from stream_processors.enrichment.ip_addresses import StatedAddresses
from stream_processors.privacy.redaction import load_redaction
from stream_processors.privacy.storage_policy import AddressStorage, ContentPolicy
from stream_processors.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Enrichment:
    """The readers and rules of enrichment, the same for every event of a process."""

    geolocator: Geolocator
    escalation_actions: EscalationActions
    address_storage: AddressStorage = "truncated"
    content: ContentPolicy = field(default_factory=ContentPolicy)

    def address(self, text: str | None, stated: StatedAddresses | None) -> str | None:
        """Return the form in which a text of addresses is stored, None when nothing is stored."""
        if stated is None or self.address_storage == "dropped":
            return None
        return text if self.address_storage == "full" else stated.truncated


def make_enrichment(settings: WorkerSettings) -> Enrichment:
    """Return the readers and rules of the settings.

    Raises GeolocationDatabaseError when there is no usable database.
    """
    return Enrichment(
        Geolocator(settings.geoip_database or default_database()),
        settings.fold_rules.escalation_actions,
        settings.address_storage,
        content_policy(settings),
    )


def content_policy(settings: WorkerSettings) -> ContentPolicy:
    """Return the policy of the settings for storing texts."""
    redaction = load_redaction(settings.redaction_file) if settings.redaction_file else None
    return ContentPolicy(settings.content_storage, settings.hash_key.get_secret_value().encode(), redaction)


def as_json(value: object) -> str | None:
    """Return a JSON value as text, None for None and for empty values."""
    return orjson.dumps(value).decode() if value else None
