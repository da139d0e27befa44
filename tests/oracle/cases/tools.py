"""tool_usage and human_escalation_rate."""

from tests.oracle.cases.script import Cases, Script
from tests.oracle.scope import Row

TOOLS = Cases()
UNTIMED = (None, None, None, None, None)


def _timed(seconds: float) -> tuple[float, ...]:
    return (seconds,) * 5


@TOOLS.of("tool_usage")
def names_are_trimmed_and_keep_their_case(script: Script) -> None:
    script.action("10:00:00", "search")
    script.action("10:00:01", "\u3000search\n", "other")
    script.action("10:00:02", "Search")
    rows: list[Row] = [("search", 2, 0, 2, *UNTIMED, 0, 2), ("Search", 1, 0, 1, *UNTIMED, 0, 1)]
    script.expect("tool_usage", rows)


@TOOLS.of("tool_usage")
def a_non_blank_error_message_is_a_failed_call(script: Script) -> None:
    for second, error in enumerate(("", " \t", None, "boom", "\u200b")):
        script.action(f"10:00:0{second}", error_message=error)
    script.expect("tool_usage", [("search", 5, 2, 1, *UNTIMED, 0, 5)])


@TOOLS.of("tool_usage")
def duration_ms_goes_before_the_times(script: Script) -> None:
    times = {"started_at": "2024-04-02T10:00:00Z", "ended_at": "2024-04-02T10:00:09Z"}
    script.action("10:00:00", "both", duration_ms=1500.5, **times)
    script.action("10:00:00", "zero", duration_ms=0, **times)
    rows: list[Row] = [("both", 1, 0, 1, *_timed(1.5005), 1, 0), ("zero", 1, 0, 1, *_timed(0.0), 1, 0)]
    script.expect("tool_usage", rows)


@TOOLS.of("tool_usage")
def the_times_are_used_when_duration_ms_is_absent_or_negative(script: Script) -> None:
    times = {"started_at": "2024-04-02T12:00:00.0009+02:00", "ended_at": "2024-04-02 10:00:09.5"}
    script.action("10:00:00", "absent", **times)
    script.action("10:00:00", "negative", duration_ms=-1, **times)
    rows: list[Row] = [("absent", 1, 0, 1, *_timed(9.5), 1, 0), ("negative", 1, 0, 1, *_timed(9.5), 1, 0)]
    script.expect("tool_usage", rows)


@TOOLS.of("tool_usage")
def an_impossible_duration_is_unknown_and_counted(script: Script) -> None:
    at = "10:00:00"
    script.action(at, "backwards", started_at="2024-04-02T10:00:01Z", ended_at="2024-04-02T10:00:00Z")
    script.action(at, "endless", duration_ms=10**12 + 1)
    script.action(at, "negative", duration_ms=-0.5)
    script.action(at, "one time", started_at="2024-04-02T10:00:01Z")
    script.action(at, "too early", started_at="1899-12-31T23:59:59Z", ended_at="1900-01-01T00:00:00Z")
    script.action(at, "too late", started_at="2299-12-31T23:59:59Z", ended_at="2300-01-01T00:00:00Z")
    names = ("backwards", "endless", "negative", "one time", "too early", "too late")
    script.expect("tool_usage", [(name, 1, 0, 1, *UNTIMED, 0, 1) for name in names])


@TOOLS.of("tool_usage")
def the_longest_duration_and_the_outermost_times_are_known(script: Script) -> None:
    script.action("10:00:00", "longest", duration_ms=10**12)
    script.action("10:00:00", "early", started_at="1900-01-01T00:00:00Z", ended_at="1900-01-01T00:00:01Z")
    script.action("10:00:00", "late", started_at="2299-12-31T23:59:58.999Z", ended_at="2299-12-31T23:59:59.999Z")
    rows: list[Row] = [
        ("early", 1, 0, 1, *_timed(1.0), 1, 0),
        ("late", 1, 0, 1, *_timed(1.0), 1, 0),
        ("longest", 1, 0, 1, *_timed(1e9), 1, 0),
    ]
    script.expect("tool_usage", rows)


@TOOLS.of("tool_usage")
def calls_belong_to_when_they_occurred(script: Script) -> None:
    script.action("10:00:00", duration_ms=1000)
    script.action("10:07:00", duration_ms=2000)
    script.action("10:14:00", duration_ms=4000, error_message="boom")
    script.expect("tool_usage", [("search", 1, 0, 1, *_timed(2.0), 1, 0)], since="10:00:00.001", until="10:14:00")


@TOOLS.of("tool_usage")
def most_calls_come_first_and_conversations_are_distinct(script: Script) -> None:
    for number in range(6):
        script.action(f"10:00:0{number}", "b", f"chat-{number % 2}")
    script.action("10:00:00", "a")
    script.action("10:00:01", "c")
    rows: list[Row] = [("b", 6, 0, 2, *UNTIMED, 0, 6), ("a", 1, 0, 1, *UNTIMED, 0, 1), ("c", 1, 0, 1, *UNTIMED, 0, 1)]
    script.expect("tool_usage", rows)


@TOOLS.of("tool_usage")
def token_usage_is_not_a_tool(script: Script) -> None:
    script.event("token_usage", "10:00:00", total_tokens=5, action_name="search")
    script.user("10:00:01", action_name="search")
    script.expect("tool_usage", [])


@TOOLS.of("tool_usage")
def hostile_names_are_only_names(script: Script) -> None:
    names = ("'; DROP TABLE events; --", "{agent_id:String}", "\\N", "NULL", "\U0001f600", "a\tb\nc", "a\x00b", "\x1c")
    for name in names:
        script.action("10:00:00", name)
    ordered = sorted(names, key=str.encode)
    script.expect("tool_usage", [(name, 1, 0, 1, *UNTIMED, 0, 1) for name in ordered])


@TOOLS.of("human_escalation_rate")
def the_four_default_names_escalate_trimmed_and_case_folded(script: Script) -> None:
    names = ("fallback_to_human", "open_ticket", " Ticket ", "CONTACT_HUMAN", "get_ticket", "tickets", "open ticket")
    for number, name in enumerate(names):
        script.action("10:00:00", name, f"chat-{number}")
    script.user("10:00:00", "quiet")
    script.expect("human_escalation_rate", [(0.5, 4, 8, 0)])


@TOOLS.of("human_escalation_rate")
def twice_in_one_conversation_counts_once(script: Script) -> None:
    script.action("10:00:00", "ticket")
    script.action("10:01:00", "contact_human")
    script.expect("human_escalation_rate", [(1.0, 1, 1, 0)])


@TOOLS.of("human_escalation_rate")
def a_failed_attempt_counts_and_is_reported_separately(script: Script) -> None:
    script.action("10:00:00", "ticket", error_message="no desk")
    script.action("10:01:00", "ticket", error_message="no desk")
    script.action("10:02:00", "ticket")
    script.action("10:00:00", "search", "other", error_message="boom")
    script.action("10:01:00", "ticket", "other")
    script.expect("human_escalation_rate", [(1.0, 2, 2, 1)])


@TOOLS.of("human_escalation_rate")
def an_escalation_days_later_counts_for_the_day_of_engagement(script: Script) -> None:
    script.user("2024-04-02 10:00:00")
    script.action("2024-04-20 10:00:00", "open_ticket")
    window = {"since": "2024-04-02 00:00:00", "until": "2024-04-03 00:00:00"}
    later = {"since": "2024-04-20 00:00:00", "until": "2024-04-21 00:00:00"}
    script.expect("human_escalation_rate", [(1.0, 1, 1, 0)], **window)
    script.expect("human_escalation_rate", [(None, 0, 0, 0)], **later)
