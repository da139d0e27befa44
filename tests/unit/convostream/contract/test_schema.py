"""The published schemas are those of the models, and say the same as the door does."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from convostream.contract.schema import asyncapi, events_schema
from tests.support.sdk.events import OWN, event, without
from tests.unit.convostream.contract.test_events import ALLOWED, REFUSED

DOCS = Path(__file__).parents[4] / "docs"
VALIDATOR = Draft202012Validator(json.loads(events_schema()))

# JSON Schema has no days of a month, and to it 5.0 is an integer and an id may end with a line feed.
BEYOND_SCHEMA = {"a day that is none", "version 1.0", "5.0 tokens", "a size of 5.0", "an id with a line feed"}


def test_the_files_in_docs_are_what_the_models_give() -> None:
    command = "run: python -m convostream schema --write docs"
    assert (DOCS / "events.schema.json").read_text(encoding="utf-8") == events_schema(), command
    assert (DOCS / "asyncapi.yaml").read_text(encoding="utf-8") == asyncapi(), command


@pytest.mark.parametrize("fields", ALLOWED)
def test_the_schema_takes_what_the_door_takes(fields: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors(fields)) == []


@pytest.mark.parametrize("kind", OWN)
def test_the_schema_takes_null_where_a_field_may_be_absent(kind: str) -> None:
    names = {"schema_version", "environment", "metadata", *OWN[kind]} - {"sender", "content", "rating"}
    names -= {"action_name", "button_event"}
    for fields in event(kind, **dict.fromkeys(names)), without(event(kind), *names):
        assert list(VALIDATOR.iter_errors(fields)) == []


@pytest.mark.parametrize(
    "fields", [pytest.param(case[2], id=case[3]) for case in REFUSED if case[3] not in BEYOND_SCHEMA]
)
def test_the_schema_refuses_what_the_door_refuses(fields: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(fields)


def test_the_asyncapi_document_names_the_schema_of_each_message() -> None:
    document = yaml.safe_load(asyncapi())
    definitions = json.loads(events_schema())["$defs"]
    messages = document["channels"]["agentEvents"]["messages"]
    assert len(messages) == len(OWN)
    for name, message in messages.items():
        assert message["payload"]["$ref"] == f"./events.schema.json#/$defs/{name}"
        assert name in definitions
