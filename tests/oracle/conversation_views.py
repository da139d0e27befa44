"""The views of what conversations are: places, devices, people, sources, languages, outcomes."""

from tests.oracle.scope import Row, Scope, breakdown
from tests.oracle.statistics import ratio


def world_map(scope: Scope) -> list[Row]:
    """A row a country."""
    return breakdown(each.place.country_code for each in scope.engaged)


def world_map_places(scope: Scope) -> list[Row]:
    """A row a place, coordinates included."""
    return breakdown(
        (at.country_code, at.region, at.city, at.latitude, at.longitude)
        for at in (each.place for each in scope.engaged)
    )


def device_usage(scope: Scope) -> list[Row]:
    """A row a device."""
    return breakdown(each.device for each in scope.engaged)


def sources(scope: Scope) -> list[Row]:
    """A row a channel."""
    return breakdown(each.source for each in scope.engaged)


def languages(scope: Scope) -> list[Row]:
    """A row a language."""
    return breakdown(each.language[0] for each in scope.engaged)


def language_regions(scope: Scope) -> list[Row]:
    """A row a language and region."""
    return breakdown(each.language for each in scope.engaged)


def individual_users(scope: Scope) -> list[Row]:
    """Customers of conversations with an end_user message in the range."""
    covers = scope.question.covers
    first_ever: dict[str, int] = {}
    for each in scope.conversations:
        if each.customer is not None and each.end_user_messages:
            first = each.end_user_messages[0].at
            first_ever[each.customer] = min(first, first_ever.get(each.customer, first))
    talking = [each for each in scope.conversations if any(covers(message.at) for message in each.end_user_messages)]
    users = {each.customer for each in talking if each.customer is not None}
    new = sum(covers(first_ever[user]) for user in users)
    return [(len(users), new, len(users) - new, sum(each.customer is None for each in talking))]


def human_escalation_rate(scope: Scope) -> list[Row]:
    """The share of conversations that were handed over, or meant to be."""
    escalated = [each for each in scope.engaged if each.escalations]
    failed = sum(any(action.failed for action in each.escalations) for each in escalated)
    return [(ratio(len(escalated), len(scope.engaged)), len(escalated), len(scope.engaged), failed)]


def conversation_feedback(scope: Scope) -> list[Row]:
    """The latest customer ratings."""
    verdicts = [each.verdict for each in scope.engaged]
    positive, neutral, negative = (verdicts.count(verdict) for verdict in ("positive", "neutral", "negative"))
    rated = positive + neutral + negative
    satisfaction, coverage = ratio(positive, rated), ratio(rated, len(verdicts))
    return [(satisfaction, positive, neutral, negative, verdicts.count("unrecognised"), len(verdicts), coverage)]


def unique_interactions(scope: Scope) -> list[Row]:
    """Of the conversations visited in the range, those that ever became engaged."""
    visited = [each for each in scope.conversations if scope.question.covers(each.visited_at)]
    engaged = sum(each.engaged_at is not None for each in visited)
    return [(ratio(engaged, len(visited)), engaged, len(visited))]
