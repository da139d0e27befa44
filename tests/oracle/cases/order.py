"""Rules 4, 8, 9, 11 and 12: order, duplicates, null, identity, attributes of the whole conversation."""

from tests.oracle.cases.script import Cases, Script

ORDER = Cases()
UPPER = "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"


@ORDER.of("rule 4")
def a_late_message_merges_two_sessions(script: Script) -> None:
    script.user("10:00:00")
    script.user("10:50:00")
    script.agent("10:25:00")
    script.agent("10:51:00")
    script.end("10:51:30")
    script.expect("total_conversations", sessions=1, conversations=1)
    script.expect("average_conversation_duration", sessions=1, mean_seconds=3090.0, single_activity_sessions=0)
    script.expect("average_response_time", exchanges=2, mean_seconds=780.0, unanswered=0)


@ORDER.of("rule 4")
def a_late_activity_after_an_end_makes_the_end_irrelevant(script: Script) -> None:
    script.user("10:00:00")
    script.user("10:05:00")
    script.end("10:10:00")
    script.user("10:12:00")
    script.expect("average_conversation_duration", sessions=1, mean_seconds=720.0)


@ORDER.of("rule 4")
def a_late_answer_takes_the_place_of_a_later_one(script: Script) -> None:
    script.user("10:00:00")
    script.agent("10:10:00")
    script.agent("10:00:30")
    script.expect("average_response_time", exchanges=1, mean_seconds=30.0)


@ORDER.of("rule 4")
def a_late_question_begins_the_burst(script: Script) -> None:
    script.agent("10:01:00")
    script.user("10:00:50")
    script.user("10:00:00")
    script.expect("average_response_time", exchanges=1, mean_seconds=60.0, mean_from_last_message_seconds=10.0)


@ORDER.of("rule 4")
def a_duplicate_counts_once_in_any_case_of_its_id(script: Script) -> None:
    for event_id in (UPPER, UPPER.lower(), UPPER.title(), UPPER):
        script.user("10:00:00", event_id=event_id)
    script.expect("total_messages", messages=1)


@ORDER.of("rule 4", in_order=True)
def of_one_id_with_different_contents_the_first_to_arrive_stays(script: Script) -> None:
    script.user("10:00:00", event_id=UPPER)
    script.action("09:00:00", event_id=UPPER.lower())
    script.agent("10:00:30", event_id=UPPER.lower())
    script.expect("total_messages", messages=1, end_user_messages=1)
    script.expect("tool_usage", [])


@ORDER.of("rule 4", in_order=True)
def a_dead_letter_does_not_use_up_its_id(script: Script) -> None:
    script.user("10:00:00", event_id=UPPER, content=" ")
    script.user("10:00:00", event_id=UPPER)
    script.expect("total_messages", messages=1)


@ORDER.of("rule 4")
def one_id_in_two_conversations_is_two_events(script: Script) -> None:
    script.user("10:00:00", "a", event_id=UPPER)
    script.user("10:00:00", "b", event_id=UPPER)
    script.user("10:00:00", "b", event_id=UPPER, environment="staging")
    script.expect("total_messages", messages=2)
    script.expect("total_messages", environment="staging", messages=1)


@ORDER.of("rule 8")
def null_erases_no_attribute(script: Script) -> None:
    known = {"customer_id": "c", "device": "mobile", "source": "web", "language": "en-US"}
    script.engage("10:00:00", **known, customer_ip_address="81.2.69.142", metadata={"feedback": "up"})
    script.engage("10:01:00", **dict.fromkeys(known), customer_ip_address=None, metadata={"feedback": None})
    script.engage("10:02:00", metadata=None)
    script.user("10:00:30")
    script.expect("individual_users", users=1, anonymous_conversations=0)
    script.expect("device_usage", [("mobile", 1)])
    script.expect("sources", [("web", 1)])
    script.expect("language_regions", [("en", "US", 1)])
    script.expect("world_map", [("GB", 1)])
    script.expect("conversation_feedback", positive=1, unrecognised=0, conversations=1)


@ORDER.of("rule 8")
def null_in_an_optional_field_means_absent(script: Script) -> None:
    script.user("10:00:00", environment=None, schema_version=None, metadata=None, attachments=None)
    script.user("10:00:01", content=None, attachments=[{"filename": None, "size_bytes": None}])
    script.rate("10:00:02", 5, rated_by=None)
    script.action("10:00:03", duration_ms=None, started_at=None, ended_at=None, error_message=None, tools_used=None)
    script.expect("total_messages", messages=2)
    script.expect("conversation_feedback", positive=1)
    script.expect("tool_usage", [("search", 1, 0, 1, None, None, None, None, None, 0, 1)])


@ORDER.of("rule 9")
def on_one_millisecond_the_end_user_comes_before_all_else(script: Script) -> None:
    script.agent("10:00:10", event_id="00000000-0000-0000-0000-000000000001")
    script.user("10:00:00", event_id="00000000-0000-0000-0000-000000000002")
    script.user("10:00:10", event_id="ffffffff-0000-0000-0000-000000000003")
    script.expect("average_response_time", exchanges=1, mean_seconds=10.0, mean_from_last_message_seconds=0.0)


@ORDER.of("rule 9")
def on_one_millisecond_the_text_of_the_id_decides(script: Script) -> None:
    """ClickHouse orders UUIDs by their second half first: it would find `web` first and `desktop` last."""
    script.engage("10:00:00", event_id="bbbbbbbb-0000-4000-8000-000000000001", source="Web", device="mobile")
    script.engage("10:00:00", event_id="AAAAAAAA-0000-4000-8000-000000000002", source="phone", device="desktop")
    script.expect("sources", [("phone", 1)])
    script.expect("device_usage", [("mobile", 1)])


@ORDER.of("rule 11")
def the_same_id_under_another_agent_or_environment_is_another_conversation(script: Script) -> None:
    script.engage("10:00:00", device="mobile")
    script.engage("10:00:01", device="tablet", environment="staging")
    script.engage("10:00:02", device="desktop", agent_id=f"{script.agent_id}-b")
    script.expect("device_usage", [("mobile", 1)])
    script.expect("device_usage", [("tablet", 1)], environment="staging")
    script.expect("device_usage", [("desktop", 1)], agent="-b")


@ORDER.of("rule 11")
def ids_are_compared_exactly_as_sent(script: Script) -> None:
    for conversation in (
        "chat",
        "Chat",
        " chat",
        "chat ",
        "ch\u0061\u0308t",
        "ch\u00e4t",
        "chat\x00",
        "chat/1",
        "'; --",
    ):
        script.user("10:00:00", conversation)
    script.expect("total_conversations", conversations=9, active_conversations=9, sessions=9)


@ORDER.of("rule 12")
def attributes_ratings_and_escalation_outside_the_range_count(script: Script) -> None:
    script.user("10:00:00")
    script.engage("12:00:00", device="tablet", source="web", language="hr", customer_ip_address="81.2.69.142")
    script.rate("13:00:00", "up")
    script.action("14:00:00", "open_ticket")
    window = {"since": "09:59:00", "until": "10:01:00"}
    script.expect("device_usage", [("tablet", 1)], **window)
    script.expect("sources", [("web", 1)], **window)
    script.expect("languages", [("hr", 1)], **window)
    script.expect("world_map", [("GB", 1)], **window)
    script.expect("conversation_feedback", positive=1, conversations=1, **window)
    script.expect("human_escalation_rate", escalated_conversations=1, conversations=1, rate=1.0, **window)


@ORDER.of("rule 12")
def blank_and_unknown_are_not_known_and_erase_nothing(script: Script) -> None:
    known = {
        "customer_id": "c",
        "device": "mobile",
        "source": "web",
        "language": "en",
        "customer_ip_address": "81.2.69.142",
    }
    for number, value in enumerate(("", " \t\u3000", "unknown", " Unknown ")):
        script.engage(f"09:00:0{number}", **dict.fromkeys(known, value))
        script.engage(f"11:00:0{number}", **dict.fromkeys(known, value))
    script.user("10:30:00")
    script.engage("10:00:00", **known)
    script.expect("individual_users", users=1, anonymous_conversations=0)
    script.expect("device_usage", [("mobile", 1)])
    script.expect("sources", [("web", 1)])
    script.expect("languages", [("en", 1)])
    script.expect("world_map", [("GB", 1)])
