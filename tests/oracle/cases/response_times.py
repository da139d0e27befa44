"""average_response_time."""

from tests.oracle.cases.script import Cases, Script

RESPONSE_TIMES = Cases()
VIEW = "average_response_time"
MINUTE = 60_000


@RESPONSE_TIMES.of(VIEW)
def a_sample_runs_from_the_first_message_of_the_burst(script: Script) -> None:
    script.user("10:00:00")
    script.user("10:00:20")
    script.user("10:00:50")
    script.agent("10:01:00")
    script.expect(VIEW, [(60.0, 60.0, 60.0, 60.0, 60.0, 1, 10.0, 0, 0)])


@RESPONSE_TIMES.of(VIEW)
def later_messages_of_the_same_reply_give_no_sample(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:00:10")
    script.agent("10:09:00")
    script.expect(VIEW, exchanges=1, mean_seconds=10.0)


@RESPONSE_TIMES.of(VIEW)
def an_agent_message_without_a_question_gives_no_sample(script: Script) -> None:
    script.agent("09:59:00")
    script.action("10:00:00")
    script.agent("10:00:10")
    script.expect(VIEW, exchanges=0, mean_seconds=None, unanswered=0)


@RESPONSE_TIMES.of(VIEW)
def actions_buttons_and_system_messages_do_not_break_a_burst(script: Script) -> None:
    script.user("10:00:00")
    script.action("10:00:05")
    script.event("message", "10:00:06", sender="system", content="typing")
    script.event("button", "10:00:07", button_event="hurry")
    script.user("10:00:10")
    script.agent("10:00:30")
    script.expect(VIEW, exchanges=1, mean_seconds=30.0, mean_from_last_message_seconds=20.0)


@RESPONSE_TIMES.of(VIEW)
def nothing_is_paired_across_sessions(script: Script) -> None:
    script.user("2024-04-02 10:00:00")
    script.agent("2024-04-07 10:00:00")
    script.expect(VIEW, exchanges=0, unanswered=1, mean_seconds=None)


@RESPONSE_TIMES.of(VIEW)
def an_activity_between_keeps_question_and_answer_in_one_session(script: Script) -> None:
    script.user("10:00:00")
    script.action("10:29:00")
    script.agent("10:58:00")
    script.expect(VIEW, exchanges=1, mean_seconds=3480.0)


@RESPONSE_TIMES.of(VIEW)
def an_answer_after_exactly_30_minutes_is_of_the_same_session(script: Script) -> None:
    script.user("10:00:00", "a")
    script.agent("10:30:00", "a")
    script.user("10:00:00", "b")
    script.agent("10:30:00.001", "b")
    script.expect(VIEW, exchanges=1, mean_seconds=1800.0, unanswered=1)


@RESPONSE_TIMES.of(VIEW)
def samples_under_5_ms_are_not_measured(script: Script) -> None:
    for number, answer in enumerate(("10:00:00", "10:00:00.004", "10:00:00.005")):
        script.user("10:00:00", f"chat-{number}")
        script.agent(answer, f"chat-{number}")
    script.expect(VIEW, [(0.005, 0.005, 0.005, 0.005, 0.005, 1, 0.005, 0, 2)])


@RESPONSE_TIMES.of(VIEW)
def a_measured_exchange_may_be_short_from_its_last_message(script: Script) -> None:
    script.user("10:00:00")
    script.user("10:00:09.999")
    script.agent("10:00:10")
    script.expect(VIEW, exchanges=1, not_measured=0, mean_from_last_message_seconds=0.001)


@RESPONSE_TIMES.of(VIEW)
def an_exchange_belongs_to_the_time_of_its_first_message(script: Script) -> None:
    script.user("10:00:00")
    script.user("10:01:00")
    script.agent("10:02:00")
    script.user("10:03:00")
    script.expect(VIEW, since="10:00:00", until="10:00:00.001", exchanges=1, unanswered=0)
    script.expect(VIEW, since="10:00:00.001", until="10:03:00", exchanges=0, unanswered=0)
    script.expect(VIEW, since="10:03:00", until="10:03:00.001", exchanges=0, unanswered=1)


@RESPONSE_TIMES.of(VIEW)
def only_bursts_of_closed_sessions_are_unanswered(script: Script) -> None:
    script.user(script.now - 10 * MINUTE, "open")
    script.user(script.now - 10 * MINUTE, "ended")
    script.end(script.now - 9 * MINUTE, "ended")
    script.user(script.now - 40 * MINUTE, "over")
    script.expect(VIEW, exchanges=0, unanswered=2)


@RESPONSE_TIMES.of(VIEW)
def an_end_followed_by_activity_closes_nothing(script: Script) -> None:
    script.user(script.now - 10 * MINUTE)
    script.end(script.now - 9 * MINUTE)
    script.action(script.now - 8 * MINUTE)
    script.expect(VIEW, unanswered=0)
    script.expect("average_conversation_duration", open_sessions=1, sessions=0)


@RESPONSE_TIMES.of(VIEW)
def an_exchange_of_an_open_session_counts_at_once(script: Script) -> None:
    script.user(script.now - 10 * MINUTE)
    script.agent(script.now - 9 * MINUTE)
    script.user(script.now - 8 * MINUTE)
    script.expect(VIEW, exchanges=1, mean_seconds=60.0, unanswered=0)


@RESPONSE_TIMES.of(VIEW)
def an_exchange_reaches_over_midnight_and_the_edges_of_quarter_hours(script: Script) -> None:
    script.user("2024-04-02 23:59:00")
    script.agent("2024-04-03 00:16:00")
    script.expect(VIEW, since="2024-04-02 23:50:00", until="2024-04-03 00:00:00", exchanges=1, mean_seconds=1020.0)
    script.expect(VIEW, since="2024-04-03 00:00:00", until="2024-04-03 01:00:00", exchanges=0)
