"""The page without data, without a server, and with hostile content."""

from datetime import UTC, datetime, timedelta

from clickhouse_connect import get_client
from playwright.sync_api import expect

from dashboard.catalogue import METRICS
from tests.browser.conftest import READY_SECONDS, DashboardServer
from tests.support.dashboard.page import DashboardPage
from tests.support.dashboard.page_events import (
    DEMO_AGENT,
    EMOJI,
    HOSTILE_AGENT,
    HOSTILE_ID,
    LONG,
    MARKUP,
    RIGHT_TO_LEFT,
    SOURCE,
)


def test_an_empty_card_names_the_arguments_to_send(dashboard: DashboardPage) -> None:
    dashboard.open(agent="nobody")
    expect(dashboard.page.get_by_text("No events from agent nobody")).to_be_visible()
    for metric in METRICS:
        if metric.drill_down_of is None:
            for filled in metric.filled_by:
                expect(dashboard.card(metric.name).locator(".empty")).to_contain_text(filled.example)


def test_the_page_reports_an_unreachable_server_and_recovers(
    dashboard: DashboardPage, dashboard_server: DashboardServer
) -> None:
    dashboard.open(agent=DEMO_AGENT, live="on")
    before = dashboard.figure("total_conversations", "conversations").get_attribute("data-value")
    dashboard_server.process.kill()
    dashboard.page.locator("#range summary").click()
    dashboard.page.get_by_role("button", name="Last 90 days").click()
    alert = dashboard.page.get_by_role("alert").filter(has_text="not responding")
    expect(alert).to_be_visible()
    expect(alert).to_contain_text("These numbers are from")
    assert dashboard.figure("total_conversations", "conversations").get_attribute("data-value") == before
    dashboard_server.process.start()
    dashboard_server.process.wait_until_ready(READY_SECONDS)
    expect(alert).not_to_be_visible(timeout=30_000)
    expect(dashboard.page.locator("#range-name")).to_have_text("Last 90 days")
    dashboard.problems[:] = [
        text for text in dashboard.problems if "ERR_" not in text
    ]  # errors of Chromium for the stopped server


def test_hostile_content_is_text(dashboard: DashboardPage) -> None:
    dashboard.open(agent=HOSTILE_AGENT)
    expect(dashboard.figure("sources", "conversations", SOURCE)).to_have_attribute("data-value", "1")
    expect(dashboard.card("tool_usage").get_by_role("rowheader")).to_have_text(MARKUP)
    dashboard.open_list(dashboard.figure("total_conversations", "conversations"))
    expect(dashboard.page.locator("#panel table.list")).to_contain_text(MARKUP)
    dashboard.page.locator("#panel table.list tbody tr").first.get_by_role("button").click()
    transcript = dashboard.page.locator("#panel .transcript")
    for text in (MARKUP, RIGHT_TO_LEFT, EMOJI.rstrip("\x00\x07 "), LONG[:500]):
        expect(transcript).to_contain_text(text)
    expect(transcript.locator("script, img, b.bold, iframe")).to_have_count(0)
    assert dashboard.chosen("conversation") == HOSTILE_ID
    assert dashboard.page.evaluate("window.hacked") is None
    assert not dashboard.is_too_wide()
    scroller = dashboard.page.locator("#panel .panel-scroll")
    assert scroller.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_a_message_of_100_kilobytes_is_folded_and_opens_whole(dashboard: DashboardPage) -> None:
    dashboard.open(agent=HOSTILE_AGENT, conversation=HOSTILE_ID)
    fold = dashboard.page.locator("#panel details", has_text="All 100,000 characters")
    fold.locator("summary").click()
    assert fold.locator(".content").evaluate("element => element.textContent.length") == len(LONG)


def test_a_missing_conversation_is_reported(dashboard: DashboardPage) -> None:
    dashboard.open(agent=DEMO_AGENT, conversation="no-such-conversation")
    expect(dashboard.page.locator("#panel").get_by_role("alert")).to_contain_text("no conversation has this id")
    dashboard.close_panel()
    dashboard.problems[:] = [text for text in dashboard.problems if "404" not in text]  # the error response is expected


def test_an_invalid_range_is_explained(dashboard: DashboardPage) -> None:
    dashboard.page.goto(f"{dashboard.address}/?agent={DEMO_AGENT}&since=yesterday&until=now")
    expect(dashboard.page.get_by_role("alert").first).to_contain_text("since: allowed is")
    dashboard.problems[:] = [text for text in dashboard.problems if "422" not in text]


def test_the_page_reports_that_events_are_not_written_until_they_are(
    dashboard: DashboardPage, dashboard_server: DashboardServer
) -> None:
    client = get_client(dsn=dashboard_server.harness.stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
    columns = ["topic", "partition", "log_epoch", "owner_epoch", "first", "last", "confirmed", "seen_at"]
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    client.insert("ranges", [["stuck", 7, 1, 1, 0, 9, 0, an_hour_ago]], columns)
    dashboard.open(agent=DEMO_AGENT)
    alert = dashboard.page.get_by_role("alert").filter(has_text="Events are not being written")
    expect(alert).to_contain_text("Partition 7")
    expect(alert).to_contain_text("written for 1h")
    client.insert("ranges", [["stuck", 7, 1, 1, 0, 9, 1, an_hour_ago]], columns)
    client.close()
    dashboard.open(agent=DEMO_AGENT)
    expect(dashboard.figure("total_conversations", "conversations")).to_be_visible()
    expect(alert).not_to_be_visible()
