"""The version of the schema grows with the first change after a release."""

import re
from pathlib import Path

from sql import SCHEMA_VERSION
from sql.migrations import read_migrations
from sql.objects import schema_objects

RELEASED = Path(__file__).parents[2] / "data" / "schema"


def statements(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("--")]


def test_a_schema_that_differs_from_that_of_the_last_release_has_the_next_version() -> None:
    last = max(int(path.stem) for path in RELEASED.glob("*.sql"))
    released = (RELEASED / f"{last}.sql").read_text(encoding="utf-8")
    today = "".join(f"{each.statement};\n\n" for each in schema_objects())
    assert last + (statements(today) != statements(released)) == SCHEMA_VERSION


def test_migrations_are_numbered_without_a_gap_and_can_be_repeated() -> None:
    migrations = read_migrations()
    assert [int(each.name[:4]) for each in migrations] == list(range(1, len(migrations) + 1))
    texts = [text for each in migrations for text in each.statements]
    careless = [text for text in texts if re.match(r"(RENAME|DROP|CREATE|ALTER .* (ADD|DROP|RENAME)) ", text)]
    assert [text for text in careless if "IF EXISTS" not in text and "IF NOT EXISTS" not in text] == []
