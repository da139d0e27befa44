"""The demo prints the address of the page, or why there is none, and opens it on a desktop."""

import io

import pytest
from rich.console import Console

from examples.demo.report import has_desktop, print_page
from examples.demo.setup import Page


def printed(page: Page) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_page(console, page)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_address_of_the_page_is_framed() -> None:
    lines = printed(Page("http://127.0.0.1:8080/", "")).splitlines()
    assert len(lines) == 5
    assert "The dashboard: http://127.0.0.1:8080/?live=on" in lines[2]


def test_the_reason_for_a_missing_page_replaces_its_address() -> None:
    said = printed(Page("http://127.0.0.1:8080/", "There will be no page: the npm registry [x] does not answer"))
    problem, numbers = said.strip().splitlines()
    assert problem == "There will be no page: the npm registry [x] does not answer"
    assert numbers == "The numbers are at http://127.0.0.1:8080/api/metrics"


@pytest.mark.parametrize(
    ("environment", "platform", "has"),
    [
        pytest.param({}, "linux", False, id="a terminal of a server has none"),
        pytest.param({"DISPLAY": ":0"}, "linux", True, id="X11 is one"),
        pytest.param({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True, id="Wayland is one"),
        pytest.param({"DISPLAY": ""}, "linux", False, id="an empty display is none"),
        pytest.param({}, "darwin", True, id="a Mac has one"),
    ],
)
def test_a_browser_is_opened_on_a_desktop(environment: dict[str, str], platform: str, has: bool) -> None:
    assert has_desktop(environment, platform) is has
