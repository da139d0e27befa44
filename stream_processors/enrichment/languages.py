"""Parses a language: a tag such as `en-US`, or the English name of an ISO 639-1 language (docs/metrics.md, languages).

A text that is both a tag and a name (`lao`) is read as a tag. The primary subtag has two or three letters and is kept
as it is, assigned or not. The region is that of BCP 47: two letters or three digits, after any extended languages and
script.

`language_names.tsv` has a line per code: the entry of ISO 639-2, whose alternatives semicolons separate, then what the
IANA Language Subtag Registry, ISO 639-3 and Unicode's CLDR (Babel 2.18) call the language where that differs. It keeps
`bh` and `sh`, which ISO 639-1 has withdrawn but producers still send.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text
from stream_processors.conversations.values import Language

_NAMES_FILE: Final = Path(__file__).with_name("language_names.tsv")
_BRACKET: Final = re.compile(r" \(.*\)$")
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
    """Return the language of a tag or an English name, or None when the text is neither."""
    stated = trim(text)
    tag = _TAG.fullmatch(stated)
    if tag is not None:
        return Language(tag["primary"].lower(), (tag["region"] or "").upper())
    code = CODES_BY_NAME.get(stated.casefold())
    return None if code is None else Language(code, "")


def _entries() -> Iterator[tuple[str, str]]:
    """Yield pairs of a code and a name: entries as a whole and their alternatives, with and without a bracket."""
    for line in _NAMES_FILE.read_text(encoding="utf-8").splitlines():
        code, *entries = line.split("\t")
        for entry in entries:
            for name in (entry, *entry.split("; ")):
                yield code, name
                yield code, _BRACKET.sub("", name)


# The ISO 639-1 code of each case-folded name.
CODES_BY_NAME: Final = {name.casefold(): code for code, name in _entries()}
