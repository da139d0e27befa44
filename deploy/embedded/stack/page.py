"""The dashboard's page is built before the dashboard starts; without it the stack runs all the same."""

from dashboard.build_page import build
from dashboard.errors import PageNotBuilt


def why_not_built() -> str:
    """Builds the page unless it is there; returns why that was not possible, or nothing."""
    try:
        build()
    except PageNotBuilt as error:
        return f"There will be no page, only the numbers over HTTP: {error}"
    return ""
