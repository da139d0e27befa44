"""Redacts texts: replaces the matches of an operator's patterns before texts are hashed or stored.

Operators write the patterns, but anyone can send the texts. So RE2 runs the patterns: its time is linear in the length
of a text, whatever the text. The number of searches in a text is limited too, so the work for a record is bounded.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from stream_processors.privacy.personal_numbers import card_length, iban_length

# The bytes of a long text that one search covers; no match is longer. Windows overlap by half.
WINDOW: Final = 8_192

# The limit of searches for one rule in one text; the text after the last one is cut.
MAX_SEARCHES: Final = 5_000

# The limit of instructions in a compiled pattern, which bounds the work of RE2 for each byte.
MAX_PROGRAM_SIZE: Final = 5_000

MAX_RULES: Final = 100
CUT: Final = b"[redacted: too many matches]"

Length = Callable[[bytes], int]
CHECKS: Final[dict[str, Length]] = {"card": card_length, "iban": iban_length}


class RedactionRule(BaseModel):
    """A named pattern, the replacement of its matches, and an optional check of each match."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=64)]
    pattern: Annotated[str, Field(min_length=1, max_length=2_000)]
    replacement: Annotated[str, Field(max_length=64)] = "[redacted]"
    check: Literal["card", "iban"] | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: Any
    replacement: bytes
    length_of: Length | None


class Redaction:
    """The rules of a file, applied in order."""

    def __init__(self, rules: list[_Rule], any_of_them: Any) -> None:
        """`any_of_them` is a pattern that matches wherever any rule may; most texts need this search alone."""
        self._rules = rules
        self._any = any_of_them

    def raw(self, text: bytes) -> bytes:
        """Return bytes with the matches replaced; in bytes that are not UTF-8, the parts that are text are searched."""
        if self._any.search(text) is None:
            return text
        for rule in self._rules:
            text = _replace(rule, text)
        return text

    def text(self, text: str) -> str:
        """Return a text with the matches replaced."""
        encoded = text.encode()
        redacted = self.raw(encoded)
        return text if redacted is encoded else redacted.decode(errors="replace")

    def json(self, text: str) -> str:
        """Return a JSON text with the matches in its keys, texts and integers replaced; it stays valid JSON."""
        value = orjson.loads(text)
        redacted = self.value(value)
        return text if redacted == value else orjson.dumps(redacted).decode()

    def fields(self, fields: dict[str, object]) -> dict[str, object]:
        """Return the fields of a JSON object with names and values redacted."""
        return {self.text(name): self.value(value) for name, value in fields.items()}

    def value(self, value: object) -> object:
        """Return a JSON value redacted; an integer with a match becomes a text. Events limit the nesting."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.fields(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool):
            redacted = self.text(str(value))
            return value if redacted == str(value) else redacted
        return value


def _replace(rule: _Rule, text: bytes) -> bytes:
    kept: list[bytes] = []
    begin = at = searches = 0
    while at < len(text):
        end = min(at + WINDOW, len(text))
        match = rule.pattern.search(text, at, end)
        searches += 1
        if searches == MAX_SEARCHES:
            return b"".join([*kept, text[begin:at], CUT])
        if match is None:
            at = end if end == len(text) else end - WINDOW // 2
        elif match.end() == end < len(text) and match.start() > at:
            at = match.start()  # the window may have truncated the match: the next window starts with it
        elif length := _length(rule, match, text):
            kept += (text[begin : match.start()], rule.replacement)
            at = begin = match.start() + length
        else:
            at = _next_character(text, match.start())
    return b"".join([*kept, text[begin:]]) if begin else text


def _length(rule: _Rule, match: Any, text: bytes) -> int:
    """Return the bytes of a match to replace; 0 when its check fails or a digit precedes it."""
    matched: bytes = match.group()
    if rule.length_of is None:
        return len(matched)
    begin = match.start()
    return 0 if text[max(0, begin - 1) : begin].isdigit() else rule.length_of(matched)


def _next_character(text: bytes, at: int) -> int:
    """Return the start of the next character; a search that starts inside one would match parts of it."""
    at += 1
    while at < len(text) and text[at] & 0xC0 == 0x80:
        at += 1
    return at


def load_redaction(path: Path) -> Redaction:
    """Return the rules of a TOML file; raises ValueError with the file, the entry and the problem."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path} is no TOML file: {error}") from None
    entries = content.pop("rule", None)
    if content or not isinstance(entries, list) or not 1 <= len(entries) <= MAX_RULES:
        raise ValueError(f"{path}: allowed are 1 to {MAX_RULES} tables [[rule]] and nothing else")
    rules = [_rule(path, number, entry) for number, entry in enumerate(entries, 1)]
    return Redaction(
        [_Rule(compiled, rule.replacement.encode(), CHECKS.get(rule.check or "")) for rule, compiled in rules],
        _compile("|".join(f"(?:{rule.pattern})" for rule, _ in rules)),
    )


def _rule(path: Path, number: int, entry: object) -> tuple[RedactionRule, Any]:
    name = entry.get("name") if isinstance(entry, dict) else None
    where = f"{path}, rule {number}" + (f" ({name})" if isinstance(name, str) else "")
    try:
        rule = RedactionRule.model_validate(entry)
        compiled = _checked(_compile(rule.pattern))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{where}: {'.'.join(map(str, first['loc'])) or 'rule'}: {first['msg']}") from None
    except ValueError as error:
        raise ValueError(f"{where}: pattern: {error}") from None
    return rule, compiled


def _checked(compiled: Any) -> Any:
    if compiled.programsize > MAX_PROGRAM_SIZE:
        raise ValueError(f"too complex: {compiled.programsize} instructions; allowed are at most {MAX_PROGRAM_SIZE}")
    if compiled.search(b"") is not None:
        raise ValueError("it matches the empty text")
    return compiled


def _compile(pattern: str) -> Any:
    """Return a pattern of RE2 over UTF-8 bytes; raises ValueError."""
    import re2  # a worker without redaction does not load RE2

    options = re2.Options()
    options.never_capture = True  # finding groups costs more than the search itself
    options.log_errors = False
    try:
        compiled = re2.compile(pattern.encode(), options)
    except re2.error as error:
        text = error.args[0] if error.args else error
        raise ValueError(text.decode(errors="replace") if isinstance(text, bytes) else str(text)) from None
    return compiled


def existing_rules(path: Path | None) -> Path | None:
    """Return the path if its redaction file is valid, None for None; raises ValueError otherwise."""
    if path is not None:
        load_redaction(path)
    return path


# The setting: the file is read during validation, so that an invalid file is an invalid setting.
RedactionFile = Annotated[Path | None, AfterValidator(existing_rules)]
