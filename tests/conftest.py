"""The options, markers and Hypothesis profiles of all tests."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

FOLDERS: Final = ("unit", "contract", "integration", "browser", "faults")
HERE: Final = Path(__file__).parent

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
    """Mark each test by its folder, and group those that share a stack, for `--dist loadgroup`."""
    for item in items:
        folder, *inner = item.path.relative_to(HERE).parts
        if folder in FOLDERS:
            item.add_marker(folder)
        if folder in ("integration", "browser"):
            item.add_marker(pytest.mark.xdist_group(_group(item, [folder, *inner])))


def _group(item: pytest.Item, parts: list[str]) -> str:
    """Return the group of a test: those on Apache Kafka, or its folder, or its module."""
    if item.get_closest_marker("kafka"):
        return "kafka"
    return "/".join(parts[:-1] if len(parts) > 2 or parts[0] == "browser" else parts)
