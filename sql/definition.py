"""The parts of a table definition as ClickHouse writes it in `system.tables.create_table_query`.

Two definitions written by ClickHouse can be compared part by part: columns, indices and projections, clauses.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

COLUMN_CLAUSES: Final = ("DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL", "COMMENT", "CODEC", "STATISTICS", "TTL")
TABLE_CLAUSES: Final = (
    "ENGINE =",
    "PARTITION BY",
    "PRIMARY KEY",
    "ORDER BY",
    "SAMPLE BY",
    "TTL",
    "SETTINGS",
    "COMMENT",
)
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column: the text after its name, its type, and its clauses by keyword."""

    text: str
    type: str
    clauses: dict[str, str]


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """A table: columns in order, other elements (`INDEX x`, `PROJECTION x`) and clauses (`ORDER BY`) by name."""

    columns: dict[str, ColumnDefinition]
    elements: dict[str, str]
    clauses: dict[str, str]

    @classmethod
    def read(cls, statement: str) -> Self:
        """Parse the statement that creates a table."""
        masked = _mask(statement)
        start, end = masked.index("("), masked.index(")")
        columns, elements = {}, {}
        for element in _split(statement[start + 1 : end]):
            if element.startswith("`"):
                name = _QUOTED.match(element)[0]  # type: ignore[index]
                columns[name.strip("`")] = _column(element[len(name) :].strip())
            else:
                kind, name, text = element.split(" ", 2)
                elements[f"{kind} {name}"] = text
        _, clauses = _clauses(statement[end + 1 :].strip(), TABLE_CLAUSES)
        return cls(columns, elements, clauses)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the table."""
        pairs = (pair.split(" = ", 1) for pair in _split(self.clauses.get("SETTINGS", "")) if pair)
        return dict(pairs)

    @property
    def sorting_key(self) -> list[str]:
        """The expressions of ORDER BY."""
        return key_of(self.clauses.get("ORDER BY", ""))


def key_of(expression: str) -> list[str]:
    """Return the parts of a key, which is one expression or a tuple."""
    is_tuple = expression.startswith("(") and _mask(expression).index(")") == len(expression) - 1
    return list(_split(expression[1:-1] if is_tuple else expression))


def _column(text: str) -> ColumnDefinition:
    return ColumnDefinition(text, *_clauses(text, COLUMN_CLAUSES))


def _clauses(text: str, keywords: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the text in front of the first clause, and the clauses by keyword."""
    pattern = "|".join(rf"(?<!\S){keyword}(?![^\s(])" for keyword in keywords)
    found = list(re.finditer(pattern, _mask(text)))
    ends = [*(match.start() for match in found[1:]), len(text)]
    clauses = {match[0]: text[match.end() : end].strip() for match, end in zip(found, ends, strict=False)}
    return text[: found[0].start() if found else len(text)].strip(), clauses


def _split(text: str) -> Iterator[str]:
    """Yield the parts of a list, split at commas outside of brackets and quotes."""
    start = 0
    for match in re.finditer(",", f"{_mask(text)},"):
        yield text[start : match.start()].strip()
        start = match.end()


def _mask(text: str) -> str:
    """Return a text of the same length in which quoted text, and all within outermost brackets, is `x`."""
    plain = _QUOTED.sub(lambda match: "x" * len(match[0]), text)
    masked, depth = [], 0
    for character in plain:
        depth -= character in ")]}"
        masked.append(character if depth == 0 else "x")
        depth += character in "([{"
    return "".join(masked)
