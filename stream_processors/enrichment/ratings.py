"""Decides what a rating says: positive, neutral, negative, or unrecognised.

A rating is a boolean, a number from 1 to 5, a word, a text that is a decimal number, or an object that holds one of
these at `sentiment`, `rating`, `score` or `value`.
"""

import re
from decimal import Decimal
from typing import Final, Literal

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text

Verdict = Literal["positive", "neutral", "negative", "unrecognised"]

# Where an object is read: at the first of these that is there and not null.
KEYS: Final = ("sentiment", "rating", "score", "value")

# What a text says, trimmed and case-folded.
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

# What a number says; 5.0 is 5, and 4.5 is none of them.
NUMBERS: Final[dict[float | Decimal, Verdict]] = {
    1: "negative",
    2: "negative",
    3: "neutral",
    4: "positive",
    5: "positive",
}

_DECIMAL_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def verdict(rating: object) -> Verdict:
    """Return what a rating, a JSON value, says; that null is no rating is for the caller to know."""
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
