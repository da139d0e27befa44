"""Numbered migrations: changes that a comparison cannot infer, such as a new name of a column.

A migration is a file `migrations/NNNN_name.sql`. Each statement ends with a semicolon at the end of a line. The
statements run in order, once, while the fence is closed. A killed run starts the migration again, so each statement
must be repeatable (`IF EXISTS`, `IF NOT EXISTS`, a copy that starts with DROP).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "migrations"
_NAME = re.compile(r"\d{4}_[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of statements."""

    name: str
    statements: tuple[str, ...]


def read_migrations(folder: Path = FOLDER) -> Sequence[Migration]:
    """Return the migrations of a folder in the order of their numbers."""
    return [_read(path) for path in sorted(folder.glob("*.sql"))]


def _read(path: Path) -> Migration:
    if not _NAME.fullmatch(path.stem):
        raise ValueError(f"{path.name} is not named like 0001_rename_column.sql")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
    statements = re.split(r";[ \t]*$", "\n".join(lines), flags=re.MULTILINE)
    return Migration(path.stem, tuple(statement.strip() for statement in statements if statement.strip()))
