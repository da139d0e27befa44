"""conversation_feedback and unique_interactions."""

from tests.oracle.cases.script import Cases, Script

OUTCOMES = Cases()
VIEW = "conversation_feedback"


def _ratings(script: Script, *ratings: object) -> None:
    for rating in ratings:
        conversation = f"chat-{len(script.sent)}"
        script.engage("10:00:00", conversation)
        script.rate("10:01:00", rating, conversation)


@OUTCOMES.of(VIEW)
def texts_and_numbers_have_their_verdicts(script: Script) -> None:
    _ratings(script, "positive", "up", "true", "like", "good", 4, 5, "4", "5.0", 5.0, True, " GOOD\n")
    _ratings(script, "neutral", 3, "3", 3.0, "Neutral")
    _ratings(script, "negative", "down", "false", "dislike", "bad", 1, 2, "1", "2.00", 1.0, False)
    script.expect(VIEW, positive=12, neutral=5, negative=11, unrecognised=0, conversations=28, coverage=1.0)
    script.expect(VIEW, satisfaction=12 / 28)


@OUTCOMES.of(VIEW)
def anything_else_is_unrecognised_and_counts_in_no_rate(script: Script) -> None:
    _ratings(
        script, "great", "", " ", 0, 6, 4.5, "4.5", -1, "10", {}, {"sentiment": {"rating": 5}}, {"stars": 5}, "5 stars"
    )
    script.engage("10:00:00", "rated")
    script.rate("10:01:00", 1, "rated")
    script.expect(VIEW, [(0.0, 0, 0, 1, 13, 14, 1 / 14)])


@OUTCOMES.of(VIEW)
def an_object_is_read_at_the_first_key_that_is_present_and_not_null(script: Script) -> None:
    _ratings(
        script,
        {"sentiment": "up", "rating": 1, "score": 1, "value": 1},
        {"sentiment": None, "rating": "5", "score": 1},
        {"value": 1, "score": 4},
        {"value": True},
        {"rating": [5], "score": 5},
        {"sentiment": "", "rating": 5},
    )
    script.expect(VIEW, positive=4, negative=0, unrecognised=2)


@OUTCOMES.of(VIEW)
def the_latest_rating_counts_recognised_or_not(script: Script) -> None:
    script.user("10:00:00", "a")
    script.rate("10:02:00", "up", "a")
    script.rate("10:01:00", "down", "a")
    script.user("10:00:00", "b")
    script.rate("10:02:00", "so-so", "b")
    script.rate("10:01:00", "up", "b")
    script.expect(VIEW, [(1.0, 1, 0, 0, 1, 2, 0.5)])


@OUTCOMES.of(VIEW)
def staff_ratings_never_count(script: Script) -> None:
    script.user("10:00:00")
    script.rate("10:01:00", "up", rated_by="customer")
    script.rate("10:02:00", "down", rated_by="staff")
    script.expect(VIEW, positive=1, negative=0)


@OUTCOMES.of(VIEW)
def feedback_in_the_metadata_of_a_visit_or_engagement_is_a_rating_of_that_time(script: Script) -> None:
    script.engage("10:02:00", metadata={"feedback": {"sentiment": "dislike"}})
    script.rate("10:01:00", "up")
    script.visit("10:00:00", metadata={"feedback": "good"})
    script.user("10:03:00", metadata={"feedback": "good"})
    script.engage("10:04:00", metadata={"feedback": None, "other": 5})
    script.expect(VIEW, positive=0, negative=1)


@OUTCOMES.of(VIEW)
def any_feedback_in_the_metadata_except_null_is_a_rating(script: Script) -> None:
    script.engage("10:00:00", "list", metadata={"feedback": [5]})
    script.engage("10:00:00", "false", metadata={"feedback": False})
    script.engage("10:00:00", "null", metadata={"feedback": None})
    script.expect(VIEW, [(0.0, 0, 0, 1, 1, 3, 1 / 3)])


@OUTCOMES.of(VIEW)
def ratings_at_any_time_count_in_conversations_engaged_in_the_range(script: Script) -> None:
    script.user("10:00:00")
    script.rate("2024-04-20 10:00:00", "up")
    script.rate("10:00:00", "down", "never engaged")
    script.expect(VIEW, [(1.0, 1, 0, 0, 0, 1, 1.0)], since="10:00:00", until="11:00:00")
    script.expect(VIEW, [(None, 0, 0, 0, 0, 0, None)], since="2024-04-20 00:00:00", until="2024-04-21 00:00:00")


@OUTCOMES.of("unique_interactions")
def of_the_visited_conversations_those_that_ever_engaged_count(script: Script) -> None:
    script.visit("10:00:00", "bounced")
    script.visit("10:00:00", "engaged")
    script.user("2024-04-20 10:00:00", "engaged")
    script.user("10:00:00", "never visited")
    script.expect("unique_interactions", [(0.5, 1, 2)], since="10:00:00", until="11:00:00")


@OUTCOMES.of("unique_interactions")
def the_earliest_visit_counts_and_another_visit_does_not_undo_an_engagement(script: Script) -> None:
    script.visit("12:00:00")
    script.user("10:30:00")
    script.visit("10:00:00")
    script.visit("14:00:00")
    script.expect("unique_interactions", [(1.0, 1, 1)], since="10:00:00", until="11:00:00")
    script.expect("unique_interactions", [(None, 0, 0)], since="11:00:00", until="15:00:00")


@OUTCOMES.of("unique_interactions")
def an_engagement_before_the_visit_counts(script: Script) -> None:
    script.engage("2024-03-01 10:00:00")
    script.visit("2024-04-02 10:00:00")
    script.expect("unique_interactions", [(1.0, 1, 1)], since="10:00:00", until="11:00:00")


@OUTCOMES.of("unique_interactions")
def a_system_message_does_not_engage(script: Script) -> None:
    script.visit("10:00:00")
    script.event("message", "10:00:01", sender="system", content="welcome")
    script.rate("10:00:02", 5)
    script.end("10:00:03")
    script.expect("unique_interactions", [(0.0, 0, 1)])
