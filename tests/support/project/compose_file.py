"""Read docker-compose.yml as Compose does: substitute variables, then parse YAML."""

import re
from collections.abc import Mapping
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from tests.support.project.metadata import ROOT

VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?:(?P<operator>:?[-?])(?P<word>[^}]*))?\}")


class HealthCheck(BaseModel):
    """The health check of a service."""

    test: list[str]


class Limits(BaseModel):
    """The resource limits of a container."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    cpus: str
    memory: str
    pids: int


class Resources(BaseModel):
    """The resources of a service."""

    limits: Limits


class Deploy(BaseModel):
    """How a service is deployed."""

    resources: Resources


class Logging(BaseModel):
    """The logging of a service."""

    driver: str
    options: dict[str, str]


class Service(BaseModel):
    """A service, as far as the tests need it."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    image: str
    restart: str = "no"
    command: list[str] = []
    environment: dict[str, str | None] = {}
    ports: list[str] = []
    volumes: list[str] = []
    healthcheck: HealthCheck | None = None
    stop_grace_period: str = ""
    depends_on: dict[str, dict[str, str]] = {}
    build: dict[str, str] = {}
    read_only: bool = False
    cap_drop: list[str] = []
    cap_add: list[str] = []
    security_opt: list[str] = []
    deploy: Deploy
    logging: Logging


class ComposeFile(BaseModel):
    """The services and volumes of the file."""

    services: dict[str, Service]
    volumes: dict[str, None]


class MissingVariable(Exception):
    """A required variable is not set; the message is what Compose would print."""


def text() -> str:
    """Return the text of the file."""
    return (ROOT / "docker-compose.yml").read_text()


def content() -> dict[str, object]:
    """Return the parsed file without substitution."""
    loaded: dict[str, object] = yaml.safe_load(text())
    return loaded


def resolved(variables: Mapping[str, str]) -> ComposeFile:
    """Return the file with these variables, as `docker compose config` shows it."""
    lines = [line for line in text().splitlines() if not line.lstrip().startswith("#")]
    filled = VARIABLE.sub(lambda match: _value(match, variables), "\n".join(lines))
    return ComposeFile.model_validate(yaml.safe_load(filled))


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    value, operator, word = variables.get(match["name"], ""), match["operator"] or "", match["word"] or ""
    if value or not operator:
        return value
    if operator.endswith("?"):
        raise MissingVariable(f"{match['name']} {word}")
    return word
