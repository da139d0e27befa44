"""Error responses: RFC 9457 problem documents that name the parameter and its allowed values."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dashboard.errors import (
    BadParameter,
    NotAllowed,
    NotThere,
    Overloaded,
    TooManyStreams,
    Unavailable,
    UnderWay,
)
from dashboard.routes.schemas import Fault, ProblemDocument

MEDIA_TYPE: Final = "application/problem+json"
_CONTENT: Final[dict[str, Any]] = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
_WORDS: Final = {
    "missing": "a value (required)",
    "extra_forbidden": "no parameter of this name",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "value_error": "{error}",
    "literal_error": "{expected}",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of error statuses for the OpenAPI document."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: _CONTENT}, "model": ProblemDocument}
        for status in statuses
    }


def problem(
    status: int, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem document."""
    document = ProblemDocument(
        type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(faults)
    )
    return JSONResponse(document.model_dump(), status, headers, media_type=MEDIA_TYPE)


def add_problems(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BadParameter, _bad_parameter)
    app.add_exception_handler(NotThere, lambda _, error: problem(404, str(error)))
    app.add_exception_handler(UnderWay, lambda _, error: problem(409, str(error)))
    app.add_exception_handler(NotAllowed, lambda _, error: problem(403, str(error)))
    app.add_exception_handler(Unavailable, lambda _, error: problem(503, str(error), headers={"Retry-After": "2"}))
    app.add_exception_handler(Overloaded, lambda _, error: problem(503, str(error), headers={"Retry-After": "5"}))
    app.add_exception_handler(TooManyStreams, lambda _, error: problem(429, str(error), headers={"Retry-After": "15"}))
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, lambda _, __: problem(500, "internal error; see the dashboard's log"))


def _bad_parameter(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BadParameter)  # noqa: S101  (registered for it alone)
    return problem(422, str(error), [Fault(parameter=error.parameter, allowed=error.allowed)])


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for it alone)
    faults = _merged(error.errors())
    detail = "; ".join(f"{fault.parameter}: allowed is {fault.allowed}" for fault in faults)
    return problem(422, detail, faults)


def _merged(errors: Sequence[Any]) -> list[Fault]:
    """Return one fault per parameter, with the allowed values of all its types."""
    allowed: dict[str, list[str]] = {}
    for error in errors:
        words = allowed.setdefault(_parameter(error["loc"]), [])
        if (word := _allowed(error)) not in words:
            words.append(word)
    return [Fault(parameter=name, allowed=" or ".join(words)) for name, words in allowed.items()]


def _parameter(location: Sequence[object]) -> str:
    return str(location[1]) if len(location) > 1 else str(location[0])


def _allowed(error: Mapping[str, Any]) -> str:
    words = _WORDS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Input should be ")
    return words.format(**error.get("ctx", {}))


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for it alone)
    return problem(error.status_code, str(error.detail), headers=error.headers)
