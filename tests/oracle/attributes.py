"""Interpret the texts of producers: devices, sources, customers and ratings; None means unknown."""

import re
from typing import Literal

from tests.oracle.user_agents import USER_AGENTS
from tests.oracle.white_space import trim

Verdict = Literal["positive", "neutral", "negative", "unrecognised"]

NO_CUSTOMER = {"", "none", "null", "undefined", "anonymous", "unknown"}
DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
NUMBERS: dict[float, Verdict] = {1: "negative", 2: "negative", 3: "neutral", 4: "positive", 5: "positive"}
WORDS: dict[str, Verdict] = {
    **dict.fromkeys(("positive", "up", "true", "like", "good"), "positive"),
    "neutral": "neutral",
    **dict.fromkeys(("negative", "down", "false", "dislike", "bad"), "negative"),
}


def read_device(text: str) -> str | None:
    """Return desktop, tablet, mobile or other; a user agent must be in the table."""
    word = trim(text).casefold()
    if word in {"", "unknown"}:
        return None
    if "/" in word:
        return USER_AGENTS[trim(text)]
    return word if word in {"desktop", "tablet", "mobile"} else "other"


def read_source(text: str) -> str | None:
    """Return the channel, trimmed and lower-cased."""
    source = trim(text).lower()
    return None if source in {"", "unknown"} else source


def read_customer(text: str) -> str | None:
    """Return the trimmed customer id, None for words such as `anonymous`."""
    customer = trim(text)
    return None if customer.casefold() in NO_CUSTOMER else customer


def read_rating(rating: object) -> Verdict:
    """Return the verdict of a rating as sent."""
    if isinstance(rating, dict):
        keys = ("sentiment", "rating", "score", "value")
        inner = next((rating[key] for key in keys if rating.get(key) is not None), None)
        return "unrecognised" if isinstance(inner, dict) else read_rating(inner)
    if isinstance(rating, bool):
        return "positive" if rating else "negative"
    if isinstance(rating, int | float):
        return NUMBERS.get(rating, "unrecognised")
    if not isinstance(rating, str):
        return "unrecognised"
    word = trim(rating).casefold()
    return NUMBERS.get(float(word), "unrecognised") if DECIMAL.fullmatch(word) else WORDS.get(word, "unrecognised")
