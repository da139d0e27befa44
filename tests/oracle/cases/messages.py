"""total_messages, total_conversations, peak_hours and daily_overview."""

from tests.oracle.cases.script import Cases, Script
from tests.oracle.scope import Row

MESSAGES = Cases()


@MESSAGES.of("total_messages")
def messages_are_split_by_sender(script: Script) -> None:
    script.user("10:00:00")
    script.user("10:00:01")
    script.agent("10:00:02")
    script.expect("total_messages", [(3, 2, 1)])


@MESSAGES.of("total_messages")
def system_messages_actions_buttons_and_token_usage_are_not_messages(script: Script) -> None:
    script.event("message", "10:00:00", sender="system", content="joined")
    script.action("10:00:01")
    script.event("button", "10:00:02", button_event="yes")
    script.event("token_usage", "10:00:03", total_tokens=5)
    script.visit("10:00:04")
    script.engage("10:00:05")
    script.rate("10:00:06", 5)
    script.end("10:00:07")
    script.expect("total_messages", [(0, 0, 0)])


@MESSAGES.of("total_messages")
def a_photo_without_text_is_a_message(script: Script) -> None:
    script.user("10:00:00", content=" ", attachments=[{"filename": "photo.jpg", "mime_type": "image/jpeg"}])
    script.user("10:00:01", content=None, attachments=[{}])
    script.expect("total_messages", messages=2)


@MESSAGES.of("total_conversations")
def a_conversation_counts_at_its_earliest_engaging_event(script: Script) -> None:
    script.user("11:00:00")
    script.engage("10:00:00")
    script.expect("total_conversations", since="10:00:00", until="10:00:00.001", conversations=1)
    script.expect("total_conversations", since="10:00:00.001", until="12:00:00", conversations=0)


@MESSAGES.of("total_conversations")
def messages_actions_and_buttons_engage(script: Script) -> None:
    script.user("10:00:00", "a")
    script.agent("10:00:00", "b")
    script.action("10:00:00", "search", "c")
    script.event("button", "10:00:00", "d", button_event="yes")
    script.engage("10:00:00", "e")
    script.expect("total_conversations", [(5, 4, 4)])


@MESSAGES.of("total_conversations")
def visits_feedback_token_usage_ends_and_system_messages_do_not_engage(script: Script) -> None:
    script.visit("10:00:00", "a", metadata={"feedback": "up"})
    script.rate("10:00:00", 5, "b")
    script.event("token_usage", "10:00:00", "c", total_tokens=5)
    script.end("10:00:00", "d")
    script.event("message", "10:00:00", "e", sender="system", content="joined")
    script.expect("total_conversations", [(0, 0, 0)])


@MESSAGES.of("total_conversations")
def a_conversation_is_active_wherever_it_has_an_activity(script: Script) -> None:
    script.user("10:00:00")
    script.action("12:00:00")
    script.engage("14:00:00")
    script.expect("total_conversations", [(0, 1, 1)], since="11:00:00", until="13:00:00")
    script.expect("total_conversations", [(0, 0, 0)], since="13:00:00", until="15:00:00")


@MESSAGES.of("total_conversations")
def a_gap_of_exactly_30_minutes_does_not_split_and_one_more_millisecond_does(script: Script) -> None:
    script.user("10:00:00", "a")
    script.user("10:30:00", "a")
    script.user("10:00:00", "b")
    script.user("10:30:00.001", "b")
    script.expect("total_conversations", [(2, 2, 3)])


@MESSAGES.of("total_conversations")
def only_activity_keeps_a_session_together(script: Script) -> None:
    script.user("10:00:00")
    script.event("message", "10:20:00", sender="system", content="still there?")
    script.engage("10:25:00")
    script.event("token_usage", "10:28:00", total_tokens=5)
    script.rate("10:29:00", 4)
    script.user("10:40:00")
    script.expect("total_conversations", sessions=2)


@MESSAGES.of("peak_hours")
def messages_and_conversations_fall_on_their_weekday_and_hour(script: Script) -> None:
    script.user("2024-04-01 00:00:00", "monday")
    script.user("2024-04-07 23:59:59.999", "sunday")
    script.agent("2024-04-08 00:59:59.999", "sunday")
    script.engage("2024-04-07 22:00:00", "sunday")
    cells = {(1, 0): (2, 1), (7, 23): (1, 0), (7, 22): (0, 1)}
    rows: list[Row] = [(day, hour, *cells.get((day, hour), (0, 0))) for day in range(1, 8) for hour in range(24)]
    script.expect("peak_hours", rows)


@MESSAGES.of("peak_hours")
def the_zone_moves_weekday_and_hour(script: Script) -> None:
    script.user("2024-04-07 22:30:00")
    rows: list[Row] = [
        (day, hour, *((1, 1) if (day, hour) == (1, 0) else (0, 0))) for day in range(1, 8) for hour in range(24)
    ]
    script.expect("peak_hours", rows, zone="Europe/Zagreb")


@MESSAGES.of("daily_overview")
def gaps_are_filled_with_zeros(script: Script) -> None:
    script.user("2024-02-28 12:00:00")
    script.user("2024-03-01 12:00:00")
    rows: list[Row] = [("2024-02-28", 1, 1, 1), ("2024-02-29", 0, 0, 0), ("2024-03-01", 1, 1, 0)]
    script.expect("daily_overview", rows, since="2024-02-28 00:00:00", until="2024-03-02 00:00:00")


@MESSAGES.of("daily_overview")
def partial_days_count_only_events_in_the_range(script: Script) -> None:
    for at in ("2024-04-02 11:59:59.999", "2024-04-02 12:00:00", "2024-04-03 11:59:59.999", "2024-04-03 12:00:00"):
        script.user(at)
    window = {"since": "2024-04-02 12:00:00", "until": "2024-04-03 12:00:00"}
    script.expect("daily_overview", [("2024-04-02", 1, 1, 0), ("2024-04-03", 1, 1, 0)], **window)


@MESSAGES.of("daily_overview")
def a_conversation_is_active_on_each_of_its_days_and_new_on_one(script: Script) -> None:
    script.engage("2024-04-02 23:00:00")
    script.user("2024-04-03 10:00:00")
    script.action("2024-04-04 10:00:00")
    script.action("2024-04-04 11:00:00")
    rows: list[Row] = [("2024-04-02", 0, 0, 1), ("2024-04-03", 1, 1, 0), ("2024-04-04", 0, 1, 0)]
    script.expect("daily_overview", rows, since="2024-04-02 00:00:00", until="2024-04-05 00:00:00")
