"""`.env.example` has every setting once, with the default that the code has."""

import os
import re

import pytest

from tests.support.project.compose_file import VARIABLE
from tests.support.project.compose_file import text as compose_text
from tests.support.project.env_example import PREFIX, PROGRAMS, options, settings_classes, variables
from tests.support.project.metadata import ROOT

SOURCES = [
    path
    for folder in ("producers", *PROGRAMS[1:])
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".xml", ".yml", ".sql"}
]

# Words with the prefix that are not variables: prefixes of the fence's errors.
MARKS = {f"{PREFIX}STALE_OWNER", f"{PREFIX}SCHEMA_CHANGE"}
UNITS = {
    "SECONDS": "in seconds",
    "MINUTES": "in minutes",
    "MONTHS": "in months",
    "DAYS": "in days",
    "BYTES": "in bytes",
}


@pytest.fixture(autouse=True)
def _only_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def _shown() -> dict[str, str]:
    return {variable.name: variable.value for variable in variables()}


def _read_by_programs() -> set[str]:
    fields = {f"{PREFIX}{field.upper()}" for settings in settings_classes() for field in settings.model_fields}
    return fields | {str(option.envvar) for option in options()}


def test_each_variable_is_listed_once() -> None:
    assert len(_shown()) == (ROOT / ".env.example").read_text().count(PREFIX) > 0


def test_each_variable_that_a_program_reads_is_explained() -> None:
    assert _read_by_programs() - _shown().keys() == set()


def test_each_variable_that_the_sources_name_is_explained() -> None:
    named = {name for path in SOURCES for name in re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", path.read_text())}
    assert named - _shown().keys() - MARKS == set()


def test_no_unused_variable_is_explained() -> None:
    users = (ROOT / "deploy/clickhouse/users.d/convostream.xml").read_text()
    interpolated = "\n".join(found["name"] for found in VARIABLE.finditer(compose_text()))
    sources = "\n".join([path.read_text() for path in SOURCES if path.suffix == ".py"] + [users, interpolated])
    assert [name for name in _shown().keys() - _read_by_programs() if name not in sources] == []


def test_the_default_shown_is_the_default_of_each_settings_class() -> None:
    shown, wrong = {v.name: "" if v.value == "CHANGEME" else v.value for v in variables()}, []
    for settings in settings_classes():
        for field in settings.model_fields:
            default, text = getattr(settings(), field), shown.get(f"{PREFIX}{field.upper()}", "")
            meant = getattr(settings.model_validate({field: text}), field) if text else text
            if meant != default and (text or str(default or "")):
                wrong.append(f"{settings.__name__}.{field} is {default!r}, shown is {text!r}")
    assert wrong == []


def test_the_default_shown_is_the_default_of_each_option() -> None:
    shown = _shown()
    differing = {str(o.envvar): (o.default, shown.get(str(o.envvar))) for o in options()}
    assert {name: pair for name, pair in differing.items() if str(pair[0]) != pair[1]} == {}


def test_variables_without_a_default_are_changeme_and_all_others_are_comments() -> None:
    assert {v.name for v in variables() if v.active} == {v.name for v in variables() if v.value == "CHANGEME"}


@pytest.mark.parametrize("ending", UNITS)
def test_a_quantity_has_its_unit(ending: str) -> None:
    assert [v.name for v in variables() if v.name.endswith(ending) and UNITS[ending] not in v.comment] == []
