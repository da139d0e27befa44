"""Rules 1 to 3: scope, time, time zone."""

from tests.oracle.cases.script import Cases, Script
from tests.oracle.scope import Row

SCOPE_AND_TIME = Cases()
MINUTE = 60_000


@SCOPE_AND_TIME.of("rule 1")
def since_is_inside_and_until_is_outside(script: Script) -> None:
    for at in ("09:59:59.999", "10:00:00", "10:59:59.999", "11:00:00"):
        script.user(at)
    script.expect("total_messages", since="10:00:00", until="11:00:00", messages=2)


@SCOPE_AND_TIME.of("rule 1")
def a_range_may_begin_and_end_inside_a_quarter_hour(script: Script) -> None:
    for at in ("10:00:00", "10:07:29.999", "10:07:30.000", "10:14:59.999", "10:15:00", "10:20:00.001", "10:20:00.002"):
        script.user(at)
    script.expect("total_messages", since="10:07:30", until="10:20:00.002", messages=4)
    script.expect("total_messages", since="10:07:30", until="10:07:30.001", messages=1)
    script.expect("total_messages", since="10:07:29.999", until="10:14:59.999", messages=2)


@SCOPE_AND_TIME.of("rule 1")
def since_at_or_after_until_is_an_empty_range(script: Script) -> None:
    script.user("10:00:00")
    for since in ("10:00:00", "10:30:00"):
        script.expect("total_messages", since=since, until="10:00:00", messages=0, end_user_messages=0)
        script.expect("daily_overview", [], since=since, until="10:00:00")
        script.expect("tool_usage", [], since=since, until="10:00:00")


@SCOPE_AND_TIME.of("rule 1")
def another_agent_and_another_environment_are_out_of_scope(script: Script) -> None:
    script.user("10:00:00")
    script.user("10:00:01", environment="staging")
    script.agent("10:00:02", agent_id=f"{script.agent_id}-b")
    script.expect("total_messages", messages=1, end_user_messages=1, agent_messages=0)
    script.expect("total_messages", environment="staging", messages=1)
    script.expect("total_messages", agent="-b", messages=1, agent_messages=1)
    script.expect("total_messages", environment="Production", messages=0)


@SCOPE_AND_TIME.of("rule 2")
def a_naive_time_is_utc_and_an_offset_is_applied(script: Script) -> None:
    script.user("2024-04-02 10:00:00")
    script.user("2024-04-02t12:00:00+02:00")
    script.user("2024-04-02 05:45:00-04:15")
    script.user("2024-04-02T10:00:00z")
    script.expect("total_messages", since="10:00:00", until="10:00:00.001", messages=4)


@SCOPE_AND_TIME.of("rule 2")
def digits_beyond_the_millisecond_are_removed(script: Script) -> None:
    script.user("2024-04-02 10:00:00.9999999Z")
    script.user("2024-04-02 10:00:00.99Z")
    script.expect("total_messages", since="10:00:00.999", until="10:00:01", messages=1)
    script.expect("total_messages", since="10:00:00.990", until="10:00:00.991", messages=1)


@SCOPE_AND_TIME.of("rule 2")
def a_time_before_2000_is_replaced_by_the_time_of_receipt(script: Script) -> None:
    for at in ("1999-12-31 23:59:59.999", "0001-01-01T00:00:00+23:59", "2000-01-01 00:30:00+00:31"):
        script.user(at)
    script.user("2000-01-01 00:00:00")
    script.expect("total_messages", since=script.now - 60 * MINUTE, until=script.now + 60 * MINUTE, messages=3)
    script.expect("total_messages", since="2000-01-01 00:00:00", until="2000-01-01 00:00:00.001", messages=1)
    script.expect("total_messages", messages=4)


@SCOPE_AND_TIME.of("rule 2")
def a_time_in_the_far_future_is_replaced_by_the_time_of_receipt(script: Script) -> None:
    for at in ("9999-12-31T23:59:59.999-23:59", "2299-12-31 23:59:59"):
        script.user(at)
    script.user(script.now + 120 * MINUTE)
    script.expect("total_messages", since=script.now - 60 * MINUTE, until=script.now + 60 * MINUTE, messages=3)


@SCOPE_AND_TIME.of("rule 3")
def the_zone_decides_the_day_of_each_event(script: Script) -> None:
    script.user("2024-04-02 22:30:00")
    script.user("2024-04-03 00:30:00")
    window = {"since": "2024-04-02 22:00:00", "until": "2024-04-03 22:00:00"}
    script.expect("daily_overview", [("2024-04-03", 2, 1, 1)], zone="Europe/Zagreb", **window)
    script.expect("daily_overview", [("2024-04-02", 1, 1, 1), ("2024-04-03", 1, 1, 0)], zone="UTC", **window)
    script.expect(
        "daily_overview", [("2024-04-02", 2, 1, 1), ("2024-04-03", 0, 0, 0)], zone="America/New_York", **window
    )


@SCOPE_AND_TIME.of("rule 3")
def a_day_of_23_hours_and_a_day_of_25_hours_are_one_day_each(script: Script) -> None:
    for at in ("2024-03-30 23:00:00", "2024-03-31 21:59:59.999", "2024-10-26 22:00:00", "2024-10-27 22:59:59.999"):
        script.user(at)
    spring = {"since": "2024-03-30 23:00:00", "until": "2024-03-31 22:00:00"}
    autumn = {"since": "2024-10-26 22:00:00", "until": "2024-10-27 23:00:00"}
    script.expect("daily_overview", [("2024-03-31", 2, 1, 1)], zone="Europe/Zagreb", **spring)
    script.expect("daily_overview", [("2024-10-27", 2, 1, 0)], zone="Europe/Zagreb", **autumn)


@SCOPE_AND_TIME.of("rule 3")
def zones_at_30_and_45_minutes_have_their_own_days(script: Script) -> None:
    script.user("2024-04-02 18:14:59.999")
    script.user("2024-04-02 18:15:00")
    script.user("2024-04-03 02:29:59.999", "night")
    script.user("2024-04-03 02:30:00", "night")
    window = {"since": "2024-04-02 18:00:00", "until": "2024-04-03 03:00:00"}
    kathmandu: list[Row] = [("2024-04-02", 1, 1, 1), ("2024-04-03", 3, 2, 1)]
    newfoundland: list[Row] = [("2024-04-02", 3, 2, 2), ("2024-04-03", 1, 1, 0)]
    script.expect("daily_overview", kathmandu, zone="Asia/Kathmandu", **window)
    script.expect("daily_overview", newfoundland, zone="America/St_Johns", **window)


@SCOPE_AND_TIME.of("rule 3")
def a_clock_change_of_half_an_hour_counts_both_halves_in_their_hour(script: Script) -> None:
    for at in ("14:30:00", "14:59:59.999", "15:00:00", "15:29:59.999", "15:30:00"):
        script.user(f"2024-04-06 {at}")
    rows = _matrix({(7, 1): (4, 1), (7, 2): (1, 0)})
    script.expect("peak_hours", rows, zone="Australia/Lord_Howe")


@SCOPE_AND_TIME.of("rule 3")
def a_zone_45_minutes_off_has_its_own_hours(script: Script) -> None:
    script.user("2024-04-06 13:59:59.999")
    script.user("2024-04-06 14:14:59.999")
    script.user("2024-04-06 14:15:00")
    script.expect("peak_hours", _matrix({(7, 2): (1, 0), (7, 3): (2, 1)}), zone="Pacific/Chatham")


def _matrix(cells: dict[tuple[int, int], tuple[int, int]]) -> list[Row]:
    return [(day, hour, *cells.get((day, hour), (0, 0))) for day in range(1, 8) for hour in range(24)]
