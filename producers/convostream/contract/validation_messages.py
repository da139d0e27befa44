"""Translate pydantic's errors into messages of the contract: field, problem, what is allowed.

A message never contains the value: operators see dead letters, and a value may belong to a customer.
"""

from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from convostream.errors import Problem

TYPES: Final = (
    "conversation_visited, conversation_engaged, message, action, button, feedback, token_usage, conversation_ended"
)
_COUNT: Final = "allowed is an integer from 0 to 2^53-1"
_DATE_TIME: Final = "allowed is YYYY-MM-DDThh:mm:ss with optional .digits and an optional Z or ±hh:mm"
_NAME: Final = "allowed is a string that is not blank"
_OBJECT: Final = "allowed is a JSON object"
_STRING: Final = "allowed is a string"

# What each field may hold; the fields that are not here are strings.
ALLOWED: Final[dict[str, str]] = {
    "event_id": "allowed is a UUID of 8-4-4-4-12 hex digits",
    "type": f"allowed are {TYPES}",
    "schema_version": "allowed is 1",
    "agent_id": "allowed is a string of 1 to 200 characters that is not blank",
    "environment": "allowed is a string of 1 to 64 characters that is not blank",
    "conversation_id": "allowed is a string of 1 to 255 characters that is not blank",
    "occurred_at": _DATE_TIME,
    "metadata": _OBJECT,
    "sender": "allowed are end_user, agent, system",
    "content": "required is a string that is not blank, or at least one attachment",
    "attachments": "allowed is a list of objects",
    "attachments[].filename": _STRING,
    "attachments[].mime_type": _STRING,
    "attachments[].size_bytes": _COUNT,
    "action_name": _NAME,
    "started_at": _DATE_TIME,
    "ended_at": _DATE_TIME,
    "duration_ms": "allowed is a finite number",
    "tools_used": _OBJECT,
    "button_event": _NAME,
    "rating": "allowed is a string, a finite number, a boolean or an object",
    "rated_by": "allowed are customer, staff",
    "prompt_tokens": _COUNT,
    "completion_tokens": _COUNT,
    "total_tokens": _COUNT,
    "embedding_tokens": _COUNT,
}

_PROBLEMS: Final[dict[str, str]] = {
    "missing": "missing",
    "union_tag_not_found": "missing",
    "union_tag_invalid": "unknown",
    "date_time_type": "not a string",
    "string_type": "not a string",
    "string_unicode": "not Unicode text (a lone surrogate)",
    "string_too_short": "empty",
    "string_too_long": "too long",
    "int_type": "not an integer",
    "int_parsing_size": "too large",
    "greater_than_equal": "below 0",
    "less_than_equal": "too large",
    "literal_error": "unknown",
    "dict_type": "not an object",
    "model_attributes_type": "not an object",
    "model_type": "not an object",
    "list_type": "not a list",
    "finite_number": "not finite",
    "invalid_key": "a key that is no string",
    "message_is_empty": "blank, and there is no attachment",
}
_UNION_FIELDS: Final = frozenset({"rating", "duration_ms"})
_OUT_OF_BOUNDS: Final = frozenset({"greater_than_equal", "less_than_equal", "int_parsing_size"})
_MOST_NAMED: Final = 3


def problems_of(error: ValidationError) -> list[Problem]:
    """Return the first few problems, one per field."""
    found: dict[str, Problem] = {}
    for details in error.errors(include_url=False, include_input=False):
        problem = _problem(details)
        found.setdefault(problem.field, problem)
        if len(found) == _MOST_NAMED:
            break
    return list(found.values())


def _problem(details: ErrorDetails) -> Problem:
    kind = details["type"]
    path = details["loc"][1:]  # the first step is the type of the event
    if kind.startswith("union_tag"):
        return Problem("type", _PROBLEMS[kind], ALLOWED["type"])
    if kind == "message_is_empty":
        return Problem("content", _PROBLEMS[kind], ALLOWED["content"])
    if not path:
        return Problem("event", "not an object", _OBJECT)
    if path[0] == "attachments" and len(path) > 1:
        return _attachment_problem(kind, path)
    field = str(path[0])
    return Problem(field, _words(field, kind, details), ALLOWED.get(field, _STRING))


def _attachment_problem(kind: str, path: tuple[int | str, ...]) -> Problem:
    where = f"attachments[{path[1]}]"
    if len(path) == 2 or path[2] not in ("filename", "mime_type", "size_bytes"):
        return Problem(where, _PROBLEMS.get(kind, "invalid"), _OBJECT)
    return Problem(f"{where}.{path[2]}", _PROBLEMS.get(kind, "invalid"), ALLOWED[f"attachments[].{path[2]}"])


def _words(field: str, kind: str, details: ErrorDetails) -> str:
    if kind == "date_time":
        return str(details["ctx"]["reason"]).partition(";")[0]
    if kind == "string_pattern_mismatch":
        return "not a UUID" if field == "event_id" else "blank"
    if field == "schema_version":
        return "this version is not supported" if kind in _OUT_OF_BOUNDS else "not an integer"
    if field in _UNION_FIELDS and kind not in ("missing", "finite_number"):
        return "of another type"
    return _PROBLEMS.get(kind, "invalid")
