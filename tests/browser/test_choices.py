"""The choices on the page, which the URL keeps."""

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import ZONE, DashboardServer
from tests.support.dashboard.page import DashboardPage
from tests.support.dashboard.page_events import DEMO_AGENT, HOSTILE_AGENT, send_message

FIFTEEN = 15


def test_the_first_page_shows_fifteen_cards_of_the_busiest_agent_in_the_browsers_time_zone(
    dashboard: DashboardPage,
) -> None:
    dashboard.open()
    expect(dashboard.page.locator("section.card")).to_have_count(FIFTEEN)
    expect(dashboard.page.locator("section.card h3").filter(has_text="Total messages")).to_be_visible()
    expect(dashboard.page.locator("#zone")).to_have_value(ZONE)
    expect(dashboard.page.locator(".window-line")).to_contain_text(ZONE)
    assert dashboard.chosen("agent") == DEMO_AGENT


def test_another_range_changes_the_numbers_and_the_address(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT)
    before = dashboard.figure("total_messages", "messages").get_attribute("data-value")
    dashboard.page.locator("#range summary").click()
    dashboard.page.get_by_role("button", name="Last 7 days").click()
    expect(dashboard.figure("total_messages", "messages")).not_to_have_attribute("data-value", before or "")
    assert dashboard.chosen("range") == "7d"
    dashboard.page.go_back()
    expect(dashboard.figure("total_messages", "messages")).to_have_attribute("data-value", before or "")
    assert dashboard.chosen("range") == ""


def test_a_custom_range_is_in_the_chosen_time_zone(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT, zone="Asia/Kathmandu")
    dashboard.page.locator("#range summary").click()
    dashboard.page.get_by_label("From", exact=True).fill("2026-04-01T00:00")
    dashboard.page.get_by_label("Until", exact=True).fill("2026-04-03T00:00")
    dashboard.page.get_by_role("button", name="Show this range").click()
    expect(dashboard.page.locator(".window-line")).to_contain_text("Apr 1 \N{EN DASH} 2, 2026")
    expect(dashboard.page.get_by_text("No activity in this range.")).to_be_visible()
    dashboard.page.get_by_role("button", name="Show them").click()
    expect(dashboard.figure("total_messages", "messages")).to_be_visible()


def test_another_time_zone_moves_the_hours_and_an_unknown_one_is_rejected(
    dashboard: DashboardPage, window: dict[str, str]
) -> None:
    dashboard.open(agent=DEMO_AGENT, **{**window, "zone": "UTC"})
    before = [number.value for number in dashboard.numbers() if number.metric == "peak_hours"]
    zone = dashboard.page.locator("#zone")
    zone.fill("Middle-earth/Bree")
    zone.blur()
    assert not zone.evaluate("element => element.checkValidity()")
    zone.fill("Pacific/Chatham")
    zone.blur()
    expect(dashboard.page.locator(".window-line")).to_contain_text("Pacific/Chatham")
    dashboard.settle()
    after = [number.value for number in dashboard.numbers() if number.metric == "peak_hours"]
    assert sum(map(int, before)) == sum(map(int, after))
    assert before != after


def test_another_agent_has_other_numbers(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT)
    dashboard.choose_agent(HOSTILE_AGENT)
    expect(dashboard.figure("total_conversations", "conversations")).to_have_attribute("data-value", "1")
    assert dashboard.chosen("agent") == HOSTILE_AGENT


def test_an_agent_is_found_by_a_part_of_its_name_with_the_keyboard_alone(dashboard: DashboardPage) -> None:
    dashboard.open(agent=HOSTILE_AGENT)
    field = dashboard.page.get_by_role("combobox", name="Agent")
    options = dashboard.page.get_by_role("listbox", name="Agent").get_by_role("option")
    field.focus()
    field.press("ArrowDown")
    expect(options).to_have_count(3)
    field.press_sequentially(DEMO_AGENT[2:].upper())
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    field.press("Enter")
    expect(options).to_have_count(0)
    assert dashboard.chosen("agent") == DEMO_AGENT
    expect(field).to_have_value(DEMO_AGENT)
    field.press_sequentially("no agent is called this")
    expect(dashboard.page.get_by_text("No matching agent.")).to_be_visible()
    field.press("Escape")
    expect(field).to_have_value(DEMO_AGENT)
    expect(field).to_be_focused()


def test_the_week_shows_messages_or_conversations_and_the_arrow_keys_move_in_it(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT)
    card = dashboard.card("peak_hours")
    card.get_by_role("button", name="Conversations", exact=True).click()
    expect(dashboard.figure("peak_hours", "conversations", "7/23")).to_be_attached()
    assert dashboard.chosen("heat") == "conversations"
    dashboard.figure("peak_hours", "conversations", "1/0").focus()
    dashboard.page.keyboard.press("ArrowDown")
    dashboard.page.keyboard.press("ArrowLeft")
    expect(dashboard.figure("peak_hours", "conversations", "2/23")).to_be_focused()


def test_without_comparison_there_are_no_changes(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT, range="7d")
    expect(dashboard.card("total_messages").locator(".change").first).to_be_visible()
    dashboard.page.get_by_role("switch", name="Compare").press("Space")
    expect(dashboard.page.locator(".change")).to_have_count(0)
    assert dashboard.chosen("compare") == "none"


def test_colours_are_those_of_the_system_or_the_chosen_ones(dashboard: DashboardPage) -> None:
    dashboard.page.emulate_media(color_scheme="dark")
    dashboard.open(agent=DEMO_AGENT)
    assert _ground(dashboard) == "rgb(13, 17, 23)"
    dashboard.page.get_by_role("button", name="Use light colours").click()
    assert _ground(dashboard) == "rgb(244, 245, 247)"
    dashboard.open(agent=DEMO_AGENT)
    assert _ground(dashboard) == "rgb(244, 245, 247)"


def _ground(dashboard: DashboardPage) -> str:
    colour: str = dashboard.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour


def test_a_narrow_screen_is_never_scrolled_sideways(dashboard: DashboardPage) -> None:
    dashboard.page.set_viewport_size({"width": 375, "height": 740})
    dashboard.open(agent=DEMO_AGENT, range="7d")
    assert not dashboard.is_too_wide()
    dashboard.page.locator("#range summary").click()
    assert not dashboard.is_too_wide()
    dashboard.page.keyboard.press("Escape")
    dashboard.open_list(dashboard.figure("total_conversations", "conversations"))
    assert not dashboard.is_too_wide()


def test_live_mode_shows_new_events(dashboard: DashboardPage, dashboard_server: DashboardServer) -> None:
    dashboard.open(agent=HOSTILE_AGENT, live="on")
    dashboard.page.wait_for_timeout(500)
    before = int(dashboard.figure("total_messages", "messages").get_attribute("data-value") or "0")
    send_message(dashboard_server.harness.stack.broker.address)
    expect(dashboard.figure("total_messages", "messages")).to_have_attribute("data-value", str(before + 1))


def test_the_numbers_are_written_as_the_browsers_locale_writes_them(
    dashboard_server: DashboardServer, context: BrowserContext
) -> None:
    browser = context.browser
    assert browser is not None
    german = browser.new_context(locale="de-DE", timezone_id=ZONE)
    page = DashboardPage(german.new_page(), dashboard_server.address).open(agent=DEMO_AGENT)
    number = page.figure("total_messages", "messages")
    expected = f"{int(number.get_attribute('data-value') or '0'):,}".replace(",", ".")
    expect(number).to_contain_text(expected)
    german.close()
