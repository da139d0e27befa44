"""Forms are read as browsers and clickhouse-connect write them; all others are refused with 400."""

import pytest

from deploy.embedded.clickhouse.http.forms import MAX_FIELDS, read_form
from deploy.embedded.errors import ClickHouseError

TYPE = "multipart/form-data; boundary=x"
FIELD = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


def test_fields_keep_their_line_ends_and_may_be_empty() -> None:
    body = FIELD + b'--x\r\ncontent-disposition: form-data; name="b c"\r\n\r\n\r\n\xc3\xbc\r\n\r\n--x--\r\n'
    assert read_form(body, TYPE) == {"a": "1", "b c": "\r\nü\r\n"}


def test_a_form_may_have_no_field() -> None:
    assert read_form(b"--x--", 'multipart/form-data; boundary="x"') == {}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"SELECT 1", FIELD, FIELD + b"--x-", FIELD + b"--y--\r\n", b"--x\r\n\r\n1\r\n--x--",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="a\r\n\r\n1\r\n--x--',
        b"--x\r\nno colon\r\n\r\n1\r\n--x--",
        FIELD.replace(b"1", b"\xff") + b"--x--", FIELD.replace(b'"a"', b'"\xff"') + b"--x--",
        FIELD.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"--x--",
        FIELD * (MAX_FIELDS + 2) + b"--x--",
    ],
)  # fmt: skip
def test_a_malformed_form_is_refused(body: bytes) -> None:
    with pytest.raises(ClickHouseError) as refused:
        read_form(body, TYPE)
    assert (refused.value.code, refused.value.status) == (36, 400)


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary*=utf-8''%ff", "; boundary=\udcff"])
def test_a_form_needs_its_boundary(boundary: str) -> None:
    with pytest.raises(ClickHouseError, match="not a form"):
        read_form(FIELD + b"--x--", f"multipart/form-data{boundary}")


def test_external_data_are_not_supported() -> None:
    with pytest.raises(ClickHouseError, match="External data"):
        read_form(FIELD.replace(b'"a"', b'"a"; filename="b"') + b"--x--", TYPE)
