"""Languages: a tag's primary subtag and region, or an English name; anything else is not known."""

import re

from tests.oracle.white_space import trim

TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
REGION = re.compile(r"[A-Za-z]{2}|[0-9]{3}")
NAMES = {
    "arabic": "ar",
    "bengali": "bn",
    "bulgarian": "bg",
    "catalan": "ca",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "estonian": "et",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "icelandic": "is",
    "indonesian": "id",
    "irish": "ga",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "latvian": "lv",
    "lithuanian": "lt",
    "nepali": "ne",
    "norwegian": "no",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "serbian": "sr",
    "slovak": "sk",
    "spanish": "es",
    "swahili": "sw",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "urdu": "ur",
    "vietnamese": "vi",
    "welsh": "cy",
}


def read_language(text: str) -> tuple[str, str] | None:
    """Return the primary subtag and the region, `unknown` without one; None when the language is not known."""
    trimmed = trim(text)
    if TAG.fullmatch(trimmed):
        primary, *rest = re.split("[-_]", trimmed)
        return primary.lower(), _region(rest)
    name = NAMES.get(trimmed.casefold())
    return None if name is None else (name, "unknown")


def _region(subtags: list[str]) -> str:
    """Return the region: it follows extended languages and the script, and precedes all other subtags."""
    for subtag in subtags:
        if REGION.fullmatch(subtag):
            return subtag.upper()
        if len(subtag) not in (3, 4) or not subtag.isalpha():
            break
    return "unknown"
