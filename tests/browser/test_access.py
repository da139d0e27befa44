"""The page is accessible: axe finds nothing serious, and the keyboard is sufficient."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.support.dashboard.page import DashboardPage
from tests.support.dashboard.page_events import DEMO_AGENT, HOSTILE_AGENT, HOSTILE_ID


def findings(dashboard: DashboardPage) -> list[str]:
    """Return the serious and critical findings of axe, with their elements."""
    found = Axe().run(dashboard.page).response["violations"]
    return [
        f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes'][:4]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def nothing_more(_: DashboardPage) -> None:
    """Leave the page as it opens."""


def days_as_a_table(dashboard: DashboardPage) -> None:
    """Show the table instead of the lines."""
    dashboard.show_days()


def a_list(dashboard: DashboardPage) -> None:
    """Open a list."""
    dashboard.open_list(dashboard.figure("total_conversations", "conversations"))
    dashboard.page.locator("#panel table.list").wait_for()


def a_definition(dashboard: DashboardPage) -> None:
    """Open a definition."""
    dashboard.page.get_by_role("button", name="About Total messages").click()
    dashboard.page.locator("#about[open]").wait_for()


def the_choice_of_a_range(dashboard: DashboardPage) -> None:
    """Open the range picker."""
    dashboard.page.locator("#range summary").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("more", [nothing_more, days_as_a_table, a_list, a_definition, the_choice_of_a_range])
def test_axe_finds_nothing_serious(
    dashboard: DashboardPage, scheme: str, more: Callable[[DashboardPage], None]
) -> None:
    dashboard.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    dashboard.open(agent=DEMO_AGENT, range="7d")
    more(dashboard)
    assert findings(dashboard) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_transcript(dashboard: DashboardPage, scheme: str) -> None:
    dashboard.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    dashboard.open(agent=HOSTILE_AGENT, conversation=HOSTILE_ID)
    dashboard.page.locator("#panel .transcript").wait_for()
    assert findings(dashboard) == []


def test_axe_finds_nothing_serious_on_empty_cards_and_a_narrow_screen(dashboard: DashboardPage) -> None:
    dashboard.page.set_viewport_size({"width": 375, "height": 740})
    dashboard.open(agent="nobody")
    assert findings(dashboard) == []


def test_the_keyboard_alone_opens_a_list_and_comes_back_to_the_number(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT)
    number = dashboard.figure("total_messages", "end_user_messages")
    number.focus()
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.page.locator("#panel table.list")).to_be_visible()
    dashboard.page.keyboard.press("Escape")
    expect(number).to_be_focused()


def test_places_are_attributed_to_db_ip(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT)
    expect(dashboard.page.locator("footer.footer")).to_contain_text("IP geolocation by DB-IP")
    expect(dashboard.card("world_map")).to_contain_text("DB-IP")
