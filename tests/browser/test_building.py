"""The page is built once and sends no request to other hosts; its sources pass the type checker and the linter."""

from playwright.sync_api import Request

from dashboard.build_page import BUILT, build, check
from tests.browser.conftest import DashboardServer
from tests.support.dashboard.page import DashboardPage


def test_a_built_page_is_not_built_again(dashboard_server: DashboardServer) -> None:
    assert build() is False
    assert (BUILT / "index.html").is_file()


def test_the_sources_pass_the_type_checker_and_the_linter() -> None:
    check()


def test_the_page_sends_no_request_to_another_host(dashboard: DashboardPage) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    dashboard.page.on("request", note)
    dashboard.open()
    dashboard.page.locator("world-chart canvas").wait_for()
    assert [url for url in asked if not url.startswith((dashboard.address, "data:", "blob:"))] == []
