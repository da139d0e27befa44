"""The files of the schema are complete, in order, and written in one way."""

import re
from pathlib import Path

import pytest

from sql.objects import NAMES, ROOT, Kind, SchemaObject, schema_objects
from sql.readme import FOR_READERS, README, with_column_tables

OBJECTS = schema_objects()
NOT_FLUSHED = ("schema_versions", "owners", "audits", "erasures", "forwarded_records")
HEADERS = {
    Kind.TABLE: ("ritten by", "ead by", "RDER BY"),
    Kind.MATERIALIZED_VIEW: (),
    Kind.VIEW: (),
    Kind.METRIC: ("ead",),
}


def header(schema_object: SchemaObject) -> str:
    return "\n".join(line for line in schema_object.ddl.splitlines() if line.startswith("--"))


@pytest.mark.parametrize("kind", Kind)
def test_every_file_is_listed_once_and_every_listed_object_has_a_file(kind: Kind) -> None:
    assert sorted(NAMES[kind]) == sorted(path.stem for path in (ROOT / kind).iterdir())


@pytest.mark.parametrize("schema_object", OBJECTS, ids=lambda o: o.name)
def test_a_file_creates_the_object_that_it_is_named_after_and_comments_on_it(schema_object: SchemaObject) -> None:
    creation = re.match(r"CREATE (?:[A-Z ]+) (\w+)", schema_object.statement)
    assert creation is not None
    assert creation[1] == schema_object.name
    assert re.search(r"\nCOMMENT '[A-Z].+'$", schema_object.statement)


@pytest.mark.parametrize("schema_object", OBJECTS, ids=lambda o: o.name)
def test_a_file_begins_with_what_a_row_is(schema_object: SchemaObject) -> None:
    assert schema_object.ddl.startswith("-- ")
    assert [part for part in HEADERS[schema_object.kind] if part not in header(schema_object)] == []


@pytest.mark.parametrize("schema_object", OBJECTS, ids=lambda o: o.name)
def test_a_file_can_be_applied_twice(schema_object: SchemaObject) -> None:
    again = "CREATE OR REPLACE" if schema_object.replaceable else "IF NOT EXISTS"
    assert again in schema_object.statement


@pytest.mark.parametrize("schema_object", OBJECTS, ids=lambda o: o.name)
def test_an_object_comes_after_those_that_it_reads(schema_object: SchemaObject) -> None:
    names = [o.name for o in OBJECTS]
    read = set(re.findall(r"(?:FROM|TO|AS) (\w+)", schema_object.statement)) & set(names) - {schema_object.name}
    assert [name for name in read if names.index(name) > names.index(schema_object.name)] == []


@pytest.mark.parametrize("schema_object", OBJECTS, ids=lambda o: o.name)
def test_a_statement_is_one_and_has_no_comment(schema_object: SchemaObject) -> None:
    assert ";" not in re.sub(r"'[^']*'", "", schema_object.statement)
    assert "--" not in schema_object.statement


def test_lines_are_at_most_120_characters() -> None:
    paths = [path for kind in Kind for path in (ROOT / kind).iterdir()]
    long = [f"{path.name}: {line}" for path in paths for line in path.read_text().splitlines() if len(line) > 120]
    assert long == []


def test_the_map_names_every_object() -> None:
    text = Path(ROOT, "README.md").read_text()
    assert [o.name for o in OBJECTS if f"`{o.name}`" not in text] == []


def test_every_stored_table_ignores_repeated_tokens() -> None:
    stored = [o for o in OBJECTS if o.kind is Kind.TABLE and "MergeTree" in o.statement and o.name not in NOT_FLUSHED]
    assert len(stored) == 8
    assert [o.name for o in stored if "non_replicated_deduplication_window = 100000" not in o.statement] == []


def test_every_table_of_workers_rejects_inserts_before_the_disk_is_full() -> None:
    """The engine in chDB takes no notice when the kernel refuses to write (docs/faults.md)."""
    filled = [o for o in OBJECTS if "non_replicated_deduplication_window" in o.statement]
    assert [o.name for o in filled if "min_free_disk_bytes_to_perform_insert = 16777216" not in o.statement] == []


def test_the_readme_has_the_columns_of_the_tables_and_views_for_readers() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_column_tables(text) == text, "write it again: python -m sql.readme"
    assert [name for name in FOR_READERS if f"### `{name}`\n| column " not in text] == []
