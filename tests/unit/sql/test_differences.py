"""What check says, from two descriptions."""

from dataclasses import replace

import pytest

from sql.description import Column, Description
from sql.differences import compare

TABLE = Description(
    engine="MergeTree",
    storage="MergeTree ORDER BY a",
    query="",
    comment="A table",
    definition="CREATE TABLE t (a UInt8, b String) ENGINE = MergeTree ORDER BY a COMMENT 'A table'",
    columns={"a": Column("UInt8", "", "first"), "b": Column("String", "DEFAULT ''", "second")},
)

INTEGER = Column("Int8", "", "first")


def said(present: Description) -> list[str]:
    return [difference.text for difference in compare({"t": TABLE}, {"t": present})]


def test_equal_descriptions_do_not_differ() -> None:
    assert said(TABLE) == []


def test_missing_and_extra_objects_are_named() -> None:
    texts = [(d.name, d.text.split(";")[0]) for d in compare({"t": TABLE}, {"u": TABLE})]
    assert texts == [("t", "missing"), ("u", "extra")]


@pytest.mark.parametrize(
    ("present", "text"),
    [
        (replace(TABLE, engine="Log"), "engine: files say 'MergeTree', the database says 'Log'"),
        (replace(TABLE, comment=""), "comment: files say 'A table', the database says ''"),
        (replace(TABLE, columns={"a": TABLE.columns["a"]}), "column b: missing"),
        (
            replace(TABLE, columns=TABLE.columns | {"c": INTEGER}),
            "column c: extra; no file describes it",
        ),
        (
            replace(TABLE, columns=TABLE.columns | {"a": INTEGER}),
            "type of column a: files say 'UInt8', the database says 'Int8'",
        ),
        (
            replace(TABLE, columns=dict(reversed(TABLE.columns.items()))),
            "order of columns: files say 'a, b', the database says 'b, a'",
        ),
    ],
    ids=["engine", "comment", "a column less", "a column more", "a type", "the order"],
)
def test_each_difference_is_reported_once(present: Description, text: str) -> None:
    assert said(present) == [text]


def test_a_long_text_is_shown_from_its_first_difference() -> None:
    wanted, present = (replace(TABLE, query=f"SELECT {'x' * 500}{end}{'y' * 500}") for end in ("1", "2"))
    (difference,) = compare({"t": wanted}, {"t": present})
    assert difference.text == f"query: files say '…{'x' * 60}1{'y' * 59}…', the database says '…{'x' * 60}2{'y' * 59}…'"


def test_definitions_are_compared_if_nothing_else_differs() -> None:
    indexed = replace(TABLE, definition=TABLE.definition.replace("String)", "String, INDEX i a TYPE minmax)"))
    assert [text.split(":")[0] for text in said(indexed)] == ["definition"]
