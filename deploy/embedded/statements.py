"""Reads a query text as far as the front must: where its inline data begins, which format it asks for.

The engine has the only real parser. This one splits the text into the tokens of ClickHouse's lexer, so that a keyword
inside a string, a comment or a quoted name is never taken for one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"""(?P<space>\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^'\\]|\\.|'')*')
    |(?P<quoted>"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)
    |(?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<word>[A-Za-z_][A-Za-z0-9_$]*)
    |(?P<number>[0-9][A-Za-z0-9_.]*)
    |(?P<mark>.)""",
    re.DOTALL | re.VERBOSE,
)
_DATA_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its text, and where it stands."""

    kind: str
    text: bytes
    start: int
    end: int

    def is_word(self, word: bytes) -> bool:
        """Whether this is the given keyword, in any case."""
        return self.kind == "word" and self.text.upper() == word


@dataclass(frozen=True, slots=True)
class InlineInsert:
    """`INSERT INTO t (columns) FORMAT X` followed by data: the statement without the format, the format, the data."""

    statement: str
    data_format: str
    data: bytes


def tokens(query: bytes) -> Iterator[Token]:
    """The tokens of a query, without white space and comments."""
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or "mark"
        if kind != "space":
            yield Token(kind, match.group(), match.start(), match.end())


def inline_insert(query: bytes) -> InlineInsert | None:
    """The parts of an INSERT whose data follows its text, or None for every other statement."""
    stream = tokens(query)
    first = next(stream, None)
    if first is None or not first.is_word(b"INSERT"):
        return None
    depth = 0
    for token in stream:
        depth += (token.text == b"(") - (token.text == b")")
        if depth:
            continue
        if token.is_word(b"VALUES"):
            return _parts(query, token.start, b"Values", token.end)
        if token.is_word(b"SELECT") or token.is_word(b"WITH"):
            return None
        if token.is_word(b"FORMAT"):
            name = next(stream, None)
            return _parts(query, token.start, name.text, name.end) if name else None
    return None


def _parts(query: bytes, statement_end: int, data_format: bytes, data_start: int) -> InlineInsert:
    if data_format.upper() != b"VALUES":
        data_start = _after_format(query, data_start)
    return InlineInsert(
        query[:statement_end].decode(errors="surrogateescape"), data_format.decode(), query[data_start:]
    )


def _after_format(query: bytes, position: int) -> int:
    """Data begins after the first line feed that follows the format's name, or at once when there is none."""
    while position < len(query) and query[position : position + 1] in (b" ", b"\t", b"\r"):
        position += 1
    return position + 1 if query[position : position + 1] == b"\n" else position


def output_format(query: bytes) -> str | None:
    """The name after the query's own FORMAT, if it has one."""
    found = list(tokens(query))
    for index in range(len(found) - 2, -1, -1):
        after = found[index + 2] if index + 2 < len(found) else None
        ends = after is None or after.text == b";" or after.is_word(b"SETTINGS")
        if ends and found[index].is_word(b"FORMAT") and found[index + 1].kind == "word":
            return found[index + 1].text.decode()
    return None


def is_select(query: bytes) -> bool:
    """Whether this is a SELECT, whose answer the engine can give block by block."""
    first = next((token for token in tokens(query) if token.text != b"("), None)
    return first is not None and (first.is_word(b"SELECT") or first.is_word(b"WITH"))
