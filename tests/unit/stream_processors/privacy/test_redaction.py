"""Redaction: the shipped rules match what they name, a text stays valid, and no text takes long."""

import time
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.privacy import redaction
from stream_processors.privacy.redaction import CUT, MAX_SEARCHES, WINDOW, load_redaction
from tests.support.worker.wire_events import json_objects

SHIPPED = Path(redaction.__file__).with_name("redaction.toml")
RULES = load_redaction(SHIPPED)
MEBIBYTE = 2**20


def rules_file(directory: Path, pattern: str) -> Path:
    """Return a file with one rule."""
    path = directory / "rules.toml"
    path.write_text(f"[[rule]]\nname = 'x'\npattern = '{pattern}'\n")
    return path


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("mail ann.lee+x@example.co.uk, or <zoë@exämple.org>.", "mail [email], or <[email]>."),
        ("mailto:a@b.org?subject=hi", "mailto:[email]"),
        ("a@b, @home and x@y.z are none", "a@b, @home and x@y.z are none"),
        ("4111 1111 1111 1111 12/27", "[card] 12/27"),
        ("4111-1111-1111-1111, 4111.1111.1111.1111", "[card], [card]"),
        ("card4111111111111111 378282246310005 30569309025904", "card[card] [card] [card]"),
        ("5555555555554444\u20226011111111111117", "[card]\u2022[card]"),
        ("4111111111111112 is none, nor is 1234567890123456", "4111111111111112 is none, nor is 1234567890123456"),
        ("DE89 3704 0044 0532 0130 00 AND MORE", "[iban] AND MORE"),
        ("de89370400440532013000, GB82-WEST-1234-5698-7654-32", "[iban], [iban]"),
        ("DE88370400440532013000 is none", "DE88370400440532013000 is none"),
        ("+49 171 1234567, 00385 91 123 4567, +1 (555) 123-4567", "[phone], [phone], [phone]"),
        ("(555) 123-4567, 555-123-4567, 0171 1234567", "[phone], [phone], [phone]"),
        ("2026-04-01T12:00:00.123Z 12:00 1,299.00 W1234567", "2026-04-01T12:00:00.123Z 12:00 1,299.00 W1234567"),
        ("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("", ""),
    ],
)
def test_the_shipped_rules_match_what_they_name(text: str, redacted: str) -> None:
    assert RULES.text(text) == redacted


def test_json_is_redacted_within_its_values_and_keys_and_stays_json() -> None:
    text = '{"card":4111111111111111,"a\\u0040b.org":["x@y.de",1.5,null,true,4],"plain":{"n":"\\u00e4"}}'
    assert orjson.loads(RULES.json(text)) == {
        "card": "[card]",
        "[email]": ["[email]", 1.5, None, True, 4],
        "plain": {"n": "ä"},
    }


@given(value=json_objects)
def test_a_text_without_a_match_is_unchanged(
    value: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = orjson.dumps(value).decode()
    never = tmp_path_factory.getbasetemp() / "never.toml"
    never.write_text("[[rule]]\nname = 'never'\npattern = 'no such text'\n")
    rules = load_redaction(never)
    assert (rules.json(text), rules.raw(text.encode())) == (text, text.encode())


def test_bytes_that_are_not_utf_8_are_searched_too() -> None:
    assert RULES.raw(b"\xff\x00 ann@example.org \xfe") == b"\xff\x00 [email] \xfe"


HOSTILE = (
    "a@",
    "a@a.",
    "a@b.cc ",
    "4",
    "4 ",
    "4111111111111112 ",
    "DE89",
    "de 8 9 ",
    "+1",
    "+1 ()",
    "(1) 22 ",
    "1   ",
    "ä",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (MEBIBYTE // len(piece.encode()))
    began = time.process_time()
    RULES.text(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("at", [WINDOW // 2 - 5, WINDOW - 20, WINDOW - 5, WINDOW, 3 * WINDOW // 2 - 3, 20 * WINDOW])
def test_a_match_is_found_wherever_it_stands_in_a_long_text(at: int) -> None:
    before, after = " " * at, " " * WINDOW
    assert RULES.text(f"{before}ann.lee@example.org{after}") == f"{before}[email]{after}"


def test_a_pattern_that_scans_the_whole_text_for_each_match_is_bounded(tmp_path: Path) -> None:
    redacted = load_redaction(rules_file(tmp_path, "(?s)a.*b|a")).raw(b"a" * MEBIBYTE)
    assert redacted == b"[redacted]" * (MAX_SEARCHES - 1) + CUT


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[[rule]]\nname = 'x'\npattern = '(a'", "rule 1 (x): pattern: missing ): (a"),
        ("[[rule]]\nname = 'x'\npattern = '(?<=a)b'", "rule 1 (x): pattern: invalid perl operator: (?<"),
        ("[[rule]]\nname = 'x'\npattern = 'a*'", "rule 1 (x): pattern: it matches the empty text"),
        ("[[rule]]\nname = 'x'\npattern = '(?:a{1000}b?){1000}'", "rule 1 (x): pattern: invalid repetition size"),
        ("[[rule]]\nname = 'x'\npattern = '\\pL{50}'", "rule 1 (x): pattern: too complex"),
        ("[[rule]]\nname = 'x'\npattern = 'a'\n[[rule]]\nname = 'y'", "rule 2 (y): pattern: Field required"),
        ("[[rule]]\nname = 'x'\npattern = 'a'\nreplace = 'b'", "rule 1 (x): replace: Extra inputs"),
        ("[[rule]]\nname = 'x'\npattern = 'a'\ncheck = 'vin'", "rule 1 (x): check: Input should be 'card' or 'iban'"),
        ("rule = 'x'", "allowed are 1 to 100 tables [[rule]]"),
        ("", "allowed are 1 to 100 tables [[rule]]"),
        ("rules:\n- name", "is no TOML file"),
    ],
)
def test_a_wrong_file_is_named_with_its_entry_and_what_is_wrong(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(content)
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is what counts
        load_redaction(path)
    assert str(path) in str(refused.value)
    assert problem in str(refused.value)


@given(text=st.text(max_size=40))
def test_a_text_stays_unicode_text(text: str) -> None:
    redacted = RULES.text(text)
    assert redacted.encode().decode() == redacted
