"""What one can choose on the page, and that the address keeps it."""

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import ZONE, Served
from tests.support.browser import Opened
from tests.support.browser_events import DEMO_AGENT, HOSTILE_AGENT, send_message

FIFTEEN = 15


def test_the_first_page_shows_fifteen_cards_of_the_busiest_agent_on_the_browsers_clock(opened: Opened) -> None:
    opened.open()
    expect(opened.page.locator("section.card")).to_have_count(FIFTEEN)
    expect(opened.page.locator("section.card h3").filter(has_text="Total messages")).to_be_visible()
    expect(opened.page.locator("#zone")).to_have_value(ZONE)
    expect(opened.page.locator(".window-line")).to_contain_text(ZONE)
    assert opened.chosen("agent") == DEMO_AGENT


def test_another_range_changes_the_numbers_and_the_address(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT)
    before = opened.figure("total_messages", "messages").get_attribute("data-value")
    opened.page.locator("#range summary").click()
    opened.page.get_by_role("button", name="Last 7 days").click()
    expect(opened.figure("total_messages", "messages")).not_to_have_attribute("data-value", before or "")
    assert opened.chosen("range") == "7d"
    opened.page.go_back()
    expect(opened.figure("total_messages", "messages")).to_have_attribute("data-value", before or "")
    assert opened.chosen("range") == ""


def test_a_range_of_ones_own_is_read_on_the_clock_of_the_zone(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT, zone="Asia/Kathmandu")
    opened.page.locator("#range summary").click()
    opened.page.get_by_label("From", exact=True).fill("2026-04-01T00:00")
    opened.page.get_by_label("Until", exact=True).fill("2026-04-03T00:00")
    opened.page.get_by_role("button", name="Show this range").click()
    expect(opened.page.locator(".window-line")).to_contain_text("Apr 1 \N{EN DASH} 2, 2026")
    expect(opened.page.get_by_text("Nobody spoke in this range.")).to_be_visible()
    opened.page.get_by_role("button", name="Show them").click()
    expect(opened.figure("total_messages", "messages")).to_be_visible()


def test_another_zone_moves_the_hours_and_an_unknown_one_is_refused(opened: Opened, window: dict[str, str]) -> None:
    opened.open(agent=DEMO_AGENT, **{**window, "zone": "UTC"})
    before = [number.value for number in opened.numbers() if number.metric == "peak_hours"]
    zone = opened.page.locator("#zone")
    zone.fill("Middle-earth/Bree")
    zone.blur()
    assert not zone.evaluate("element => element.checkValidity()")
    zone.fill("Pacific/Chatham")
    zone.blur()
    expect(opened.page.locator(".window-line")).to_contain_text("Pacific/Chatham")
    opened.settle()
    after = [number.value for number in opened.numbers() if number.metric == "peak_hours"]
    assert sum(map(int, before)) == sum(map(int, after))
    assert before != after


def test_another_agent_has_other_numbers(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT)
    opened.choose_agent(HOSTILE_AGENT)
    expect(opened.figure("total_conversations", "conversations")).to_have_attribute("data-value", "1")
    assert opened.chosen("agent") == HOSTILE_AGENT


def test_an_agent_is_found_by_a_part_of_its_name_with_the_keyboard_alone(opened: Opened) -> None:
    opened.open(agent=HOSTILE_AGENT)
    field = opened.page.get_by_role("combobox", name="Agent")
    options = opened.page.get_by_role("listbox", name="Agent").get_by_role("option")
    field.focus()
    field.press("ArrowDown")
    expect(options).to_have_count(3)
    field.press_sequentially(DEMO_AGENT[2:].upper())
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    field.press("Enter")
    expect(options).to_have_count(0)
    assert opened.chosen("agent") == DEMO_AGENT
    expect(field).to_have_value(DEMO_AGENT)
    field.press_sequentially("no agent is called this")
    expect(opened.page.get_by_text("No agent has this in its name.")).to_be_visible()
    field.press("Escape")
    expect(field).to_have_value(DEMO_AGENT)
    expect(field).to_be_focused()


def test_the_week_shows_messages_or_conversations_and_the_arrow_keys_move_in_it(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT)
    card = opened.card("peak_hours")
    card.get_by_role("button", name="Conversations", exact=True).click()
    expect(opened.figure("peak_hours", "conversations", "7/23")).to_be_attached()
    assert opened.chosen("heat") == "conversations"
    opened.figure("peak_hours", "conversations", "1/0").focus()
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowLeft")
    expect(opened.figure("peak_hours", "conversations", "2/23")).to_be_focused()


def test_without_comparison_there_are_no_changes(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT, range="7d")
    expect(opened.card("total_messages").locator(".change").first).to_be_visible()
    opened.page.get_by_role("switch", name="Compare").press("Space")
    expect(opened.page.locator(".change")).to_have_count(0)
    assert opened.chosen("compare") == "none"


def test_dark_colours_are_the_systems_or_those_that_were_chosen(opened: Opened) -> None:
    opened.page.emulate_media(color_scheme="dark")
    opened.open(agent=DEMO_AGENT)
    assert _ground(opened) == "rgb(13, 17, 23)"
    opened.page.get_by_role("button", name="Use light colours").click()
    assert _ground(opened) == "rgb(244, 245, 247)"
    opened.open(agent=DEMO_AGENT)
    assert _ground(opened) == "rgb(244, 245, 247)"


def _ground(opened: Opened) -> str:
    colour: str = opened.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour


def test_a_narrow_screen_is_never_scrolled_sideways(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 375, "height": 740})
    opened.open(agent=DEMO_AGENT, range="7d")
    assert not opened.is_too_wide()
    opened.page.locator("#range summary").click()
    assert not opened.is_too_wide()
    opened.page.keyboard.press("Escape")
    opened.open_list(opened.figure("total_conversations", "conversations"))
    assert not opened.is_too_wide()


def test_live_mode_follows_what_arrives(opened: Opened, served: Served) -> None:
    opened.open(agent=HOSTILE_AGENT, live="on")
    opened.page.wait_for_timeout(500)
    before = int(opened.figure("total_messages", "messages").get_attribute("data-value") or "0")
    send_message(served.harness.stack.broker.address)
    expect(opened.figure("total_messages", "messages")).to_have_attribute("data-value", str(before + 1))


def test_the_numbers_are_written_as_the_browsers_locale_writes_them(served: Served, context: BrowserContext) -> None:
    browser = context.browser
    assert browser is not None
    german = browser.new_context(locale="de-DE", timezone_id=ZONE)
    page = Opened(german.new_page(), served.address).open(agent=DEMO_AGENT)
    number = page.figure("total_messages", "messages")
    expected = f"{int(number.get_attribute('data-value') or '0'):,}".replace(",", ".")
    expect(number).to_contain_text(expected)
    german.close()
