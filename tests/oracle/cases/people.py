"""individual_users, device_usage, sources, languages and language_regions."""

from tests.oracle.cases.script import Cases, Script
from tests.oracle.user_agents import USER_AGENTS

PEOPLE = Cases()


@PEOPLE.of("individual_users")
def users_are_customers_not_messages_or_conversations(script: Script) -> None:
    for number, customer in enumerate(("ann", "ann", " ann\t", "Ann", "bob")):
        script.engage("10:00:00", f"chat-{number}", customer_id=customer)
        script.user("10:00:01", f"chat-{number}")
        script.user("10:00:02", f"chat-{number}")
    script.expect("individual_users", [(3, 3, 0, 0)])


@PEOPLE.of("individual_users")
def anonymous_ids_are_not_ids(script: Script) -> None:
    for number, word in enumerate(("", "none", "NULL", " undefined ", "Anonymous", "unknown", "\u2003")):
        script.engage("10:00:00", f"chat-{number}", customer_id=word)
        script.user("10:00:01", f"chat-{number}")
    script.engage("10:00:00", "nobody", customer_id="nobody")
    script.user("10:00:01", "nobody")
    script.expect("individual_users", [(1, 1, 0, 7)])


@PEOPLE.of("individual_users")
def the_last_known_customer_counts_and_anonymous_ids_erase_nothing(script: Script) -> None:
    script.visit("10:00:00", customer_id="visitor")
    script.user("10:01:00")
    script.engage("12:00:00", customer_id="ann")
    script.engage("13:00:00", customer_id="anonymous")
    script.engage("09:00:00", "ann's other chat", customer_id="ann")
    script.user("09:00:01", "ann's other chat")
    script.expect("individual_users", [(1, 0, 1, 0)], since="10:00:00", until="11:00:00")


@PEOPLE.of("individual_users")
def only_conversations_with_an_end_user_message_in_the_range_count(script: Script) -> None:
    script.engage("10:00:00", "agent only", customer_id="ann")
    script.agent("10:00:01", "agent only")
    script.action("10:00:02", "search", "agent only")
    script.engage("10:00:00", "spoke", customer_id="bob")
    script.user("10:00:01", "spoke")
    script.agent("12:00:00", "spoke")
    script.agent("12:00:00", "anonymous agent")
    script.expect("individual_users", [(1, 1, 0, 0)])
    script.expect("individual_users", [(0, 0, 0, 0)], since="11:00:00", until="13:00:00")


@PEOPLE.of("individual_users")
def new_users_wrote_first_in_the_range_and_all_others_are_returning(script: Script) -> None:
    script.engage("2024-04-01 10:00:00", "old", customer_id="ann")
    script.user("2024-04-01 10:00:00", "old")
    script.engage("2024-04-02 10:00:00", "new", customer_id="ann")
    script.user("2024-04-02 10:00:00", "new")
    script.engage("2024-04-02 11:00:00", "bob", customer_id="bob")
    script.user("2024-04-02 11:00:00", "bob")
    script.user("2024-04-02 12:00:00", "anonymous")
    script.expect("individual_users", [(2, 1, 1, 1)], since="2024-04-02 00:00:00", until="2024-04-03 00:00:00")
    script.expect("individual_users", [(1, 1, 0, 0)], since="2024-04-01 00:00:00", until="2024-04-02 00:00:00")
    script.expect("individual_users", [(1, 0, 1, 0)], since="2024-04-02 10:00:00", until="2024-04-02 10:00:00.001")


@PEOPLE.of("individual_users")
def messages_to_another_agent_or_environment_do_not_make_a_user_returning(script: Script) -> None:
    for number, scope in enumerate(({"environment": "staging"}, {"agent_id": f"{script.agent_id}-b"}, {})):
        script.engage(f"2024-04-0{number + 1} 10:00:00", **scope, customer_id="ann")
        script.user(f"2024-04-0{number + 1} 10:00:00", **scope)
    script.expect("individual_users", [(1, 1, 0, 0)], since="2024-04-03 00:00:00", until="2024-04-04 00:00:00")


@PEOPLE.of("individual_users")
def a_customer_id_that_arrives_later_includes_the_first_message(script: Script) -> None:
    script.engage("2024-04-01 10:00:00", "moved", customer_id="ann")
    script.user("2024-04-01 10:00:00", "moved")
    script.engage("2024-04-02 10:00:00", "ann", customer_id="ann")
    script.user("2024-04-02 10:00:00", "ann")
    script.engage("2024-04-05 10:00:00", "moved", customer_id="bob")
    day = {"since": "2024-04-02 00:00:00", "until": "2024-04-03 00:00:00"}
    script.expect("individual_users", [(1, 1, 0, 0)], **day)


@PEOPLE.of("device_usage")
def devices_are_case_folded_and_other_text_is_other(script: Script) -> None:
    for number, device in enumerate(("Desktop", " DESKTOP ", "tablet", "mobile", "fridge", "smart tv", "phone")):
        script.engage("10:00:00", f"chat-{number}", device=device)
    script.user("10:00:00", "unknown")
    script.expect("device_usage", [("other", 3), ("desktop", 2), ("mobile", 1), ("tablet", 1), ("unknown", 1)])


@PEOPLE.of("device_usage")
def user_agents_are_parsed_and_bots_and_televisions_are_other(script: Script) -> None:
    for number, user_agent in enumerate(USER_AGENTS):
        script.engage("10:00:00", f"chat-{number}", device=user_agent)
    script.expect("device_usage", [("desktop", 4), ("other", 3), ("mobile", 2), ("tablet", 2)])


@PEOPLE.of("device_usage")
def the_last_known_device_counts(script: Script) -> None:
    script.engage("10:02:00", device="tablet")
    script.engage("10:00:00", device="mobile")
    script.visit("10:01:00", device="desktop")
    script.visit("10:03:00", device="unknown")
    script.user("10:04:00", device="mobile")
    script.expect("device_usage", [("tablet", 1)])


@PEOPLE.of("sources")
def the_first_known_source_counts_trimmed_and_in_lower_case(script: Script) -> None:
    script.engage("10:02:00", source="sms")
    script.engage("10:01:00", source="\u00a0WhatsApp ")
    script.visit("10:00:00", source="unknown")
    script.action("09:00:00", source="action")
    script.expect("sources", [("whatsapp", 1)])


@PEOPLE.of("sources")
def visits_alone_are_in_no_breakdown(script: Script) -> None:
    script.visit("10:00:00", source="web", device="mobile", language="en")
    script.expect("sources", [])
    script.expect("device_usage", [])
    script.expect("languages", [])


@PEOPLE.of("languages")
def tags_and_english_names_are_one_language(script: Script) -> None:
    for number, language in enumerate(
        ("en-US", "en_US", "EN", "English", "en", " ENGLISH ", "de", "German", "Croatian")
    ):
        script.engage("10:00:00", f"chat-{number}", language=language)
    script.expect("languages", [("en", 6), ("de", 2), ("hr", 1)])


@PEOPLE.of("languages")
def a_primary_subtag_of_two_or_three_letters_is_kept_and_anything_else_is_unknown(script: Script) -> None:
    for number, language in enumerate(
        ("xx", "FIL-ph", "eng", "e", "engl", "12", "Klingonish", "english please", "\u00e9n")
    ):
        script.engage("10:00:00", f"chat-{number}", language=language)
    script.expect("languages", [("unknown", 6), ("eng", 1), ("fil", 1), ("xx", 1)])


@PEOPLE.of("languages")
def the_last_known_language_counts_with_its_own_region(script: Script) -> None:
    script.engage("10:00:00", language="pt-BR")
    script.engage("10:02:00", language="en")
    script.engage("10:01:00", language="de-AT")
    script.engage("10:03:00", language="?")
    script.expect("languages", [("en", 1)])
    script.expect("language_regions", [("en", "unknown", 1)])


@PEOPLE.of("language_regions")
def regions_are_kept_in_capitals(script: Script) -> None:
    tags = ("en-us", "en_US", "EN-GB", "zh-Hans-cn", "es-419", "sr-Latn", "Norwegian")
    for number, language in enumerate(tags):
        script.engage("10:00:00", f"chat-{number}", language=language)
    script.expect(
        "language_regions",
        [
            ("en", "US", 2),
            ("en", "GB", 1),
            ("es", "419", 1),
            ("no", "unknown", 1),
            ("sr", "unknown", 1),
            ("zh", "CN", 1),
        ],
    )
