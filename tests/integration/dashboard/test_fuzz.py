"""Whatever the OpenAPI document lets one ask, the answer is one that the document describes."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from pydantic import SecretStr
from schemathesis.specs.openapi.checks import positive_data_acceptance

from dashboard.app import create_app
from dashboard.settings import DashboardSettings
from tests.integration.harness import Harness

pytestmark = pytest.mark.integration
# Not asked: that whatever fits the document is accepted. No document says which texts are a cursor, or days that exist.

TOKEN = "a-long-random-text"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
EXAMPLES = 8
"""For each operation: the machine that runs this is small."""


@pytest.fixture
def described(harness: Harness) -> schemathesis.BaseSchema:
    url = SecretStr(harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])
    app = create_app(DashboardSettings.model_validate({"clickhouse_reader_url": url, "dashboard_token": TOKEN}))
    return schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=BEARER)


schema = schemathesis.pytest.from_fixture("described").exclude(path="/api/live")  # a stream has no end


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_describes(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=BEARER, excluded_checks=[positive_data_acceptance])
