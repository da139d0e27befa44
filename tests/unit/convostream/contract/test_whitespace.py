"""White space is Unicode's White_Space, not what `str.strip` takes."""

import sys
import unicodedata

from convostream.contract.whitespace import WHITE_SPACE, is_blank, trim


def test_every_space_separator_and_the_eight_controls_are_white_space() -> None:
    separators = {
        chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Zs", "Zl", "Zp")
    }
    assert set(WHITE_SPACE) == separators | set("\t\n\x0b\x0c\r\x85")
    assert len(WHITE_SPACE) == 25


def test_the_information_separators_are_not_trimmed() -> None:
    assert trim("\x1c a \x1f") == "\x1c a \x1f"
    assert not is_blank("\x1c")


def test_trimming_takes_both_ends_and_nothing_within() -> None:
    assert trim("\u3000\u2003a b\x85") == "a b"
    assert is_blank("\u2028 \t")
    assert is_blank("")


def test_a_zero_width_space_is_not_blank() -> None:
    assert not is_blank("\u200b")
