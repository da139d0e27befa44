"""The address rules of world_map: which address of the text counts, and what is stored of it."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.enrichment.ip_addresses import addresses_of

any_text = st.text(st.characters())
address_like = st.text(st.sampled_from("0123456789abcdef.:,[]% \u3000"))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("8.8.8.8", "8.8.8.8", id="an IPv4 address"),
        pytest.param("2001:4860:4860::8888", "2001:4860:4860::8888", id="an IPv6 address"),
        pytest.param("2001:4860:4860:0:0:0:0:8888", "2001:4860:4860::8888", id="an IPv6 address written in full"),
        pytest.param("2001:4860:4860::ABCD", "2001:4860:4860::abcd", id="an IPv6 address in capitals"),
        pytest.param("  8.8.8.8\t\n", "8.8.8.8", id="white space around it"),
        pytest.param("\u30008.8.8.8\u00a0", "8.8.8.8", id="Unicode white space around it"),
        pytest.param("8.8.8.8:443", "8.8.8.8", id="a port after an IPv4 address"),
        pytest.param("[2001:4860:4860::8888]:443", "2001:4860:4860::8888", id="a port after an IPv6 address"),
        pytest.param("[2001:4860:4860::8888]", "2001:4860:4860::8888", id="brackets without a port"),
        pytest.param("::ffff:8.8.8.8", "8.8.8.8", id="an IPv4 address mapped into IPv6"),
        pytest.param("::FFFF:808:808", "8.8.8.8", id="a mapped address in hexadecimal"),
        pytest.param("[::ffff:8.8.8.8]:80", "8.8.8.8", id="a mapped address with a port"),
        pytest.param("2001:4860:4860::8888%eth0", "2001:4860:4860::8888", id="a zone"),
        pytest.param("8.8.8.8, 1.1.1.1", "8.8.8.8", id="the first of two public ones"),
        pytest.param("10.0.0.1, 8.8.8.8", "8.8.8.8", id="a private one before a public one"),
        pytest.param("10.0.0.1,192.168.1.1 , 1.1.1.1:80,8.8.8.8", "1.1.1.1", id="a longer list"),
        pytest.param("unknown, nonsense,, 8.8.8.8", "8.8.8.8", id="a public one behind what cannot be read"),
        pytest.param("fe80::1%eth0, 2001:4860:4860::8888", "2001:4860:4860::8888", id="a link-local one with a zone"),
        pytest.param("224.0.0.1, 8.8.8.8", "8.8.8.8", id="a multicast one before a public one"),
    ],
)
def test_the_first_public_address_of_the_text_counts(text: str, address: str) -> None:
    assert addresses_of(text).public == address


@pytest.mark.parametrize(
    "text",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "0.1.2.3",
        "255.255.255.255",
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.9",
        "240.0.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "2001:db8::1",
        "[2001:db8::1]:443",
        "ff02::1",
        "ff0e::1",
        "::ffff:10.0.0.1",
        "::ffff:224.0.0.1",
        "10.0.0.1, 192.168.0.1:8080",
    ],
)
def test_a_private_reserved_or_multicast_address_gives_nothing_and_is_readable(text: str) -> None:
    assert addresses_of(text).public is None
    assert addresses_of(text).is_readable


@pytest.mark.parametrize(
    "text",
    [
        "256.1.1.1",
        "1.2.3",
        "08.8.8.8",
        "8.8.8.8.8",
        "8.8.8.8/24",
        "8.8.8.8:",
        "8.8.8.8:http",
        "8.8.8.8:123456",
        "8.8.8.8 1.1.1.1",
        "8.8.8.8;1.1.1.1",
        "[8.8.8.8",
        "[]:80",
        "2001:::1",
        "12345::1",
        "2001:db8::1]:443",
        "8.8.8.8%eth0",
        "134744072",
        "localhost",
        "example.com",
        "\uff18.8.8.8",
        "\u0668.8.8.8",
        "none",
        ",",
        "unknown, unknown",
        "8.8.8.8\x1f",
    ],
)
def test_a_broken_address_gives_nothing_and_cannot_be_read(text: str) -> None:
    assert addresses_of(text).public is None
    assert not addresses_of(text).is_readable
    assert addresses_of(text).truncated == ""


@pytest.mark.parametrize("text", ["", " \t\u2003", "unknown", " UNKNOWN\n"])
def test_a_text_that_says_nothing_gives_no_address_and_leaves_nothing_to_read(text: str) -> None:
    assert addresses_of(text).public is None
    assert addresses_of(text).is_readable
    assert addresses_of(text).truncated == ""


def test_one_readable_address_makes_a_list_readable() -> None:
    assert addresses_of("nonsense, 10.0.0.1").is_readable


def test_a_list_as_long_as_a_record_is_read_to_its_end() -> None:
    assert addresses_of("10.0.0.1," * 100_000 + "8.8.8.8").public == "8.8.8.8"


@pytest.mark.parametrize(
    ("text", "truncated"),
    [
        pytest.param("8.8.4.4", "8.8.4.0", id="the last byte of an IPv4 address"),
        pytest.param("10.20.30.40:80", "10.20.30.0", id="a private address with a port"),
        pytest.param("2001:4860:4860:1::8888", "2001:4860:4860::", id="the last ten bytes of an IPv6 address"),
        pytest.param("::ffff:8.8.4.4", "8.8.4.0", id="a mapped IPv4 address"),
        pytest.param("8.8.4.4, nonsense, [2001:4860:4860:1::1]:1", "8.8.4.0, 2001:4860:4860::", id="each of a list"),
    ],
)
def test_truncating_leaves_only_networks(text: str, truncated: str) -> None:
    assert addresses_of(text).truncated == truncated


@given(any_text | address_like)
def test_any_text_can_be_asked(text: str) -> None:
    address = addresses_of(text).public
    truncated = addresses_of(text).truncated
    assert address is None or addresses_of(address).public == address
    assert addresses_of(truncated).truncated == truncated
    assert (truncated == "") != (
        addresses_of(text).is_readable and bool(text.strip()) and text.strip().lower() != "unknown"
    )


@given(st.ip_addresses(), st.integers(0, 65_535))
def test_a_port_changes_nothing(address: IPv4Address | IPv6Address, port: int) -> None:
    bare = str(address)
    with_port = f"{bare}:{port}" if address.version == 4 else f"[{bare}]:{port}"
    assert addresses_of(with_port).public == addresses_of(bare).public


@given(st.ip_addresses())
def test_public_means_globally_reachable_and_not_multicast(address: IPv4Address | IPv6Address) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    public = plain.is_global and not plain.is_multicast
    assert addresses_of(str(address)).public == (str(plain) if public else None)


@given(st.ip_addresses())
def test_truncating_an_address_keeps_its_network(address: IPv4Address | IPv6Address) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    kept = 8 if plain.version == 4 else 80
    assert int(ip_address(addresses_of(str(address)).truncated)) == int(plain) >> kept << kept


def special_networks() -> list[IPv4Network | IPv6Network]:
    """Return all networks that Python treats apart from the rest when it tells what is globally reachable."""
    named = (vars(constants).values() for constants in (IPv4Address._constants, IPv6Address._constants))  # type: ignore[attr-defined]
    values = [value for each in named for value in each]
    return [
        network
        for value in values
        for network in (value if isinstance(value, list) else [value])
        if isinstance(network, IPv4Network | IPv6Network)
    ]


@pytest.mark.parametrize("network", special_networks(), ids=str)
def test_what_is_public_is_told_address_by_address_around_every_special_network(
    network: IPv4Network | IPv6Network,
) -> None:
    kind, ends = type(network[0]), (int(network[0]), int(network[-1]))
    wide = 1 << (8 if network.version == 4 else 80)  # of a /24, and of a /48
    near = {end + away for end in ends for away in (-wide, -3, -1, 0, 1, 3, wide)}
    near |= {end - end % wide + inside for end in ends for inside in (0, 1, wide // 2, wide - 1)}
    for number in near:
        if 0 <= number < 1 << network.max_prefixlen:
            address = kind(number)
            mapped = getattr(address, "ipv4_mapped", None) or address
            public = str(mapped) if mapped.is_global and not mapped.is_multicast else None
            assert addresses_of(str(address)).public == public, address
