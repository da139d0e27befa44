"""Numbered migrations: what a comparison cannot find out, such as that a column has another name now.

A migration is a file `migrations/NNNN_name.sql`. Its statements end with a semicolon at the end of a line. They run in
order, once, while no insert passes the fence; a run that was killed begins the migration again, so each statement must
be one that can be repeated (`IF EXISTS`, `IF NOT EXISTS`, a copy that begins with DROP).
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
