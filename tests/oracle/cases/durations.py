"""average_conversation_duration."""

from tests.oracle.cases.script import Cases, Script

DURATIONS = Cases()
VIEW = "average_conversation_duration"
MINUTE = 60_000


@DURATIONS.of(VIEW)
def a_duration_is_last_minus_first_activity(script: Script) -> None:
    script.engage("09:59:00")
    script.user("10:00:00")
    script.action("10:02:00")
    script.rate("10:10:00", 5)
    script.expect(VIEW, [(120.0, 120.0, 120.0, 120.0, 120.0, 1, 0, 0, 120.0, 1)])


@DURATIONS.of(VIEW)
def an_end_within_the_gap_counts_as_the_end(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:02:00")
    script.end("10:05:00")
    script.end("10:04:00")
    script.end("10:03:00.500")
    script.expect(VIEW, mean_seconds=180.5, sessions=1, conversation_mean_seconds=120.0)


@DURATIONS.of(VIEW)
def an_end_at_the_very_last_activity_counts(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:02:00")
    script.end("10:02:00")
    script.end("10:04:00")
    script.expect(VIEW, mean_seconds=120.0, sessions=1)


@DURATIONS.of(VIEW)
def an_end_exactly_30_minutes_later_counts_and_one_more_millisecond_does_not(script: Script) -> None:
    for conversation, end in (("a", "10:31:00"), ("b", "10:31:00.001")):
        script.user("10:00:00", conversation)
        script.agent("10:01:00", conversation)
        script.end(end, conversation)
    script.expect(VIEW, mean_seconds=(1860 + 60) / 2, sessions=2, conversation_mean_seconds=60.0)


@DURATIONS.of(VIEW)
def an_end_with_activity_after_it_is_ignored(script: Script) -> None:
    script.user("10:00:00")
    script.end("10:05:00")
    script.agent("10:20:00")
    script.expect(VIEW, mean_seconds=1200.0, sessions=1)


@DURATIONS.of(VIEW)
def an_end_belongs_to_the_session_before_it(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:01:00")
    script.end("10:06:00")
    script.user("12:00:00")
    script.agent("12:01:00")
    script.expect(VIEW, mean_seconds=(360 + 60) / 2, sessions=2, conversations=1, conversation_mean_seconds=7260.0)


@DURATIONS.of(VIEW)
def an_end_before_everything_is_ignored(script: Script) -> None:
    script.end(script.now - 11 * MINUTE)
    script.user(script.now - 10 * MINUTE)
    script.agent(script.now - 9 * MINUTE)
    script.expect(VIEW, sessions=0, open_sessions=1, conversations=0, mean_seconds=None)


@DURATIONS.of(VIEW)
def open_and_single_activity_sessions_are_excluded_and_counted(script: Script) -> None:
    script.user(script.now - 10 * MINUTE, "open")
    script.agent(script.now - 5 * MINUTE, "open")
    script.user(script.now - 90 * MINUTE, "single")
    script.user(script.now - 10 * MINUTE, "single and ended")
    script.end(script.now - 9 * MINUTE, "single and ended")
    script.user(script.now - 90 * MINUTE, "counted")
    script.agent(script.now - 85 * MINUTE, "counted")
    script.expect(VIEW, [(300.0, 300.0, 300.0, 300.0, 300.0, 1, 1, 2, 300.0, 1)])
    script.expect("total_conversations", sessions=4)


@DURATIONS.of(VIEW)
def an_end_closes_a_session_at_once(script: Script) -> None:
    script.user(script.now - 10 * MINUTE)
    script.agent(script.now - 9 * MINUTE)
    script.end(script.now - 8 * MINUTE)
    script.expect(VIEW, sessions=1, open_sessions=0, mean_seconds=120.0, conversations=1)


@DURATIONS.of(VIEW)
def an_open_session_excludes_its_whole_conversation(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:01:00")
    script.user(script.now - 10 * MINUTE)
    script.expect(VIEW, sessions=1, open_sessions=1, conversations=0, conversation_mean_seconds=None)


@DURATIONS.of(VIEW)
def a_session_counts_where_it_started(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:20:00")
    script.expect(VIEW, since="10:00:00", until="10:00:00.001", sessions=1, conversations=1)
    script.expect(VIEW, since="10:00:00.001", until="11:00:00", sessions=0, conversations=0)


@DURATIONS.of(VIEW)
def a_conversation_counts_at_its_first_activity(script: Script) -> None:
    script.user("10:00:00")
    script.user("12:00:00")
    script.expect(VIEW, since="09:00:00", until="11:00:00", single_activity_sessions=1, conversations=1, sessions=0)
    script.expect(VIEW, since="09:00:00", until="11:00:00", conversation_mean_seconds=7200.0)
    script.expect(VIEW, since="11:00:00", until="13:00:00", single_activity_sessions=1, conversations=0)


@DURATIONS.of(VIEW)
def a_conversation_with_a_single_activity_has_no_duration(script: Script) -> None:
    script.engage("09:00:00")
    script.user("10:00:00")
    script.end("10:10:00")
    script.expect(VIEW, conversations=0, conversation_mean_seconds=None, single_activity_sessions=1)


@DURATIONS.of(VIEW)
def two_activities_on_one_millisecond_last_zero_seconds(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:00:00")
    script.expect(VIEW, [(0.0, 0.0, 0.0, 0.0, 0.0, 1, 0, 0, 0.0, 1)])


@DURATIONS.of(VIEW)
def an_end_long_after_closes_but_does_not_lengthen(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:01:00")
    script.end("2024-04-03 10:00:00")
    script.expect(VIEW, mean_seconds=60.0, sessions=1)
