"""The dashboard's page in a browser: open it, wait for it, read it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

READ_NUMBERS: Final = """elements => elements.map(element => ({
    metric: element.dataset.metric, column: element.dataset.column, key: element.dataset.key,
    value: element.dataset.value, text: element.firstChild?.nodeType === Node.COMMENT_NODE
        ? [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.data).join('')
        : (element.firstChild?.data ?? '') }))"""
WAIT_MS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Number:
    """A number on the page with its metric, column and row; `value` is the answer's, `text` the formatted one."""

    metric: str
    column: str
    key: str
    value: str
    text: str


@dataclass
class DashboardPage:
    """A page of the dashboard in a browser, and the errors of its console."""

    page: Page
    address: str
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def open(self, **search: str) -> "DashboardPage":
        """Open the page with a query string and wait for its numbers."""
        self.page.goto(f"{self.address}/?{urlencode(search)}")
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until the numbers of the latest selection are shown."""
        self.page.wait_for_selector('main[aria-busy="false"]')
        self.page.wait_for_selector('.card[aria-busy="false"]')

    def chosen(self, name: str) -> str:
        """Return a parameter of the address; empty if it has its default."""
        return "".join(parse_qs(urlsplit(self.page.url).query).get(name, []))

    def card(self, metric: str) -> Locator:
        """Return the card of a metric."""
        return self.page.locator(f'[data-card="{metric}"]')

    def figure(self, metric: str, column: str, key: str = "") -> Locator:
        """Return a number on the page; the first if there are several."""
        named = f'[data-metric="{metric}"][data-column="{column}"][data-key={json.dumps(key)}]'
        return self.page.locator(named).first

    def numbers(self, metric: str | None = None) -> list[Number]:
        """Return all numbers on the page, or on the card of a metric."""
        within = self.page.locator("main") if metric is None else self.card(metric)
        found = within.locator("[data-metric]").evaluate_all(READ_NUMBERS)
        return [Number(**one) for one in found]

    def choose_agent(self, name: str) -> None:
        """Choose an agent in the toolbar."""
        self.page.locator("#agent").click()
        self.page.locator(f"#agent-options [data-agent={json.dumps(name)}]").click()
        self.settle()

    def show_all(self, metric: str | None = None) -> None:
        """Expand every table that shows only its first rows, or those of one card."""
        within = self.page.locator("main") if metric is None else self.card(metric)
        more = within.get_by_role("button", name="Show all")
        while count := more.count():
            more.first.click()
            expect(more).to_have_count(count - 1)

    def show_days(self) -> None:
        """Show the days as a table."""
        self.page.get_by_role("button", name="Daily overview as a table").click()
        self.page.locator(".days").wait_for()

    def open_list(self, number: Locator) -> int:
        """Follow a number to its list; return the number of rows that it reports."""
        number.click()
        total = self.page.locator("#panel [data-total]")
        total.wait_for()
        return int(total.get_attribute("data-total") or "-1")

    def close_panel(self) -> None:
        """Close the list or the conversation."""
        self.page.locator("#panel").get_by_role("button", name="Close").click()
        expect(self.page.locator("#panel")).not_to_be_visible()

    def rows_of_list(self) -> Iterator[int]:
        """Yield the number of rows on each page of the open list."""
        rows = self.page.locator("#panel table.list tbody tr")
        following = self.page.get_by_role("button", name="Next")
        status = self.page.locator("#panel footer [role=status]")
        yield rows.count()
        while following.is_enabled():
            before = status.inner_text()
            following.click()
            expect(status).not_to_have_text(before)
            yield rows.count()

    def is_too_wide(self) -> bool:
        """Return whether the page scrolls horizontally."""
        wide: bool = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        return wide
