"""Rules 5, 6, 7 and 10: nothing invented, unknown is a row, exact distinct counts, nearest rank."""

from tests.oracle.cases.script import Cases, Script
from tests.oracle.scope import Row

NUMBERS = Cases()
NOTHING = (None, None, None, None, None)


@NUMBERS.of("rule 5")
def no_data_gives_one_row_of_zeros_and_nulls(script: Script) -> None:
    script.expect("total_messages", [(0, 0, 0)])
    script.expect("total_conversations", [(0, 0, 0)])
    script.expect("average_response_time", [(*NOTHING, 0, None, 0, 0)])
    script.expect("average_conversation_duration", [(*NOTHING, 0, 0, 0, None, 0)])
    script.expect("individual_users", [(0, 0, 0, 0)])
    script.expect("human_escalation_rate", [(None, 0, 0, 0)])
    script.expect("conversation_feedback", [(None, 0, 0, 0, 0, 0, None)])
    script.expect("unique_interactions", [(None, 0, 0)])


@NUMBERS.of("rule 5")
def no_data_gives_no_row_in_a_breakdown(script: Script) -> None:
    for view in (
        "tool_usage",
        "world_map",
        "world_map_places",
        "device_usage",
        "sources",
        "languages",
        "language_regions",
    ):
        script.expect(view, [])


@NUMBERS.of("rule 5")
def no_data_gives_168_hours_and_every_day(script: Script) -> None:
    script.expect("peak_hours", [(day, hour, 0, 0) for day in range(1, 8) for hour in range(24)])
    days: list[Row] = [(f"2024-04-0{day}", 0, 0, 0) for day in range(2, 6)]
    script.expect("daily_overview", days, since="2024-04-02 23:59:59.999", until="2024-04-05 00:00:00.001")


@NUMBERS.of("rule 5")
def an_unrated_conversation_has_no_satisfaction_but_a_coverage_of_zero(script: Script) -> None:
    script.user("10:00:00")
    script.expect("conversation_feedback", [(None, 0, 0, 0, 0, 1, 0.0)])
    script.expect("human_escalation_rate", [(0.0, 0, 1, 0)])


@NUMBERS.of("rule 5")
def percentiles_are_within_one_percent(script: Script) -> None:
    for number in range(1, 101):
        script.action(f"10:{number // 60:02d}:{number % 60:02d}", duration_ms=number * 1000)
    row = ("search", 100, 0, 1, 50.5, 50.0, 90.0, 95.0, 99.0, 100, 0)
    script.expect("tool_usage", [row])


@NUMBERS.of("rule 6")
def unknown_is_a_row_in_every_breakdown(script: Script) -> None:
    script.user("10:00:00", "a")
    script.engage("10:00:00", "b", device="tablet", source="Web ", language="en", customer_ip_address="81.2.69.142")
    script.user("10:00:00", "c")
    script.expect("device_usage", [("unknown", 2), ("tablet", 1)])
    script.expect("sources", [("unknown", 2), ("web", 1)])
    script.expect("languages", [("unknown", 2), ("en", 1)])
    script.expect("language_regions", [("unknown", "unknown", 2), ("en", "unknown", 1)])
    script.expect("world_map", [("unknown", 2), ("GB", 1)])
    script.expect(
        "world_map_places",
        [("unknown", "unknown", "unknown", None, None, 2), ("GB", "England", "London", 51.5142, -0.0931, 1)],
    )


@NUMBERS.of("rule 6")
def equal_counts_are_ordered_by_name(script: Script) -> None:
    for number, source in enumerate(("web", "Zalo", "\u00e9cran", "app", "sms", "sms")):
        script.engage("10:00:00", f"chat-{number}", source=source)
    rows: list[Row] = [("sms", 2), ("app", 1), ("web", 1), ("zalo", 1), ("\u00e9cran", 1)]
    script.expect("sources", rows)


@NUMBERS.of("rule 7")
def distinct_counts_are_exact(script: Script) -> None:
    for number in range(400):
        script.user(f"10:{number % 60:02d}:00", f"chat-{number}")
        script.engage("10:00:00", f"chat-{number}", customer_id=f"customer-{number % 150}")
    script.expect("total_conversations", conversations=400, active_conversations=400)
    script.expect("individual_users", users=150, new_users=150)


@NUMBERS.of("rule 10")
def a_percentile_is_the_nearest_rank(script: Script) -> None:
    for second, duration in enumerate((1000, 2000, 3000, 4000)):
        script.action(f"10:00:0{second}", duration_ms=duration)
    script.expect("tool_usage", [("search", 4, 0, 1, 2.5, 2.0, 4.0, 4.0, 4.0, 4, 0)])


@NUMBERS.of("rule 10")
def a_percentile_of_one_sample_is_that_sample_and_zero_is_zero(script: Script) -> None:
    script.action("10:00:00", "one", duration_ms=123456.75)
    script.action("10:00:01", "zero", duration_ms=0)
    script.expect(
        "tool_usage",
        [
            ("one", 1, 0, 1, 123.45675, 123.45675, 123.45675, 123.45675, 123.45675, 1, 0),
            ("zero", 1, 0, 1, 0.0, 0.0, 0.0, 0.0, 0.0, 1, 0),
        ],
    )


@NUMBERS.of("rule 10")
def of_twenty_samples_p95_is_the_nineteenth(script: Script) -> None:
    for number in range(1, 21):
        script.action(f"10:00:{number:02d}", duration_ms=2**number)
    row = ("search", 20, 0, 1, 104.8575, 1.024, 262.144, 524.288, 1048.576, 20, 0)
    script.expect("tool_usage", [row])
