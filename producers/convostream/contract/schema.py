"""Generate the published contract from the models: JSON Schema of an event, AsyncAPI of the topic."""

import json
from typing import Any, Final

from convostream.contract.events import EVENT_ADAPTER, EVENT_MODELS

_SCHEMA_FILE: Final = "events.schema.json"

_ASYNCAPI_HEAD: Final = """\
asyncapi: 3.0.0
info:
  title: Convostream events
  version: 1.0.0
  description: What happens in the conversations of AI agents, as their services publish it.
defaultContentType: application/json
channels:
  agentEvents:
    address: agent-events
    description: >-
      The record's key is the UTF-8 text <agent_id>/<conversation_id>, its value one event as a JSON object of at most
      1 MiB; partitions by murmur2 of the key, so that a conversation is one partition, in order.
    messages:
"""

_ASYNCAPI_OPERATION: Final = """\
operations:
  publishEvent:
    action: send
    channel:
      $ref: '#/channels/agentEvents'
    summary: An agent's service publishes an event.
"""


def events_schema() -> str:
    """Return the JSON Schema of an event, as the text of `docs/events.schema.json`."""
    schema = EVENT_ADAPTER.json_schema()
    for definition in schema["$defs"].values():
        _make_public(definition)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Event",
        "description": "One event of an agent's conversation; null in any field means absent.",
    }
    return json.dumps({**head, **schema}, indent=2, ensure_ascii=False) + "\n"


def asyncapi() -> str:
    """Return the AsyncAPI document of the topic, as the text of `docs/asyncapi.yaml`."""
    return _ASYNCAPI_HEAD + "".join(map(_message, EVENT_MODELS)) + _ASYNCAPI_OPERATION


def _message(model: type) -> str:
    return (
        f"      {model.__name__}:\n"
        f"        summary: '{(model.__doc__ or '').replace(chr(39), chr(39) * 2)}'\n"
        f"        payload:\n"
        f"          $ref: './{_SCHEMA_FILE}#/$defs/{model.__name__}'\n"
    )


def _make_public(definition: dict[str, Any]) -> None:
    """Require the type, which Python fills in, and let null stand for absent where a field is not required."""
    properties = definition.get("properties", {})
    if "type" in properties:
        definition["required"] = ["type", *definition["required"]]
    required = definition.get("required", [])
    for name, field in properties.items():
        field.pop("title", None)
        if name not in required and "anyOf" not in field:
            properties[name] = _nullable(field)
        if field.get("default", 0) is None:
            del field["default"]


def _nullable(field: dict[str, Any]) -> dict[str, Any]:
    outer: dict[str, Any] = {key: field.pop(key) for key in ("default", "description") if key in field}
    return {"anyOf": [field, {"type": "null"}], **outer}
