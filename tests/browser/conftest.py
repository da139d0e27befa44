"""A stack with events, the dashboard, Chromium, and a page for each test."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from dashboard.build_page import build
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Stack
from examples.demo.setup import WORKER_SETTINGS
from tests.support.dashboard.page import WAIT_MS, DashboardPage
from tests.support.dashboard.page_events import send_demo, send_hostile, send_spoofed
from tests.support.kafka.topic_log import TopicLog
from tests.support.stack.harness import Harness

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ZONE: Final = "Europe/Zagreb"
READY_SECONDS: Final = 60

expect.set_options(timeout=WAIT_MS)


@dataclass(frozen=True, slots=True)
class DashboardServer:
    """The dashboard over a stack: how to reach it, and the stack to compare it with."""

    address: str
    process: Process
    harness: Harness
    now_ms: int


@pytest.fixture(scope="package")
def chromium() -> str:
    """Return the path of Debian's Chromium; outside of CI its absence skips these tests."""
    if not shutil.which(CHROMIUM):
        assert os.environ.get("CI") != "true", f"CI must test the page, but lacks {CHROMIUM}"
        pytest.skip(f"the page is tested in {CHROMIUM}, which this machine lacks: apt-get install chromium")
    return CHROMIUM


@pytest.fixture(scope="package")
def dashboard_server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardServer]:
    """Run everything that a page needs, with the demo's conversations written."""
    build()
    directory = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("CONVOSTREAM_")]:
            patched.delenv(name)
        with Stack(StackSettings(data_directory=directory), "embedded", worker_environment=WORKER_SETTINGS) as stack:
            harness = Harness(stack, TopicLog(stack.broker.address, "agent-events"), stack.add_worker())
            now_ms = time.time_ns() // 1_000_000
            for send in (send_demo, send_hostile, send_spoofed):
                send(stack.broker.address, now_ms)
            harness.drain()
            process = stack.add_dashboard()
            yield DashboardServer(f"http://127.0.0.1:{process.port}", process, harness, now_ms)


@pytest.fixture(scope="package")
def browser(chromium: str, dashboard_server: DashboardServer) -> Iterator[Browser]:
    """Return a browser. Playwright's loop runs as long, so it starts after the stack and ends with these tests."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser context with the time zone Europe/Zagreb and American English."""
    made = browser.new_context(
        viewport={"width": 1280, "height": 900}, timezone_id=ZONE, locale="en-US", color_scheme="light"
    )
    yield made
    made.close()


@pytest.fixture
def dashboard(context: BrowserContext, dashboard_server: DashboardServer) -> Iterator[DashboardPage]:
    """Return a page that must end without errors, warnings or violations of its content security policy."""
    page = DashboardPage(context.new_page(), dashboard_server.address)
    yield page
    assert page.problems == [], "the browser's console says"


@pytest.fixture
def window(dashboard_server: DashboardServer) -> dict[str, str]:
    """Return a fixed range with partial days in a time zone at :45, without a comparison."""
    since, until = (_iso(dashboard_server.now_ms - days * 86_400_000 - 1) for days in (23, -1))
    return {"since": since, "until": until, "zone": "Asia/Kathmandu", "compare": "none"}


def _iso(moment_ms: int) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(moment_ms // 1000))}.{moment_ms % 1000:03d}Z"
