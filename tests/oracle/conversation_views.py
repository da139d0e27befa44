"""The views of conversations by attribute: places, devices, people, sources, languages, outcomes."""

from tests.oracle.scope import Row, Scope, breakdown
from tests.oracle.statistics import ratio


def world_map(scope: Scope) -> list[Row]:
    """Return a row for each country."""
    return breakdown(conversation.place.country_code for conversation in scope.engaged)


def world_map_places(scope: Scope) -> list[Row]:
    """Return a row for each place, with coordinates."""
    return breakdown(
        (at.country_code, at.region, at.city, at.latitude, at.longitude)
        for at in (conversation.place for conversation in scope.engaged)
    )


def device_usage(scope: Scope) -> list[Row]:
    """Return a row for each device."""
    return breakdown(conversation.device for conversation in scope.engaged)


def sources(scope: Scope) -> list[Row]:
    """Return a row for each channel."""
    return breakdown(conversation.source for conversation in scope.engaged)


def languages(scope: Scope) -> list[Row]:
    """Return a row for each language."""
    return breakdown(conversation.language[0] for conversation in scope.engaged)


def language_regions(scope: Scope) -> list[Row]:
    """Return a row for each language and region."""
    return breakdown(conversation.language for conversation in scope.engaged)


def individual_users(scope: Scope) -> list[Row]:
    """Count the customers of conversations with an end_user message in the range."""
    covers = scope.question.covers
    first_ever: dict[str, int] = {}
    for conversation in scope.conversations:
        if conversation.customer is not None and conversation.end_user_messages:
            first = conversation.end_user_messages[0].at
            first_ever[conversation.customer] = min(first, first_ever.get(conversation.customer, first))
    talking = [
        conversation
        for conversation in scope.conversations
        if any(covers(message.at) for message in conversation.end_user_messages)
    ]
    users = {conversation.customer for conversation in talking if conversation.customer is not None}
    new = sum(covers(first_ever[user]) for user in users)
    return [(len(users), new, len(users) - new, sum(conversation.customer is None for conversation in talking))]


def human_escalation_rate(scope: Scope) -> list[Row]:
    """Return the share of conversations that were escalated, including failed attempts."""
    escalated = [conversation for conversation in scope.engaged if conversation.escalations]
    failed = sum(any(action.failed for action in conversation.escalations) for conversation in escalated)
    return [(ratio(len(escalated), len(scope.engaged)), len(escalated), len(scope.engaged), failed)]


def conversation_feedback(scope: Scope) -> list[Row]:
    """Return the latest customer ratings."""
    verdicts = [conversation.verdict for conversation in scope.engaged]
    positive, neutral, negative = (verdicts.count(verdict) for verdict in ("positive", "neutral", "negative"))
    rated = positive + neutral + negative
    satisfaction, coverage = ratio(positive, rated), ratio(rated, len(verdicts))
    return [(satisfaction, positive, neutral, negative, verdicts.count("unrecognised"), len(verdicts), coverage)]


def unique_interactions(scope: Scope) -> list[Row]:
    """Return the number of conversations visited in the range that ever became engaged."""
    visited = [conversation for conversation in scope.conversations if scope.question.covers(conversation.visited_at)]
    engaged = sum(conversation.engaged_at is not None for conversation in visited)
    return [(ratio(engaged, len(visited)), engaged, len(visited))]
