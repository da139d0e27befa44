"""Histories of one conversation for the tests of the fold: random ones, and short ones written by hand.

Few distinct times cause ties on a millisecond. The steps include exactly the session gap and one more or less, edges of
quarter-hours, and days.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from stream_processors.conversations import events as kinds
from stream_processors.conversations.conversation import Changes
from stream_processors.conversations.events import Call, FoldEvent, Profile, rank_of
from stream_processors.conversations.fold import Facts
from stream_processors.conversations.values import UNKNOWN_PLACE, Language, Place

GAP: Final = 1_800_000
START: Final = 1_712_052_000_000  # 2024-04-02T10:00:00Z, the edge of a quarter-hour
DAY: Final = 86_400_000

STEPS: Final = (0, 0, 0, 0, 1, 4, 1_000, 899_999, 900_000, GAP - 1, GAP, GAP, GAP + 1, 2 * GAP, DAY, 40 * DAY)
OFTEN: Final = (
    kinds.END_USER_MESSAGE, kinds.END_USER_MESSAGE, kinds.AGENT_MESSAGE, kinds.AGENT_MESSAGE, kinds.ACTION,
    kinds.BUTTON, kinds.ENGAGEMENT, kinds.VISIT, kinds.RATING, kinds.END, kinds.END, kinds.SILENT,
)  # fmt: skip
VERDICTS: Final = ("positive", "neutral", "negative", "unrecognised")
LONDON: Final = Place("GB", "England", "London", 51.5, -0.1)

KINDS_BY_WORD: Final = {
    "user": kinds.END_USER_MESSAGE,
    "agent": kinds.AGENT_MESSAGE,
    "action": kinds.ACTION,
    "button": kinds.BUTTON,
    "engaged": kinds.ENGAGEMENT,
    "visit": kinds.VISIT,
    "rating": kinds.RATING,
    "end": kinds.END,
    "silent": kinds.SILENT,
}

Item = TypeVar("Item")
Net = tuple[Counter[object], ...]

profiles = st.builds(
    Profile,
    customer=st.sampled_from([None, None, "ann", "bob"]),
    place=st.sampled_from([None, UNKNOWN_PLACE, LONDON]),
    device=st.sampled_from([None, "desktop", "mobile"]),
    source=st.sampled_from([None, "web", "sms"]),
    language=st.sampled_from([None, Language("en", "US"), Language("hr", "")]),
    rating=st.sampled_from([None, None, *VERDICTS]),
)
calls = st.builds(Call, st.booleans(), st.booleans())


@st.composite
def histories(draw: DrawFn, most: int = 14) -> list[FoldEvent]:
    """Draw the events of one conversation in the order in which they arrive."""
    at, events = START, []
    for number in draw(st.permutations(range(draw(st.integers(1, most))))):
        at += draw(st.sampled_from(STEPS))
        kind = draw(st.sampled_from(OFTEN))
        events.append(event_of(kind, at, f"{number:02x}", draw(_detail(kind))))
    return draw(st.permutations(events))


def _detail(kind: int) -> st.SearchStrategy[Profile | Call | str | None]:
    if kind in (kinds.VISIT, kinds.ENGAGEMENT):
        return profiles
    if kind == kinds.ACTION:
        return calls
    return st.sampled_from(VERDICTS) if kind == kinds.RATING else st.none()


def event_of(kind: int, at: int, event_id: str, detail: Profile | Call | str | None = None) -> FoldEvent:
    """Return an event of a kind at a time."""
    return FoldEvent(at, rank_of(kind), event_id, kind, detail)


def history_of(*happened: tuple[str, int]) -> list[FoldEvent]:
    """Return an ordered history from pairs of a word and milliseconds since its start; ids ascend as given."""
    return sorted(
        event_of(KINDS_BY_WORD[word], START + after, f"{number:02x}", _plain_detail(word))
        for number, (word, after) in enumerate(happened)
    )


def _plain_detail(word: str) -> Profile | Call | str | None:
    if word in ("visit", "engaged"):
        return Profile(None, None, None, None, None, None)
    if word == "action":
        return Call(escalates=False, failed=False)
    return "positive" if word == "rating" else None


def split_at(items: Sequence[Item], places: Iterable[int]) -> list[list[Item]]:
    """Split the items into batches that end at these indexes; none is empty."""
    edges = sorted({0, len(items), *(place % len(items) for place in places)})
    return [list(items[begin:end]) for begin, end in pairwise(edges)]


def net_of(facts: Facts) -> Net:
    """Count each fact by kind."""
    return (
        Counter(facts.conversations),
        Counter(facts.sessions),
        Counter(facts.exchanges),
        Counter(facts.end_user_activity),
    )


def signed_facts(changes: Changes) -> list[list[tuple[object, int]]]:
    """Return the signed facts of each kind, in the order of a net."""
    return [[*changes.conversations], [*changes.sessions], [*changes.exchanges], [*changes.end_user_activity]]


def apply_changes(net: Net, changes: Changes) -> None:
    """Add signed changes to a net; facts whose sum is zero are removed."""
    for counter, signed in zip(net, signed_facts(changes), strict=True):
        for fact, sign in signed:
            counter[fact] += sign
            if not counter[fact]:
                del counter[fact]
