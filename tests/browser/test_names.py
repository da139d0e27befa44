"""Invisible characters in names are marked everywhere, and no text changes the direction of the page."""

from playwright.sync_api import expect

from tests.support.dashboard.page import DashboardPage
from tests.support.dashboard.page_events import SPOOFED, SPOOFED_AS_SHOWN

# Messages are shown unchanged, in an element with its own direction.
NOT_MARKED = ".content, .clipped, pre"

UNSEEN_TEXTS = f"""() => {{
    const unseen = /[\\p{{Cf}}\\p{{Zl}}\\u0000-\\u0009\\u000b-\\u001f]/u;
    const found = [];
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {{
        const node = walker.currentNode;
        if (node.nodeType === Node.TEXT_NODE && !node.parentElement.closest({NOT_MARKED!r}) && unseen.test(node.data))
            found.push(`text in ${{node.parentElement.outerHTML.slice(0, 200)}}`);
        for (const name of ['title', 'aria-label', 'placeholder', 'alt', 'value'])
            if (node.tagName !== 'OPTION' && node.getAttribute && unseen.test(node.getAttribute(name) ?? ''))
                found.push(`${{name}} of ${{node.tagName}}`);
        if (node instanceof HTMLInputElement && unseen.test(node.value)) found.push('the value of a field');
    }}
    return found;
}}"""
LOOSE_TEXTS = f"""() => [...document.querySelectorAll({NOT_MARKED!r})]
    .filter(element => !['isolate', 'plaintext', 'isolate-override'].includes(getComputedStyle(element).unicodeBidi))
    .map(element => element.outerHTML.slice(0, 200))"""


def _assert_nothing_is_hidden(dashboard: DashboardPage) -> None:
    assert dashboard.page.evaluate(UNSEEN_TEXTS) == []
    assert dashboard.page.evaluate(LOOSE_TEXTS) == []


def test_invisible_characters_in_a_name_are_marked_everywhere(dashboard: DashboardPage) -> None:
    dashboard.open(agent=SPOOFED, environment=SPOOFED)
    dashboard.page.locator("#agent").click()
    expect(dashboard.page.locator("#agent-options li").filter(has_text=SPOOFED_AS_SHOWN)).to_be_visible()
    _assert_nothing_is_hidden(dashboard)
    dashboard.page.locator("#agent").press("Escape")
    expect(dashboard.page.locator("#agent")).to_have_value(SPOOFED_AS_SHOWN)
    expect(dashboard.page.locator("#environment option:checked")).to_have_text(SPOOFED_AS_SHOWN)
    for metric in ("tool_usage", "sources"):
        shown = dashboard.card(metric).get_by_role("rowheader").first
        expect(shown).to_contain_text(SPOOFED_AS_SHOWN[1:], ignore_case=True)
    _assert_nothing_is_hidden(dashboard)


def test_lists_and_a_conversation_mark_invisible_characters(dashboard: DashboardPage) -> None:
    dashboard.open(agent=SPOOFED, environment=SPOOFED)
    for metric, column in (("sources", "conversations"), ("tool_usage", "calls"), ("total_messages", "messages")):
        dashboard.open_list(dashboard.card(metric).locator(f'button[data-column="{column}"]').first)
        dashboard.page.locator("#panel table.list").wait_for()
        _assert_nothing_is_hidden(dashboard)
        dashboard.close_panel()
    dashboard.open_list(dashboard.figure("total_conversations", "conversations"))
    dashboard.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    panel = dashboard.page.locator("#panel")
    panel.locator(".transcript").wait_for()
    expect(panel.locator("h2")).to_have_text(SPOOFED_AS_SHOWN)
    for place in (".facts", ".action", ".file", ".event[data-type=button]", ".event[data-type=token_usage]"):
        expect(panel.locator(place).first).to_contain_text(SPOOFED_AS_SHOWN)
    assert panel.locator(".content").filter(has_text="b").first.evaluate("element => element.textContent") == SPOOFED
    _assert_nothing_is_hidden(dashboard)


def test_names_from_the_url_are_marked_too(dashboard: DashboardPage) -> None:
    dashboard.open(agent=f"nobody{SPOOFED}", environment=SPOOFED)
    expect(dashboard.page.get_by_text(f"No events from agent nobody{SPOOFED_AS_SHOWN}")).to_be_visible()
    _assert_nothing_is_hidden(dashboard)


def test_emoji_and_other_scripts_are_unchanged(dashboard: DashboardPage) -> None:
    name = "👩🏽‍💻 ❤️‍🔥 1️⃣ مرحبا שלום ünï"
    dashboard.open(agent=name)
    expect(dashboard.page.locator("#agent")).to_have_value(name)
