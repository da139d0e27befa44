"""The differences between the files and a database.

The files are applied to a scratch database and ClickHouse describes both, so that its own way of writing definitions
makes no difference. The scratch database holds no rows and is dropped at the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from sql.connection import Database
from sql.description import Column, Description, describe
from sql.retention import Retention
from sql.schema import describe_files

_CONTEXT = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the files and the database, in one object."""

    name: str
    text: str


def find_differences(database: Database, retention: Retention) -> tuple[Difference, ...]:
    """Return the differences between the files and the database, object by object."""
    return compare(describe_files(database, retention), describe(database))


def compare(wanted: dict[str, Description], present: dict[str, Description]) -> tuple[Difference, ...]:
    """Return the differences between two descriptions; the first is that of the files."""
    differences = []
    for name in dict.fromkeys((*wanted, *present)):
        if name not in present:
            differences.append(Difference(name, "missing; `python -m sql apply` creates it"))
        elif name not in wanted:
            differences.append(Difference(name, "extra; no file describes it"))
        else:
            differences += [Difference(name, text) for text in _object_texts(wanted[name], present[name])]
    return tuple(differences)


def _object_texts(wanted: Description, present: Description) -> list[str]:
    texts = [text for name in _column_names(wanted, present) for text in _column_texts(name, wanted, present)]
    if list(wanted.columns) != list(present.columns) and not texts:
        texts.append(_difference("order of columns", ", ".join(wanted.columns), ", ".join(present.columns)))
    texts += [
        _difference(what, getattr(wanted, what), getattr(present, what))
        for what in ("engine", "storage", "query", "comment")
        if getattr(wanted, what) != getattr(present, what)
    ]
    # system.tables has no column for indices, TTLs of columns and the target of a materialized view.
    if not texts and wanted.definition != present.definition:
        texts.append(_difference("definition", wanted.definition, present.definition))
    return texts


def _column_names(wanted: Description, present: Description) -> Iterator[str]:
    yield from dict.fromkeys((*wanted.columns, *present.columns))


def _column_texts(name: str, wanted: Description, present: Description) -> Iterator[str]:
    files, database = wanted.columns.get(name), present.columns.get(name)
    if files is None:
        yield f"column {name}: extra; no file describes it"
    elif database is None:
        yield f"column {name}: missing"
    else:
        yield from _column_differences(name, files, database)


def _column_differences(name: str, files: Column, database: Column) -> Iterator[str]:
    for what in ("type", "default", "comment"):
        if getattr(files, what) != getattr(database, what):
            yield _difference(f"{what} of column {name}", getattr(files, what), getattr(database, what))


def _difference(what: str, files: str, database: str) -> str:
    start = next((i for i, (a, b) in enumerate(zip_longest(files, database)) if a != b), 0)
    return f"{what}: files say {_excerpt(files, start)}, the database says {_excerpt(database, start)}"


def _excerpt(text: str, start: int) -> str:
    first, last = max(0, start - _CONTEXT), start + _CONTEXT
    return f"'{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}'"
