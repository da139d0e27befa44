"""`python -m dashboard.screenshots`: take the screenshots in docs/pictures from a running dashboard."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode

import click
from playwright.sync_api import Browser, Error, Page, sync_playwright

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ZONE: Final = "Europe/Zagreb"

# Time for the charts to finish drawing.
STILL_MS: Final = 800


@dataclass(frozen=True, slots=True)
class Screenshot:
    """A screenshot: file name, window size, colours, URL parameters, and the steps before it is taken."""

    name: str
    width: int
    height: int
    colours: Literal["light", "dark"]
    search: dict[str, str]
    before: Callable[[Page], None]


def _nothing(_: Page) -> None:
    """Take the page as it opens."""


def _conversation(page: Page) -> None:
    """Open an escalated conversation from the number that counts it."""
    page.locator('[data-metric="human_escalation_rate"][data-column="escalated_conversations"]').click()
    page.locator("#panel table.list tbody tr").nth(4).get_by_role("button").click()
    page.locator("#panel .transcript .event").first.wait_for()


def _country(page: Page) -> None:
    """Open the places of the country with the most conversations."""
    page.locator('[data-card="world_map"] th button', has_text="United States").click()
    page.locator('[data-card="world_map"]').scroll_into_view_if_needed()


WEEK: Final = {"range": "7d"}
SCREENSHOTS: Final = (
    Screenshot("dashboard", 1440, 900, "light", WEEK, _nothing),
    Screenshot("dashboard-dark", 1440, 900, "dark", WEEK, _nothing),
    Screenshot("world", 1440, 900, "light", {"range": "30d"}, _country),
    Screenshot("conversation", 1440, 900, "light", WEEK, _conversation),
    Screenshot("phone", 375, 812, "light", WEEK, _nothing),
)


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option("--address", default="http://127.0.0.1:8080", help="Address of the dashboard.")
@click.option("--chromium", default=CHROMIUM, help="Path of Chromium.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=PICTURES, help="Output folder.")
def main(address: str, chromium: str, into: Path) -> None:
    """Take the screenshots in docs/pictures from a running dashboard; start `make demo` first."""
    into.mkdir(parents=True, exist_ok=True)
    try:
        with _running(chromium) as browser:
            for screenshot in SCREENSHOTS:
                _take(browser, address, screenshot, into / f"{screenshot.name}.png")
                click.echo(f"{into / screenshot.name}.png")
    except Error as error:
        click.echo(f"Error: {error}\nCheck that a dashboard with data runs at {address}.", err=True)
        sys.exit(1)


@contextmanager
def _running(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


def _take(browser: Browser, address: str, screenshot: Screenshot, into: Path) -> None:
    context = browser.new_context(
        viewport={"width": screenshot.width, "height": screenshot.height},
        color_scheme=screenshot.colours,
        locale="en-GB",
        timezone_id=ZONE,
        reduced_motion="reduce",
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(f"{address}/?{urlencode(screenshot.search)}")
    page.wait_for_selector('main[aria-busy="false"] .card[aria-busy="false"]')
    page.locator("world-chart canvas").wait_for()
    screenshot.before(page)
    page.wait_for_timeout(STILL_MS)
    page.screenshot(path=into)
    context.close()


if __name__ == "__main__":
    main()
