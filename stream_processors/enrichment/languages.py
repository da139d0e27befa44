"""Decides which language a text names: a language tag such as `en-US`, or the English name of an ISO 639-1 language.

A text that is a tag is read as one, also where it is a name as well (`lao`). The primary subtag has two or three
letters and is kept as it is, assigned or not; the region is the one of BCP 47: two letters or three digits, after an
extended language and a script, if there are any.
"""

import re
from typing import Final

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text
from stream_processors.conversations.values import Language
from stream_processors.enrichment.language_names import CODES_BY_NAME

_TAG: Final = re.compile(
    r"(?P<primary>[a-z]{2,3})"
    r"(?:[-_][a-z]{3}){0,3}"  # extended languages: zh-yue-HK
    r"(?:[-_][a-z]{4})?"  # a script: zh-Hans-CN
    r"(?:[-_](?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?:[-_][a-z0-9]{1,8}+)*+",  # variants and extensions
    re.IGNORECASE | re.ASCII,
)


@cached_by_text(maxsize=16_384)
def parse_language(text: str) -> Language | None:
    """Return the language that the text names, or None when it names none."""
    stated = trim(text)
    tag = _TAG.fullmatch(stated)
    if tag is not None:
        return Language(tag["primary"].lower(), (tag["region"] or "").upper())
    code = CODES_BY_NAME.get(stated.casefold())
    return None if code is None else Language(code, "")
