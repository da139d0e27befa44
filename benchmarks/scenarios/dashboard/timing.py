"""How long the dashboard takes: its answers over HTTP, the metric views behind them, and the page in Chromium."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import httpx
import psutil
from playwright.sync_api import Page, sync_playwright

from dashboard.screenshots import CHROMIUM, FLAGS
from sql.objects import NAMES, Kind

CALLS: Final = 7
LISTS: Final = ("conversations", "messages", "actions", "exchanges", "sessions", "customers")
ZONE: Final = "Europe/Zagreb"
TIMEOUT_SECONDS: Final = 60
FULL: Final = 'main[aria-busy="false"] .card[aria-busy="false"]'
FIRST_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


@dataclass(frozen=True, slots=True)
class Timing:
    """What was done, how long it took each time, and what it cost the processors each time on average; milliseconds."""

    what: str
    calls: tuple[float, ...]
    cpu: float | None = None

    @property
    def median(self) -> float:
        """The call in the middle."""
        return statistics.median(self.calls)

    @property
    def longest(self) -> float:
        """The slowest call."""
        return max(self.calls)


def time_answers(address: str, agent: str, servers: Sequence[int]) -> Iterator[Timing]:
    """Call the API for 30 days of one agent, each path a few times after one call that does not count.

    The processors' time is that of these processes.
    """
    window = {"agent_id": agent, "since": "-30d", "time_zone": ZONE}
    with httpx.Client(base_url=address, timeout=TIMEOUT_SECONDS) as client:
        for path, parameters in _paths(window):
            client.get(path, params=parameters).raise_for_status()
            before = _cpu_ms(servers)
            calls = tuple(_milliseconds(lambda: client.get(path, params=parameters)) for _ in range(CALLS))  # noqa: B023
            yield Timing(_named(path, parameters), calls, (_cpu_ms(servers) - before) / CALLS)
        yield Timing("/api/live, the first word", tuple(_first_word(client, agent) for _ in range(CALLS)))


def _paths(window: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    yield "/api/dashboard", window
    yield "/api/dashboard", {**window, "compare": "previous"}
    yield from (("/api/agents", {}), ("/api/ingestion", {}))
    yield from ((f"/api/lists/{name}", window) for name in LISTS)
    yield from ((f"/api/metrics/{view}", window) for view in NAMES[Kind.METRIC])


def _named(path: str, parameters: dict[str, str]) -> str:
    return f"{path}, compared" if "compare" in parameters else path


def _cpu_ms(servers: Sequence[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in servers]
    return sum(spent.user + spent.system for spent in times) * 1000


def _milliseconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _first_word(client: httpx.Client, agent: str) -> float:
    begun = time.perf_counter()
    with client.stream("GET", "/api/live", params={"agent_id": agent}) as answer:
        next(line for line in answer.iter_lines() if line.startswith("data:"))
    return (time.perf_counter() - begun) * 1000


def time_page(address: str, agent: str) -> Iterator[Timing]:
    """Open the page in fresh profiles with an empty cache: with the agent in the address, and without."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for what, search in (("an agent's page", {"agent": agent}), ("the bare address", {})):
            opened = []
            for _ in range(CALLS + 1):
                context = browser.new_context(timezone_id=ZONE, viewport={"width": 1280, "height": 900})
                opened.append(_open(context.new_page(), f"{address}/?{urlencode(search)}"))
                context.close()
            paints, fulls = zip(*opened[1:], strict=True)
            yield Timing(f"first paint of {what}", paints)
            yield Timing(f"full dashboard of {what}", fulls)
        browser.close()


def _open(page: Page, address: str) -> tuple[float, float]:
    """When something was painted first, and when every number and chart stood; after the start of the navigation."""
    page.goto(address, wait_until="commit")
    page.wait_for_selector(FULL)
    page.locator("daily-chart canvas").wait_for()
    page.locator("world-chart canvas").wait_for()
    full: float = page.evaluate("performance.now()")
    paint: float = page.evaluate(FIRST_PAINT)
    return paint, full
