"""Links from a number, a bar and the map to a list and to a conversation; downloads."""

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.support.dashboard.page import DashboardPage
from tests.support.dashboard.page_events import DEMO_AGENT

KANSAS = [-98, 39]
PNG = b"\x89PNG\r\n\x1a\n"


def test_the_map_opens_a_country_then_a_place_then_a_conversation(
    dashboard: DashboardPage, window: dict[str, str]
) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    card = dashboard.card("world_map")
    chart = card.locator("world-chart")
    expect(chart.locator("canvas")).to_be_visible()
    chart.scroll_into_view_if_needed()
    across, down = chart.evaluate(f"element => element.chart.convertToPixel('geo', {KANSAS})")
    chart.click(position={"x": across, "y": down})
    expect(card.locator(".crumb")).to_contain_text("United States")
    assert dashboard.chosen("country") == "US"
    place = card.locator(".bars button.figure").first
    expected = int(place.get_attribute("data-value") or "0")
    assert dashboard.open_list(place) == expected
    dashboard.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    expect(dashboard.page.locator("#panel .transcript .event").first).to_be_visible()
    dashboard.page.get_by_role("button", name="Back to the list").click()
    expect(dashboard.page.locator("#panel [data-total]")).to_have_attribute("data-total", str(expected))


def test_a_bar_opens_its_conversations_and_one_of_them_its_transcript(
    dashboard: DashboardPage, window: dict[str, str]
) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    dashboard.open_list(dashboard.figure("device_usage", "conversations", "mobile"))
    assert dashboard.page.locator("#panel table.list tbody tr").count() > 0
    expect(dashboard.page.locator("#panel table.list tbody tr", has_text="desktop")).to_have_count(0)
    dashboard.page.locator("#panel table.list tbody tr").first.get_by_role("cell").nth(1).click()
    events = dashboard.page.locator("#panel .transcript .event")
    expect(events.filter(has_text="End user").first).to_be_visible()
    expect(events.filter(has_text="answered in").first).to_be_visible()
    dashboard.page.keyboard.press("Escape")
    expect(dashboard.page.locator("#panel")).not_to_be_visible()
    # The panel is hidden before its close event changes the address.
    expect(dashboard.page).not_to_have_url(re.compile("conversation="))


def test_a_tool_opens_its_calls_and_a_customer_their_conversations(
    dashboard: DashboardPage, window: dict[str, str]
) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    dashboard.open_list(dashboard.card("tool_usage").locator("button.figure").first)
    expect(dashboard.page.locator("#panel h2")).to_contain_text("Actions")
    dashboard.close_panel()
    dashboard.open_list(dashboard.figure("individual_users", "users"))
    dashboard.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    expect(dashboard.page.locator("#panel h2")).to_contain_text("Conversations")
    expect(dashboard.page.locator("#panel [data-total]")).not_to_have_attribute("data-total", "0")


def test_a_day_of_the_lines_opens_its_messages(dashboard: DashboardPage, window: dict[str, str]) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    chart = dashboard.card("daily_overview").locator("daily-chart")
    expect(chart.locator("canvas")).to_be_visible()
    dashboard.page.wait_for_timeout(400)
    box = chart.bounding_box()
    assert box is not None
    dashboard.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    expect(dashboard.page.locator("#panel h2")).to_contain_text("Messages · ")


def test_the_address_alone_opens_the_same_conversation(dashboard: DashboardPage, window: dict[str, str]) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    dashboard.open_list(dashboard.figure("conversation_feedback", "negative"))
    dashboard.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    dashboard.page.locator("#panel .transcript").wait_for()
    title, address = dashboard.page.locator("#panel h2").inner_text(), dashboard.page.url
    dashboard.page.goto("about:blank")
    dashboard.page.goto(address)
    expect(dashboard.page.locator("#panel .transcript")).to_be_visible()
    assert dashboard.page.locator("#panel h2").inner_text() == title


def test_a_card_is_downloaded_as_csv_and_as_png(
    dashboard: DashboardPage, window: dict[str, str], tmp_path: Path
) -> None:
    dashboard.open(agent=DEMO_AGENT, **window)
    with dashboard.page.expect_download() as download:
        dashboard.card("device_usage").get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "devices.csv")
    rows = list(csv.DictReader((tmp_path / "devices.csv").read_text().splitlines()))
    shown = {number.key: number.value for number in dashboard.numbers() if number.metric == "device_usage"}
    assert {row["device"]: row["conversations"] for row in rows} == shown
    with dashboard.page.expect_download() as picture:
        dashboard.card("device_usage").get_by_role("button", name="PNG").click()
    picture.value.save_as(tmp_path / "devices.png")
    content = (tmp_path / "devices.png").read_bytes()
    assert content.startswith(PNG)
    assert len(content) > 5_000


def test_every_card_explains_itself_in_the_catalogues_words(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT)
    dashboard.page.get_by_role("button", name="About Average response time").click()
    about = dashboard.page.locator("#about")
    expect(about).to_contain_text("time of the agent message minus time of the first message of the burst")
    expect(about).to_contain_text("track_agent_message")
    dashboard.page.keyboard.press("Escape")
    expect(about).not_to_be_visible()
