"""Read `.env.example`, and find the settings of the programs."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import click
from pydantic import BaseModel

from tests.support.project.metadata import ROOT

PREFIX: Final = "CONVOSTREAM_"
PROGRAMS: Final = ("convostream", "stream_processors", "sql", "dashboard", "deploy")
_LINE: Final = re.compile(rf"(?P<comment># .+)\n(?P<off>#?)(?P<name>{PREFIX}\w+)=(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the file: its value, whether it is active, and the comment above it."""

    name: str
    value: str
    active: bool
    comment: str


def variables() -> list[Variable]:
    """Return the variables of the file, each with the comment right above it."""
    return [
        Variable(found["name"], found["value"], not found["off"], found["comment"])
        for found in _LINE.finditer((ROOT / ".env.example").read_text())
    ]


def settings_classes() -> set[type[BaseModel]]:
    """Return the classes whose name ends in Settings, of every module of every program."""
    return {
        value
        for module in _modules()
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, BaseModel)
        and value.__module__ == module.__name__
        and value.__name__.endswith("Settings")
    }


def options() -> Iterator[click.Parameter]:
    """Yield the options of every command line that have an environment variable."""
    found = {id(v): v for module in _modules() for v in vars(module).values() if isinstance(v, click.Command)}
    for command in found.values():
        yield from (option for option in command.params if option.envvar)


def _modules() -> Iterator[ModuleType]:
    for name in PROGRAMS:
        package = importlib.import_module(name)
        yield package
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            yield importlib.import_module(module.name)
