"""Everybody can use the page: axe finds nothing serious, and the keyboard alone is enough."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.support.browser import Opened
from tests.support.browser_events import DEMO_AGENT, HOSTILE_AGENT, HOSTILE_ID


def findings(opened: Opened) -> list[str]:
    """What axe finds serious or critical, and where."""
    found = Axe().run(opened.page).response["violations"]
    return [
        f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes'][:4]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def nothing_more(_: Opened) -> None:
    """The page as it opens."""


def days_as_a_table(opened: Opened) -> None:
    """With the table instead of the lines."""
    opened.show_days()


def a_list(opened: Opened) -> None:
    """With a list open."""
    opened.open_list(opened.figure("total_conversations", "conversations"))
    opened.page.locator("#panel table.list").wait_for()


def a_definition(opened: Opened) -> None:
    """With a definition open."""
    opened.page.get_by_role("button", name="About Total messages").click()
    opened.page.locator("#about[open]").wait_for()


def the_choice_of_a_range(opened: Opened) -> None:
    """With the ranges unfolded."""
    opened.page.locator("#range summary").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("more", [nothing_more, days_as_a_table, a_list, a_definition, the_choice_of_a_range])
def test_axe_finds_nothing_serious(opened: Opened, scheme: str, more: Callable[[Opened], None]) -> None:
    opened.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    opened.open(agent=DEMO_AGENT, range="7d")
    more(opened)
    assert findings(opened) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_transcript(opened: Opened, scheme: str) -> None:
    opened.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    opened.open(agent=HOSTILE_AGENT, conversation=HOSTILE_ID)
    opened.page.locator("#panel .transcript").wait_for()
    assert findings(opened) == []


def test_axe_finds_nothing_serious_on_empty_cards_and_a_narrow_screen(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 375, "height": 740})
    opened.open(agent="nobody")
    assert findings(opened) == []


def test_the_keyboard_alone_opens_a_list_and_comes_back_to_the_number(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT)
    number = opened.figure("total_messages", "end_user_messages")
    number.focus()
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator("#panel table.list")).to_be_visible()
    opened.page.keyboard.press("Escape")
    expect(number).to_be_focused()


def test_places_are_attributed_to_db_ip(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT)
    expect(opened.page.locator("footer.foot")).to_contain_text("IP geolocation by DB-IP")
    expect(opened.card("world_map")).to_contain_text("DB-IP")
