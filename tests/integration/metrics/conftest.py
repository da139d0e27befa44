"""What is played once for each broker and looked at by many tests: the cases, and the random sets."""

import pytest

from tests.support.metrics.case_deliveries import DeliveredCases, deliver_all_cases
from tests.support.metrics.random_sets import RandomSet, deliver_all
from tests.support.stack.harness import Harness


@pytest.fixture(scope="session")
def delivered_cases(harness: Harness, forgetful: Harness) -> DeliveredCases:
    """Every case in every delivery, landed."""
    return deliver_all_cases(harness, forgetful)


@pytest.fixture(scope="session")
def remembered(harness: Harness) -> list[RandomSet]:
    """Sets that the shipped worker has written."""
    return deliver_all(harness)


@pytest.fixture(scope="session")
def forgotten(forgetful: Harness) -> list[RandomSet]:
    """Sets that the worker without memory has written."""
    return deliver_all(forgetful)
