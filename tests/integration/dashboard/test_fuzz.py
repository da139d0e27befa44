"""Every request that the OpenAPI document allows gets a response that it describes."""

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from dashboard.app import create_app
from dashboard.settings import DashboardSettings
from tests.support.run_length import by_length
from tests.support.stack.harness import Harness

# Not checked: that every valid request is accepted. The document cannot say which texts are cursors or existing days.

TOKEN = "a-long-random-text"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FEW = settings(
    max_examples=by_length(4, 50),  # for each operation
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def _app(url: str) -> FastAPI:
    return create_app(
        DashboardSettings.model_validate({"clickhouse_reader_url": SecretStr(url), "dashboard_token": TOKEN})
    )


PATHS = sorted(_app("http://nowhere/convostream").openapi()["paths"].keys() - {"/api/live"})  # a stream does not end


@pytest.fixture
def described(harness: Harness) -> schemathesis.BaseSchema:
    app = _app(harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])
    return schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=BEARER)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: f"{mode.value} data")
@pytest.mark.parametrize("path", PATHS)
def test_every_response_matches_the_openapi_document(
    described: schemathesis.BaseSchema, path: str, mode: GenerationMode
) -> None:
    operation = described[path]["GET"]
    if mode is GenerationMode.NEGATIVE and not operation.query:
        return  # without parameters there is no invalid request

    @FEW
    @given(case=operation.as_strategy(mode))
    def check(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=BEARER, excluded_checks=[positive_data_acceptance])

    check()
