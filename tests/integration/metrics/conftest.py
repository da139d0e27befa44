"""What is played once for each broker and looked at by many tests: the cases, and the random sets."""

import pytest

from tests.support.harness import Harness
from tests.support.metric_cases import Plays, play_all
from tests.support.random_sets import RandomSet, deliver_all


@pytest.fixture(scope="session")
def plays(harness: Harness, forgetful: Harness) -> Plays:
    """Every case in every delivery, landed."""
    return play_all(harness, forgetful)


@pytest.fixture(scope="session")
def remembered(harness: Harness) -> list[RandomSet]:
    """Sets that the shipped worker has written."""
    return deliver_all(harness)


@pytest.fixture(scope="session")
def forgotten(forgetful: Harness) -> list[RandomSet]:
    """Sets that the worker without memory has written."""
    return deliver_all(forgetful)
