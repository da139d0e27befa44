"""chDB's messages become those of ClickHouse's HTTP interface."""

import pytest

from deploy.embedded.errors import ClickHouseError, exception_tag, framed

VERSION = "26.9.2.1"


@pytest.mark.parametrize(
    ("message", "code", "status", "text"),
    [
        pytest.param(
            "Streaming query failed: Code: 60. DB::Exception: Unknown table t. (UNKNOWN_TABLE)",
            60,
            404,
            "Code: 60. DB::Exception: Unknown table t. (UNKNOWN_TABLE) (version 26.9.2.1)",
            id="a prefix of chDB's own",
        ),
        pytest.param(
            "Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse: (in file/uri /proc/self/fd/9): "
            "While executing CSV. (X) (version 26.9.2.1). (X)",
            27,
            400,
            "Code: 27. DB::Exception: Cannot parse: While executing CSV. (X) (version 26.9.2.1)",
            id="code and name twice, and an anonymous file",
        ),
        pytest.param(
            "Code: 497. DB::Exception: default: Not enough privileges. (ACCESS_DENIED)",
            497,
            403,
            "Code: 497. DB::Exception: reader: Not enough privileges. (ACCESS_DENIED) (version 26.9.2.1)",
            id="the engine's one user",
        ),
        pytest.param(
            "something else", 1002, 500, "Code: 1002. DB::Exception: something else (version 26.9.2.1)", id="no code"
        ),
    ],
)
def test_a_message_is_that_of_a_server(message: str, code: int, status: int, text: str) -> None:
    error = ClickHouseError(message)
    assert (error.code, error.status, error.text("reader", VERSION)) == (code, status, text)


def test_the_text_has_the_code() -> None:
    assert str(ClickHouseError("No. (SYNTAX_ERROR)", 62)) == "Code: 62. DB::Exception: No. (SYNTAX_ERROR)"


def test_a_frame_counts_the_bytes_of_its_message() -> None:
    tag = exception_tag()
    assert len(tag) == 16
    assert framed("ü", tag).decode() == f"\r\n__exception__\r\n{tag}\r\nü\n3 {tag}\r\n__exception__\r\n"
