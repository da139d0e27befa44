"""What the page does when there is nothing, when nobody answers, and when everything that was said is an attack."""

from datetime import UTC, datetime, timedelta

from clickhouse_connect import get_client
from playwright.sync_api import expect

from dashboard.catalogue import METRICS
from tests.browser.conftest import READY_SECONDS, Served
from tests.support.browser import Opened
from tests.support.browser_events import (
    DEMO_AGENT,
    EMOJI,
    HOSTILE_AGENT,
    HOSTILE_ID,
    LONG,
    MARKUP,
    RIGHT_TO_LEFT,
    SOURCE,
)


def test_an_agent_without_events_is_told_which_arguments_fill_each_card(opened: Opened) -> None:
    opened.open(agent="nobody")
    expect(opened.page.get_by_text("Nobody has sent events of nobody")).to_be_visible()
    for metric in METRICS:
        if metric.drill_down_of is None:
            for filled in metric.filled_by:
                expect(opened.card(metric.name).locator(".empty")).to_contain_text(filled.example)


def test_the_page_says_that_the_server_is_away_and_recovers_by_itself(opened: Opened, served: Served) -> None:
    opened.open(agent=DEMO_AGENT, live="on")
    before = opened.figure("total_conversations", "conversations").get_attribute("data-value")
    served.process.kill()
    opened.page.locator("#range summary").click()
    opened.page.get_by_role("button", name="Last 90 days").click()
    alert = opened.page.get_by_role("alert").filter(has_text="does not answer")
    expect(alert).to_be_visible()
    expect(alert).to_contain_text("These numbers are from")
    assert opened.figure("total_conversations", "conversations").get_attribute("data-value") == before
    served.process.start()
    served.process.wait_until_ready(READY_SECONDS)
    expect(alert).not_to_be_visible(timeout=30_000)
    expect(opened.page.locator("#range-name")).to_have_text("Last 90 days")
    opened.problems[:] = [text for text in opened.problems if "ERR_" not in text]  # what Chromium says of a dead server


def test_hostile_content_is_text(opened: Opened) -> None:
    opened.open(agent=HOSTILE_AGENT)
    expect(opened.figure("sources", "conversations", SOURCE)).to_have_attribute("data-value", "1")
    expect(opened.card("tool_usage").get_by_role("rowheader")).to_have_text(MARKUP)
    opened.open_list(opened.figure("total_conversations", "conversations"))
    expect(opened.page.locator("#panel table.list")).to_contain_text(MARKUP)
    opened.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    transcript = opened.page.locator("#panel .transcript")
    for text in (MARKUP, RIGHT_TO_LEFT, EMOJI.rstrip("\x00\x07 "), LONG[:500]):
        expect(transcript).to_contain_text(text)
    expect(transcript.locator("script, img, b.bold, iframe")).to_have_count(0)
    assert opened.chosen("conversation") == HOSTILE_ID
    assert opened.page.evaluate("window.hacked") is None
    assert not opened.is_too_wide()
    scroller = opened.page.locator("#panel .panel-scroll")
    assert scroller.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_a_message_of_100_kilobytes_is_folded_and_opens_whole(opened: Opened) -> None:
    opened.open(agent=HOSTILE_AGENT, conversation=HOSTILE_ID)
    fold = opened.page.locator("#panel details", has_text="All 100,000 characters")
    fold.locator("summary").click()
    assert fold.locator(".content").evaluate("element => element.textContent.length") == len(LONG)


def test_a_conversation_that_is_not_there_is_said_to_be_missing(opened: Opened) -> None:
    opened.open(agent=DEMO_AGENT, conversation="no-such-conversation")
    expect(opened.page.locator("#panel").get_by_role("alert")).to_contain_text("there is no conversation of this id")
    opened.close_panel()
    opened.problems[:] = [text for text in opened.problems if "404" not in text]  # the refusal is what was asked for


def test_a_range_that_cannot_be_read_is_explained(opened: Opened) -> None:
    opened.page.goto(f"{opened.address}/?agent={DEMO_AGENT}&since=yesterday&until=now")
    expect(opened.page.get_by_role("alert").first).to_contain_text("since: allowed is")
    opened.problems[:] = [text for text in opened.problems if "422" not in text]


def test_the_page_says_that_events_are_not_written_until_they_are(opened: Opened, served: Served) -> None:
    client = get_client(dsn=served.harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
    columns = ["topic", "partition", "log_epoch", "owner_epoch", "first", "last", "confirmed", "seen_at"]
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    client.insert("ranges", [["stuck", 7, 1, 1, 0, 9, 0, an_hour_ago]], columns)
    opened.open(agent=DEMO_AGENT)
    alert = opened.page.get_by_role("alert").filter(has_text="Events are not being written")
    expect(alert).to_contain_text("Partition 7")
    expect(alert).to_contain_text("written for 1h")
    client.insert("ranges", [["stuck", 7, 1, 1, 0, 9, 1, an_hour_ago]], columns)
    client.close()
    opened.open(agent=DEMO_AGENT)
    expect(opened.figure("total_conversations", "conversations")).to_be_visible()
    expect(alert).not_to_be_visible()
