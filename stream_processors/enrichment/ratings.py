"""Classifies ratings as positive, neutral, negative or unrecognised (docs/metrics.md, conversation_feedback).

A rating is a boolean, a number from 1 to 5, a word, a text with a decimal number, or an object that has one of these at
`sentiment`, `rating`, `score` or `value`.
"""

import re
from decimal import Decimal
from typing import Final, Literal

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text

Verdict = Literal["positive", "neutral", "negative", "unrecognised"]

# The keys of an object, in order; the first one that is there and not null counts.
KEYS: Final = ("sentiment", "rating", "score", "value")

# The verdicts of texts, trimmed and case-folded.
WORDS: Final[dict[str, Verdict]] = {
    "positive": "positive",
    "up": "positive",
    "true": "positive",
    "like": "positive",
    "good": "positive",
    "neutral": "neutral",
    "negative": "negative",
    "down": "negative",
    "false": "negative",
    "dislike": "negative",
    "bad": "negative",
}

# The verdicts of numbers. 5.0 equals 5; 4.5 is unrecognised.
NUMBERS: Final[dict[float | Decimal, Verdict]] = {
    1: "negative",
    2: "negative",
    3: "neutral",
    4: "positive",
    5: "positive",
}

_DECIMAL_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def verdict(rating: object) -> Verdict:
    """Return the verdict of a rating, which is a JSON value; callers treat null as no rating."""
    if isinstance(rating, dict):
        rating = next((rating[key] for key in KEYS if rating.get(key) is not None), None)
    if isinstance(rating, str):
        return _verdict_of_text(rating)
    if isinstance(rating, bool):
        return "positive" if rating else "negative"
    if isinstance(rating, int | float):
        return NUMBERS.get(rating, "unrecognised")
    return "unrecognised"


@cached_by_text(maxsize=4_096)
def _verdict_of_text(text: str) -> Verdict:
    stated = trim(text).casefold()
    if _DECIMAL_NUMBER.fullmatch(stated):
        return NUMBERS.get(Decimal(stated), "unrecognised")
    return WORDS.get(stated, "unrecognised")
