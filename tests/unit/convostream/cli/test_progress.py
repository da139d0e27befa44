"""The progress bar shows the share of the file, and nothing when nobody watches."""

import io

import pytest

from convostream.cli.progress import PlainBar, progress_bar


def test_the_plain_bar_fills_with_the_bytes_that_were_read() -> None:
    out = io.StringIO()
    bar = PlainBar("replay", 400_000, out)
    for _ in range(4):
        bar.advance(100_000)
    assert out.getvalue().count("\r") == 4
    assert out.getvalue().endswith(f"replay [{'#' * 40}] 100%")


def test_the_plain_bar_is_not_drawn_for_every_line() -> None:
    out = io.StringIO()
    bar = PlainBar("replay", 1_000_000, out)
    for _ in range(1_000):
        bar.advance(100)
    assert out.getvalue().count("\r") == 2


def test_without_a_length_the_plain_bar_counts() -> None:
    out = io.StringIO()
    PlainBar("replay -", None, out).advance(3 * 2**20)
    assert out.getvalue() == "\rreplay - 3.0 MiB"


def test_nothing_is_shown_when_standard_error_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("replay", 100) as advance:
        advance(100)
    assert capsys.readouterr().err == ""
