"""The settings of an agent's process, read once from the environment, frozen, and passed on.

Each field is the variable CONVOSTREAM_<FIELD IN CAPITALS>; `.env.example` lists them all.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError

from convostream.errors import InvalidSettings
from convostream.kafka.security import PREFIX, KafkaSecurity, setting_problems


class Settings(KafkaSecurity):
    """The settings of an agent's process; every field has a default."""

    agent_id: str | None = Field(None, description="The bot whose events these are.")
    environment: str = Field("production", description="Where it runs.")
    kafka_bootstrap_servers: str = Field("localhost:9092", description="Brokers, host:port, separated by commas.")
    kafka_topic: str = Field("agent-events", description="The topic of the events.")
    kafka_compression: Literal["auto", "lz4", "gzip", "zstd", "snappy", "none"] = Field(
        "auto", description="auto is lz4 when it is installed (pip install cramjam), else none."
    )
    kafka_idempotence: bool = Field(
        False, description="Idempotent producer; not needed, since repeated event ids are dropped downstream."
    )
    kafka_request_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    buffer_bytes: Annotated[int, Field(gt=0)] = Field(64 * 2**20, description="What unsent events may hold of memory.")
    spool_directory: Path | None = Field(
        None, description="Where events lie on disk until they are sent; none: memory."
    )
    spool_bytes: Annotated[int, Field(gt=0)] = Field(
        2**30, description="What the directory may hold, of all processes."
    )
    spool_fsync: Literal["each", "interval", "never"] = Field("interval", description="When events are forced to disk.")
    spool_fsync_interval_ms: Annotated[int, Field(gt=0)] = 200
    linger_seconds: Annotated[float, Field(ge=0)] = Field(0.02, description="How long events are gathered.")
    exit_timeout_seconds: Annotated[float, Field(ge=0)] = Field(
        5.0, description="How long the exit of the process waits for unsent events."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from CONVOSTREAM_ variables; an empty variable counts as not set.

        Raises InvalidSettings with the variables that have invalid values.
        """
        variables = os.environ if environment is None else environment
        given = {name: variables.get(PREFIX + name.upper(), "") for name in cls.model_fields}
        try:
            return cls.model_validate({name: value for name, value in given.items() if value})
        except ValidationError as error:
            problems = setting_problems(error)
        raise InvalidSettings("; ".join(problems))  # outside of the handler, whose error holds the values
