"""The options, markers and Hypothesis profiles of all tests."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

FOLDERS: Final = ("unit", "contract", "integration", "browser", "faults")
WITH_SERVERS: Final = ("integration", "browser", "faults")
HERE: Final = Path(__file__).parent

# Clients of third-party packages leave sockets to the garbage collector, which finds them in any later test.
UNCLOSED: Final = "pytest.PytestUnraisableExceptionWarning"

# In the id of every test on Apache Kafka.
KAFKA: Final = "Apache Kafka"

# A busy machine may take long for a single example, and long for drawing one.
settings.register_profile("short", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("short"), max_examples=1_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of long runs."""
    parser.addoption("--long", action="store_true", help="run random tests with ten times as many examples")


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile before the test modules read it."""
    settings.load_profile("long" if config.getoption("--long") else "short")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder."""
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in FOLDERS:
            item.add_marker(folder)
        if folder in WITH_SERVERS:
            item.add_marker(pytest.mark.filterwarnings(f"default::{UNCLOSED}"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Send the tests that share a stack to the same process, with `--dist loadscope`."""
    return StackScheduling(config, log) if config.getvalue("dist") == "loadscope" else None


class StackScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """A scope is Apache Kafka, a folder with its own fixtures, or a module."""

    def _split_scope(self, nodeid: str) -> str:
        module, _, test = nodeid.partition("::")
        if KAFKA in test:
            return KAFKA
        folder = module.rpartition("/")[0]
        return module if folder == "tests/integration" else folder
