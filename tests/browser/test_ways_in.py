"""From a number, a bar and the map to a list, and from there to a conversation; and the files."""

import csv
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser import Opened
from tests.support.browser_events import DEMO_AGENT

KANSAS = [-98, 39]
PNG = b"\x89PNG\r\n\x1a\n"


def test_the_map_opens_a_country_then_a_place_then_a_conversation(opened: Opened, window: dict[str, str]) -> None:
    opened.open(agent=DEMO_AGENT, **window)
    card = opened.card("world_map")
    chart = card.locator("world-chart")
    expect(chart.locator("canvas")).to_be_visible()
    chart.scroll_into_view_if_needed()
    across, down = chart.evaluate(f"element => element.chart.convertToPixel('geo', {KANSAS})")
    chart.click(position={"x": across, "y": down})
    expect(card.locator(".crumb")).to_contain_text("United States")
    assert opened.chosen("country") == "US"
    place = card.locator(".bars button.figure").first
    expected = int(place.get_attribute("data-value") or "0")
    assert opened.open_list(place) == expected
    opened.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    expect(opened.page.locator("#panel .transcript .event").first).to_be_visible()
    opened.page.get_by_role("button", name="Back to the list").click()
    expect(opened.page.locator("#panel [data-total]")).to_have_attribute("data-total", str(expected))


def test_a_bar_opens_its_conversations_and_one_of_them_its_transcript(opened: Opened, window: dict[str, str]) -> None:
    opened.open(agent=DEMO_AGENT, **window)
    opened.open_list(opened.figure("device_usage", "conversations", "mobile"))
    assert opened.page.locator("#panel table.list tbody tr").count() > 0
    expect(opened.page.locator("#panel table.list tbody tr", has_text="desktop")).to_have_count(0)
    opened.page.locator("#panel table.list tbody tr").first.get_by_role("cell").nth(1).click()
    events = opened.page.locator("#panel .transcript .event")
    expect(events.filter(has_text="End user").first).to_be_visible()
    expect(events.filter(has_text="answered in").first).to_be_visible()
    opened.page.keyboard.press("Escape")
    expect(opened.page.locator("#panel")).not_to_be_visible()
    assert not opened.chosen("conversation")


def test_a_tool_opens_its_calls_and_a_customer_his_conversations(opened: Opened, window: dict[str, str]) -> None:
    opened.open(agent=DEMO_AGENT, **window)
    opened.open_list(opened.card("tool_usage").locator("button.figure").first)
    expect(opened.page.locator("#panel h2")).to_contain_text("Actions")
    opened.close_panel()
    opened.open_list(opened.figure("individual_users", "users"))
    opened.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    expect(opened.page.locator("#panel h2")).to_contain_text("Conversations")
    expect(opened.page.locator("#panel [data-total]")).not_to_have_attribute("data-total", "0")


def test_a_day_of_the_lines_opens_its_messages(opened: Opened, window: dict[str, str]) -> None:
    opened.open(agent=DEMO_AGENT, **window)
    chart = opened.card("daily_overview").locator("daily-chart")
    expect(chart.locator("canvas")).to_be_visible()
    opened.page.wait_for_timeout(400)
    box = chart.bounding_box()
    assert box is not None
    opened.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    expect(opened.page.locator("#panel h2")).to_contain_text("Messages · ")


def test_the_address_alone_opens_the_same_conversation(opened: Opened, window: dict[str, str]) -> None:
    opened.open(agent=DEMO_AGENT, **window)
    opened.open_list(opened.figure("conversation_feedback", "negative"))
    opened.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    opened.page.locator("#panel .transcript").wait_for()
    title, address = opened.page.locator("#panel h2").inner_text(), opened.page.url
    opened.page.goto("about:blank")
    opened.page.goto(address)
    expect(opened.page.locator("#panel .transcript")).to_be_visible()
    assert opened.page.locator("#panel h2").inner_text() == title


def test_a_card_is_downloaded_as_csv_and_as_png(opened: Opened, window: dict[str, str], tmp_path: Path) -> None:
    opened.open(agent=DEMO_AGENT, **window)
    with opened.page.expect_download() as download:
        opened.card("device_usage").get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "devices.csv")
    rows = list(csv.DictReader((tmp_path / "devices.csv").read_text().splitlines()))
    shown = {number.key: number.value for number in opened.numbers() if number.metric == "device_usage"}
    assert {row["device"]: row["conversations"] for row in rows} == shown
    with opened.page.expect_download() as picture:
        opened.card("device_usage").get_by_role("button", name="PNG").click()
    picture.value.save_as(tmp_path / "devices.png")
    content = (tmp_path / "devices.png").read_bytes()
    assert content.startswith(PNG)
    assert len(content) > 5_000


def test_every_card_explains_itself_in_the_catalogues_words(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT)
    opened.page.get_by_role("button", name="About Average response time").click()
    about = opened.page.locator("#about")
    expect(about).to_contain_text("time of the agent message minus time of the first message of the burst")
    expect(about).to_contain_text("track_agent_message")
    opened.page.keyboard.press("Escape")
    expect(about).not_to_be_visible()
