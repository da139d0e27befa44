"""Data that are delivered once for each broker and used by many tests: the cases and the random sets."""

import pytest

from tests.support.metrics.case_deliveries import DeliveredCases, deliver_all_cases
from tests.support.metrics.random_sets import RandomSet, deliver_all
from tests.support.stack.harness import Harness


@pytest.fixture(scope="session")
def delivered_cases(harness: Harness, forgetful: Harness) -> DeliveredCases:
    """Deliver every case in every way and wait until it is written."""
    return deliver_all_cases(harness, forgetful)


@pytest.fixture(scope="session")
def remembered(harness: Harness) -> list[RandomSet]:
    """Return sets written by a worker with the default settings."""
    return deliver_all(harness)


@pytest.fixture(scope="session")
def forgotten(forgetful: Harness) -> list[RandomSet]:
    """Return sets written by a worker without a cache."""
    return deliver_all(forgetful)
