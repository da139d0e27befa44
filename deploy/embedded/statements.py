"""Reads a query text as far as the front must: where its inline data begins, which format it asks for.

The engine has the only real parser. This one splits the text into the tokens of ClickHouse's lexer, so that a keyword
inside a string, a comment or a quoted name is never taken for one; and it stops where inline data begin, since those
are no text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from deploy.embedded.errors import ACCESS_DENIED, SYNTAX_ERROR, ClickHouseError

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
_IDENTIFIER_PARAMETER = re.compile(r"\{\s*(\w+)\s*:\s*Identifier\s*\}")
_NO_FILES = (
    "default: Not enough privileges. To execute this query, it's necessary to have the grant READ ON FILE. "
    "(ACCESS_DENIED)"
)
MULTI_STATEMENTS = "Syntax error (Multi-statements are not allowed)"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its text, and where it stands."""

    kind: str
    text: bytes
    start: int
    end: int

    def is_word(self, *words: bytes) -> bool:
        """Whether this is one of the given keywords, in any case."""
        return self.kind == "word" and self.text.upper() in words


@dataclass(frozen=True, slots=True)
class Query:
    """A statement without inline data."""

    text: bytes
    output_format: str | None
    is_select: bool


@dataclass(frozen=True, slots=True)
class InlineInsert:
    """`INSERT INTO t (columns) SETTINGS ... FORMAT X` and data: the text before SETTINGS, the settings, and so on."""

    target: str
    settings: str
    data_format: str
    data: memoryview

    def with_identifiers(self, parameters: Mapping[str, str]) -> str:
        """The target, its `{name:Identifier}` parameters replaced."""

        def value(found: re.Match[str]) -> str:
            name = parameters.get(found.group(1))
            return found.group() if name is None else "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"

        return _IDENTIFIER_PARAMETER.sub(value, self.target)


@dataclass(frozen=True, slots=True)
class InputInsert:
    """`INSERT INTO t SELECT ... FROM input('structure') FORMAT X` and data; the text around `input(...)`."""

    before: str
    structure: str
    after: str
    data_format: str
    data: memoryview


Statement = Query | InlineInsert | InputInsert


def tokens(query: bytes) -> Iterator[Token]:
    """The tokens of a query, without white space and comments."""
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or "mark"
        if kind != "space":
            yield Token(kind, match.group(), match.start(), match.end())


def read_statement(query: bytes) -> Statement:
    """The statement with its inline data, if it has any; refuses what ClickHouse's HTTP interface refuses."""
    stream = tokens(query)
    first = next(stream, None)
    if first is None:
        raise ClickHouseError("Syntax error: Empty query. (SYNTAX_ERROR)", SYNTAX_ERROR)
    if first.is_word(b"INSERT"):
        return _read_insert(query, stream)
    return _read_query(query, [first, *stream])


def _read_query(query: bytes, found: list[Token]) -> Query:
    for token, after in pairwise(found):
        if token.is_word(b"INTO") and after.is_word(b"OUTFILE"):
            raise ClickHouseError("INTO OUTFILE is not allowed (INTO_OUTFILE_NOT_ALLOWED)", 358)
    if any(_reads_a_file(*three) for three in zip(found, found[1:], found[2:], strict=False)):
        raise ClickHouseError(_NO_FILES, ACCESS_DENIED)
    opening = next((token for token in found if token.text != b"("), found[0])
    return Query(query, _output_format(found), opening.is_word(b"SELECT", b"WITH", b"FROM"))


def _reads_a_file(before: Token, name: Token, opening: Token) -> bool:
    """The function file() asks for no grant in chDB, other than the table function of that name."""
    named = name.text.strip(b'`"').lower() == b"file" and name.kind in ("word", "quoted") and opening.text == b"("
    return named and before.text != b"." and not before.is_word(b"TABLE", b"VIEW", b"EXISTS", b"INTO", b"TO")


def _output_format(found: list[Token]) -> str | None:
    for index in range(len(found) - 2, -1, -1):
        after = found[index + 2] if index + 2 < len(found) else None
        ends = after is None or after.text == b";" or after.is_word(b"SETTINGS")
        if ends and found[index].is_word(b"FORMAT") and found[index + 1].kind == "word":
            return found[index + 1].text.decode()
    return None


def _read_insert(query: bytes, stream: Iterator[Token]) -> Statement:
    seen: list[Token] = []
    selects, settings = False, 0
    for token in _outside_parentheses(stream, seen):
        if token.is_word(b"INFILE"):
            raise ClickHouseError("Query has infile and was send directly to server (UNKNOWN_TYPE_OF_QUERY)", 78)
        selects = selects or token.is_word(b"SELECT", b"WITH", b"FROM")
        settings = settings or token.start * token.is_word(b"SETTINGS")
        if token.is_word(b"VALUES") and not selects:
            return _inline_insert(query, token, settings, "Values", _values(query, token.end))
        if token.is_word(b"FORMAT"):
            data_format, data = _format_and_data(query, next(stream, None))
            if not selects:
                return _inline_insert(query, token, settings, data_format, data)
            return _input_insert(query, seen, data_format, data)
    return Query(query, None, False)


def _outside_parentheses(stream: Iterator[Token], seen: list[Token]) -> Iterator[Token]:
    depth = 0
    for token in stream:
        seen.append(token)
        depth += (token.text == b"(") - (token.text == b")")
        if depth == 0:
            yield token


def _inline_insert(query: bytes, keyword: Token, settings: int, data_format: str, data: memoryview) -> InlineInsert:
    settings = settings or keyword.start
    return InlineInsert(_text(query[:settings]), _text(query[settings : keyword.start]), data_format, data)


def _input_insert(query: bytes, seen: list[Token], data_format: str, data: memoryview) -> Statement:
    keyword = seen[-1]
    for token, opening, structure, closing in zip(seen, seen[1:], seen[2:], seen[3:], strict=False):
        if token.is_word(b"INPUT") and (opening.text, structure.kind, closing.text) == (b"(", "string", b")"):
            before, after = _text(query[: token.start]), _text(query[closing.end : keyword.start])
            return InputInsert(before, _unquoted(structure.text), after, data_format, data)
    return Query(query[: keyword.start], None, False)


def _format_and_data(query: bytes, name: Token | None) -> tuple[str, memoryview]:
    if name is None or name.kind != "word":
        raise ClickHouseError(
            "Syntax error: the name of a format is expected after FORMAT. (SYNTAX_ERROR)", SYNTAX_ERROR
        )
    return name.text.decode(), memoryview(query)[_data_start(query, name.end) :]


def _data_start(query: bytes, position: int) -> int:
    """Data begin after the line feed that follows the format's name, or at once when there is none."""
    while query[position : position + 1] in (b" ", b"\t", b"\r"):
        position += 1
    return position + 1 if query[position : position + 1] == b"\n" else position


def _values(query: bytes, start: int) -> memoryview:
    """The data of VALUES, unless another statement follows them."""
    if query.rfind(b";", start, len(query.rstrip().rstrip(b";"))) >= 0:
        found = iter(tokens(query[start:]))
        if any(token.text == b";" for token in found) and next(found, None) is not None:
            raise ClickHouseError(f"{MULTI_STATEMENTS}. (SYNTAX_ERROR)", SYNTAX_ERROR)
    return memoryview(query)[start:]


def _unquoted(literal: bytes) -> str:
    return re.sub(r"\\(.)|''", lambda found: found.group(1) or "'", _text(literal[1:-1]))


def _text(query: bytes) -> str:
    return query.decode(errors="surrogateescape")
