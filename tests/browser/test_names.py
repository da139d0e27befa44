"""What cannot be seen in a name is marked wherever the page shows it, and no text changes the order of the page."""

from playwright.sync_api import expect

from tests.support.browser import Opened
from tests.support.browser_events import SPOOFED, SPOOFED_AS_SHOWN

# What people said is shown as it is, in an element of its own direction.
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


def _assert_nothing_is_hidden(opened: Opened) -> None:
    assert opened.page.evaluate(UNSEEN_TEXTS) == []
    assert opened.page.evaluate(LOOSE_TEXTS) == []


def test_what_is_unseen_in_a_name_is_marked_wherever_it_is_shown(opened: Opened) -> None:
    opened.open(agent=SPOOFED, environment=SPOOFED)
    opened.page.locator("#agent").click()
    expect(opened.page.locator("#agent-options li").filter(has_text=SPOOFED_AS_SHOWN)).to_be_visible()
    _assert_nothing_is_hidden(opened)
    opened.page.locator("#agent").press("Escape")
    expect(opened.page.locator("#agent")).to_have_value(SPOOFED_AS_SHOWN)
    expect(opened.page.locator("#environment option:checked")).to_have_text(SPOOFED_AS_SHOWN)
    for metric in ("tool_usage", "sources"):
        shown = opened.card(metric).get_by_role("rowheader").first
        expect(shown).to_contain_text(SPOOFED_AS_SHOWN[1:], ignore_case=True)
    _assert_nothing_is_hidden(opened)


def test_lists_and_a_conversation_mark_what_is_unseen(opened: Opened) -> None:
    opened.open(agent=SPOOFED, environment=SPOOFED)
    for metric, column in (("sources", "conversations"), ("tool_usage", "calls"), ("total_messages", "messages")):
        opened.open_list(opened.card(metric).locator(f'button[data-column="{column}"]').first)
        opened.page.locator("#panel table.list").wait_for()
        _assert_nothing_is_hidden(opened)
        opened.close_panel()
    opened.open_list(opened.figure("total_conversations", "conversations"))
    opened.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    panel = opened.page.locator("#panel")
    panel.locator(".transcript").wait_for()
    expect(panel.locator("h2")).to_have_text(SPOOFED_AS_SHOWN)
    for place in (".facts", ".action", ".file", ".event[data-type=button]", ".event[data-type=token_usage]"):
        expect(panel.locator(place).first).to_contain_text(SPOOFED_AS_SHOWN)
    assert panel.locator(".content").filter(has_text="b").first.evaluate("element => element.textContent") == SPOOFED
    _assert_nothing_is_hidden(opened)


def test_an_address_that_was_made_up_shows_its_marks_too(opened: Opened) -> None:
    opened.open(agent=f"nobody{SPOOFED}", environment=SPOOFED)
    expect(opened.page.get_by_text(f"Nobody has sent events of nobody{SPOOFED_AS_SHOWN}")).to_be_visible()
    _assert_nothing_is_hidden(opened)


def test_emoji_and_other_scripts_are_names_as_they_are(opened: Opened) -> None:
    name = "👩🏽‍💻 ❤️‍🔥 1️⃣ مرحبا שלום ünï"
    opened.open(agent=name)
    expect(opened.page.locator("#agent")).to_have_value(name)
