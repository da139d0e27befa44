"""Reads docker-compose.yml as Compose does: variables are put in, then YAML is parsed."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

from tests.unit.packaging.project import ROOT

VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?:(?P<operator>:?[-?])(?P<word>[^}]*))?\}")


class HealthCheck(BaseModel):
    """How Compose finds out that a service is well."""

    test: list[str]


class Service(BaseModel):
    """One service, as far as the tests ask for it."""

    model_config = ConfigDict(extra="allow")

    image: str
    restart: str = "no"
    command: list[str] = []
    environment: dict[str, str | int | None] = {}
    ports: list[str] = []
    volumes: list[str] = []
    healthcheck: HealthCheck | None = None
    stop_grace_period: str = ""
    depends_on: dict[str, dict[str, str]] = Field(default_factory=dict)


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


@cache
def _with(variables: tuple[tuple[str, str], ...]) -> ComposeFile:
    known = dict(variables)
    lines = [line for line in text().splitlines() if not line.lstrip().startswith("#")]
    return ComposeFile.model_validate(yaml.safe_load(VARIABLE.sub(lambda m: _value(m, known), "\n".join(lines))))


def resolved(variables: Mapping[str, str]) -> ComposeFile:
    """The file with these variables put in, as `docker compose config` shows it."""
    return _with(tuple(variables.items()))


def _value(found: re.Match[str], known: Mapping[str, str]) -> str:
    value, operator, word = known.get(found["name"], ""), found["operator"] or "", found["word"] or ""
    if value or not operator:
        return value
    if operator.endswith("?"):
        raise MissingVariable(f"{found['name']} {word}")
    return word
