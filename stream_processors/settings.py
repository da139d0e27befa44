"""The settings of a worker: one frozen object, read once from the environment and passed in."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from convostream.kafka.security import KafkaSecurity
from sql.address import parse_address
from sql.errors import AddressError
from stream_processors.conversations.rules import EscalationActions, FoldRules
from stream_processors.privacy.redaction import RedactionFile


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _existing(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise ValueError(f"there is no file {path}; name a GeoIP2 City file (.mmdb), or leave the setting away")
    return path


def _long_enough(key: SecretStr, info: ValidationInfo) -> SecretStr:
    given = key.get_secret_value()
    needing = [name for name in ("content_storage", "dead_letter_storage") if info.data.get(name) == "hashed"]
    if (given or needing) and len(given) < SHORTEST_HASH_KEY:
        why = f", because CONVOSTREAM_{needing[0].upper()} is hashed" if needing else ""
        raise ValueError(f"a secret of at least {SHORTEST_HASH_KEY} characters is needed{why}")
    return key


def _address(url: SecretStr) -> SecretStr:
    """Return an address that can be parsed."""
    try:
        parse_address(url.get_secret_value())
    except AddressError as error:
        raise ValueError(str(error)) from None
    return url


SHORTEST_HASH_KEY: Final = 32
BUFFER_BYTES: Final = 64 * 1024**2


class WorkerSettings(KafkaSecurity, BaseSettings):
    """The settings of a worker; `.env.example` explains each variable."""

    model_config = SettingsConfigDict(env_prefix="CONVOSTREAM_", frozen=True, extra="ignore", env_ignore_empty=True)

    kafka_bootstrap_servers: str = "localhost:9092"
    kafka_topic: str = "agent-events"
    kafka_group: str = "convostream-workers"
    kafka_session_timeout_seconds: Annotated[float, Field(ge=1, le=300)] = 10

    clickhouse_url: Annotated[SecretStr, AfterValidator(_address)] = SecretStr(
        "http://writer:password@localhost:8123/convostream"
    )
    clickhouse_timeout_seconds: Annotated[float, Field(gt=0)] = 60
    geoip_database: Annotated[Path | None, AfterValidator(_existing)] = None

    flush_max_rows: Annotated[int, Field(ge=1, le=100_000)] = 50_000
    flush_max_age_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    buffer_max_bytes: Annotated[int | None, Field(ge=1_048_576)] = None
    state_cache_bytes: Annotated[int, Field(ge=0)] = 192 * 1024**2

    session_gap_minutes: Annotated[int, Field(ge=1, le=1_440)] = 30
    escalation_actions: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = (
        "fallback_to_human",
        "open_ticket",
        "ticket",
        "contact_human",
    )
    address_storage: Literal["full", "truncated", "dropped"] = "truncated"
    content_storage: Literal["full", "hashed", "dropped"] = "full"
    dead_letter_storage: Literal["full", "hashed", "dropped"] | None = None
    hash_key: Annotated[SecretStr, AfterValidator(_long_enough), Field(validate_default=True)] = SecretStr("")
    redaction_file: RedactionFile = None

    audit_interval_seconds: Annotated[float, Field(ge=0)] = 3_600

    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 9108
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    watchdog_seconds: Annotated[float, Field(ge=0)] = 120

    def buffer_share(self, partitions: int) -> int:
        """Return how many bytes of records each of `owned` partitions may buffer.

        Without the setting, all together may buffer 64 MiB, or 16 MiB per partition if that is more, up to 192 MiB.
        """
        if self.buffer_max_bytes is not None:
            return self.buffer_max_bytes // partitions
        return max(BUFFER_BYTES, min(BUFFER_BYTES // 4 * partitions, BUFFER_BYTES * 3)) // partitions

    @property
    def fold_rules(self) -> FoldRules:
        """The settings that enter the fold."""
        return FoldRules(self.session_gap_minutes * 60_000, EscalationActions(self.escalation_actions))
