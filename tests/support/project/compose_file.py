"""Reads docker-compose.yml as Compose does: variables are put in, then YAML is parsed."""

import re
from collections.abc import Mapping
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from tests.support.project.metadata import ROOT

VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?:(?P<operator>:?[-?])(?P<word>[^}]*))?\}")


class HealthCheck(BaseModel):
    """How Compose finds out that a service is well."""

    test: list[str]


class Limits(BaseModel):
    """What a container may use at most."""

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
    """Where a service's output goes."""

    driver: str
    options: dict[str, str]


class Service(BaseModel):
    """One service, as far as the tests ask for it."""

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
    """The file's services and volumes."""

    services: dict[str, Service]
    volumes: dict[str, None]


class MissingVariable(Exception):
    """A variable that Compose insists on is not set; the message is what Compose would print."""


def text() -> str:
    """The file as it stands."""
    return (ROOT / "docker-compose.yml").read_text()


def content() -> dict[str, object]:
    """The parsed file with its variables as they stand."""
    loaded: dict[str, object] = yaml.safe_load(text())
    return loaded


def resolved(variables: Mapping[str, str]) -> ComposeFile:
    """The file with these variables put in, as `docker compose config` shows it."""
    lines = [line for line in text().splitlines() if not line.lstrip().startswith("#")]
    filled = VARIABLE.sub(lambda found: _value(found, variables), "\n".join(lines))
    return ComposeFile.model_validate(yaml.safe_load(filled))


def _value(found: re.Match[str], known: Mapping[str, str]) -> str:
    value, operator, word = known.get(found["name"], ""), found["operator"] or "", found["word"] or ""
    if value or not operator:
        return value
    if operator.endswith("?"):
        raise MissingVariable(f"{found['name']} {word}")
    return word
