"""The address setting: what is read from it, what is refused, and that a password is never shown."""

import pytest

from sql.address import Address, parse_address
from sql.connection import connect
from sql.errors import AddressError, UnreachableError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://writer:pw@host:9000/numbers", Address(False, "host", 9000, "writer", "pw", "numbers")),
        ("https://writer:pw@host/numbers", Address(True, "host", 8443, "writer", "pw", "numbers")),
        ("http://host", Address(False, "host", 8123, "default", "", "convostream")),
        ("http://a%40b:p%2Fw@[::1]:1/", Address(False, "::1", 1, "a@b", "p/w", "convostream")),
        (
            "https://w@host/x?verify=false&ca_cert=/ca.pem",
            Address(True, "host", 8443, "w", "", "x", {"verify": False, "ca_cert": "/ca.pem"}),
        ),
    ],
    ids=["all parts", "https has a port of its own", "the least", "escaped characters and IPv6", "TLS options"],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:8123",
        "tcp://user:secret@host:9000/x",
        "http://user:secret@host:port/x",
        "http://user:secret@h/a-b;",
        "https://user:secret@h/x?password=secret",
        "http://user:secret/more@h/x",
        "http://user/secret@h/x",
    ],
    ids=[
        "nothing",
        "no scheme",
        "another scheme",
        "a port that is no number",
        "a database that is no plain name",
        "an unknown option",
        "a slash in a password",
        "a slash in a user",
    ],
)
def test_an_invalid_url_is_reported_with_the_allowed_form(text: str) -> None:
    with pytest.raises(AddressError, match=r"CONVOSTREAM_CLICKHOUSE_URL .*(allowed|letters)") as raised:
        parse_address(text)
    assert "secret" not in str(raised.value)


def test_an_address_is_shown_without_its_password() -> None:
    address = parse_address("http://writer:secret@host:1/x")
    assert str(address) == "http://writer@host:1/x"
    assert "secret" not in repr(address)


@pytest.mark.parametrize("url", ["http://a%40b:p%2Fw@[::1]:1/", "https://writer:pw@host:8443/", "http://default:@h:1/"])
def test_the_url_of_a_server_keeps_user_and_password_as_they_were(url: str) -> None:
    assert parse_address(url).server_url == url


def test_an_unreachable_clickhouse_is_reported_with_a_hint() -> None:
    with pytest.raises(
        UnreachableError, match=r"does not answer at http://writer@127\.0\.0\.1:9/x; start it"
    ) as raised:
        connect(parse_address("http://writer:secret@127.0.0.1:9/x"))
    assert "secret" not in str(raised.value)
