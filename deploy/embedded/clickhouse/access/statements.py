"""Split a query text before the inline data of an INSERT, and around the FORMAT of its result.

The engine takes a statement and its data in two calls, so the text is split before the engine sees it. The split
decides nothing about access: `statement_policy.py` asks the engine about the same text that runs afterwards. A wrong
split gives a text that the engine refuses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.embedded.errors import SYNTAX_ERROR, ClickHouseError

# Possessive quantifiers, and quotes that the end of the text may close, keep the cost linear for hostile texts.
_TOKEN = re.compile(
    rb"""(?P<space>\s++|--[^\n]*+|\#[ !][^\n]*+|/\*.*?(?:\*/|\Z))
    |(?P<string>'(?:[^'\\]|\\.?|'')*+(?:'|\Z))
    |(?P<quoted>"(?:[^"\\]|\\.?|"")*+(?:"|\Z)|`(?:[^`\\]|\\.?|``)*+(?:`|\Z))
    |(?P<heredoc>\$(?P<tag>\w*+)\$.*?(?:\$(?P=tag)\$|\Z))
    |(?P<word>[A-Za-z_][A-Za-z0-9_$]*+)
    |(?P<number>[0-9][A-Za-z0-9_.]*+)
    |(?P<mark>.)""",
    re.DOTALL | re.VERBOSE,
)
MAX_TEXT_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind, its text, and its position."""

    kind: str
    text: bytes
    start: int
    end: int

    def is_word(self, *words: bytes) -> bool:
        """Return whether this is one of the given keywords, in any case."""
        return self.kind == "word" and self.text.upper() in words


@dataclass(frozen=True, slots=True)
class Query:
    """A statement without inline data, and its FORMAT, which is removed from the text."""

    text: bytes
    output_format: str | None


@dataclass(frozen=True, slots=True)
class InlineInsert:
    """`INSERT INTO t (columns) SETTINGS ... FORMAT X` with data, split into its parts."""

    target: bytes
    settings: bytes
    data_format: str
    data: memoryview

    @property
    def has_values(self) -> bool:
        """Return whether the data may contain expressions."""
        return self.data_format.lower() == "values"

    def from_file(self, path: str) -> bytes:
        """Return the statement that reads the data from a file."""
        source = f" FROM INFILE '{path}' ".encode()
        return self.target + source + self.settings + b" FORMAT " + self.data_format.encode()


Statement = Query | InlineInsert


def tokens(query: bytes, limit: int = MAX_TEXT_BYTES) -> Iterator[Token]:
    """Yield the tokens of a query without white space and comments, in the part that can contain a statement."""
    for match in _TOKEN.finditer(query, 0, limit):
        kind = match.lastgroup or "mark"
        if kind != "space":
            yield Token(kind, match.group(), match.start(), match.end())


def read_statement(query: bytes) -> Statement:
    """Return the statement, separated from its inline data or from its FORMAT."""
    stream = tokens(query)
    first = next(stream, None)
    if first is None:
        raise ClickHouseError("Syntax error: Empty query. (SYNTAX_ERROR)", SYNTAX_ERROR)
    if first.is_word(b"INSERT"):
        return _read_insert(query, stream)
    if len(query) > MAX_TEXT_BYTES:
        raise ClickHouseError(f"Syntax error: Max query size exceeded: {MAX_TEXT_BYTES}. (SYNTAX_ERROR)", SYNTAX_ERROR)
    return _without_format(query, [first, *stream])


def _without_format(query: bytes, parts: list[Token]) -> Query:
    for index in range(len(parts) - 2, -1, -1):
        after = parts[index + 2] if index + 2 < len(parts) else None
        ends = after is None or after.text == b";" or after.is_word(b"SETTINGS")
        if ends and parts[index].is_word(b"FORMAT") and parts[index + 1].kind == "word":
            name = parts[index + 1]
            return Query(query[: parts[index].start] + query[name.end :], name.text.decode())
    return Query(query, None)


def _read_insert(query: bytes, stream: Iterator[Token]) -> Statement:
    settings = 0
    for token in _outside_parentheses(stream):
        if token.is_word(b"SELECT", b"WITH", b"FROM"):
            break
        settings = settings or token.start * token.is_word(b"SETTINGS")
        if token.is_word(b"VALUES"):
            return _inline_insert(query, token, settings, "Values", _values(query, token.end))
        if token.is_word(b"FORMAT"):
            return _inline_insert(query, token, settings, *_format_and_data(query, next(stream, None)))
    return Query(query, None)


def _values(query: bytes, start: int) -> memoryview:
    """Return the data of VALUES; refuse another statement after them, which the engine would silently ignore."""
    if query.rfind(b";", start, len(query.rstrip().rstrip(b";"))) >= 0:
        rest = tokens(query[start:], len(query))
        if any(token.text == b";" for token in rest) and next(rest, None) is not None:
            raise ClickHouseError("Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)", SYNTAX_ERROR)
    return memoryview(query)[start:]


def _outside_parentheses(stream: Iterator[Token]) -> Iterator[Token]:
    depth = 0
    for token in stream:
        depth += (token.text == b"(") - (token.text == b")")
        if depth == 0:
            yield token


def _inline_insert(query: bytes, keyword: Token, settings: int, data_format: str, data: memoryview) -> InlineInsert:
    settings = settings or keyword.start
    return InlineInsert(query[:settings], query[settings : keyword.start], data_format, data)


def _format_and_data(query: bytes, name: Token | None) -> tuple[str, memoryview]:
    if name is None or name.kind != "word":
        raise ClickHouseError(
            "Syntax error: the name of a format is expected after FORMAT. (SYNTAX_ERROR)", SYNTAX_ERROR
        )
    return name.text.decode(), memoryview(query)[_data_start(query, name.end) :]


def _data_start(query: bytes, position: int) -> int:
    """Return where the data begin: after the line feed that follows the name of the format, or at once without one."""
    while query[position : position + 1] in (b" ", b"\t", b"\r"):
        position += 1
    return position + 1 if query[position : position + 1] == b"\n" else position
