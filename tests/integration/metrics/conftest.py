"""The cases, played once for each broker."""

import pytest

from tests.integration.harness import Harness
from tests.integration.metrics.played import Plays, play_all


@pytest.fixture(scope="session")
def plays(harness: Harness, forgetful: Harness) -> Plays:
    """Every case in every delivery, landed."""
    return play_all(harness, forgetful)
