"""The settings of the embedded stack, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).parents[2]


class StackSettings(BaseSettings):
    """The settings of the stack; `.env.example` at the root explains each variable."""

    model_config = SettingsConfigDict(env_prefix="CONVOSTREAM_", frozen=True, extra="ignore")

    data_directory: Path = Path(".convostream")
    kafka_topic: str = "agent-events"
    stack_kafka_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    stack_clickhouse_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    stack_dashboard_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    stack_partitions: Annotated[int, Field(ge=1, le=1_000)] = 4

    @property
    def directory(self) -> Path:
        """Return the data directory; a relative path starts at the root of the repository."""
        return (ROOT / self.data_directory).resolve()


class FrontSettings(BaseSettings):
    """The limits of the embedded ClickHouse's HTTP interface; `.env.example` at the root explains each variable."""

    model_config = SettingsConfigDict(env_prefix="CONVOSTREAM_", frozen=True, extra="ignore")

    front_writer_body_bytes: Annotated[int, Field(ge=1024**2)] = 512 * 1024**2
    front_reader_body_bytes: Annotated[int, Field(ge=1024)] = 16 * 1024**2
    front_connections_per_user: Annotated[int, Field(ge=8)] = 256
    front_header_seconds: Annotated[float, Field(gt=0)] = 10
    front_body_seconds: Annotated[float, Field(gt=0)] = 30
