"""Finds the first public address in a `customer_ip_address` (docs/metrics.md, world_map).

The text is an address or a comma-separated list, as proxies write it. A port and a zone are stripped, and an IPv4
address mapped into IPv6 is that IPv4 address. Public means globally reachable (Python's `is_global`) and not multicast.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network
from itertools import chain
from typing import Final, NamedTuple

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text

Address = IPv4Address | IPv6Address

# The bits of an address that truncation keeps, by IP version.
PREFIXES: Final = {4: 24, 6: 48}

_WITH_PORT: Final = re.compile(r"(?:([0-9.]+)|\[([^\[\]]+)\]):[0-9]{1,5}")
_BRACKETED: Final = re.compile(r"\[([^\[\]]+)\]")
_ADDRESS_LIKE: Final = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:%[^%/\s]+)?")

# The special-purpose registries (iana.org/assignments/iana-ipv4-special-registry, -ipv6-special-registry) and
# multicast. Python decides which of them are public; a test covers every network that `ipaddress` knows.
_SPECIAL: Final = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29 192.0.0.8/32"
    " 192.0.0.9/32 192.0.0.10/32 192.0.0.170/31 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24"
    " 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
    " 255.255.255.255/32"
    " ::/128 ::1/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32"
    " 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28"
    " 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8"
)


class StatedAddresses(NamedTuple):
    """The addresses that a text states."""

    # The first public address as `ipaddress` writes it, or None.
    public: str | None

    # Whether the text states any address, or is blank or `unknown`.
    is_readable: bool

    # The networks (/24 and /48) of the addresses, separated by ", "; "" without an address.
    truncated: str


@cached_by_text(maxsize=16_384)
def addresses_of(text: str) -> StatedAddresses:
    """Return the addresses that the text states."""
    addresses = list(_parse_list(text))
    public = next((str(address) for address in addresses if is_public(address)), None)
    is_readable = bool(addresses) or trim(text).casefold() in ("", "unknown")
    return StatedAddresses(public, is_readable, ", ".join(str(first_of_network(address)) for address in addresses))


def network_of(address: Address) -> int:
    """Return the network bits of an address as a number."""
    return int(address) >> address.max_prefixlen - PREFIXES[address.version]


def first_of_network(address: Address) -> Address:
    """Return the first address of an address's network: the truncated address."""
    return type(address)(network_of(address) << address.max_prefixlen - PREFIXES[address.version])


def _parse_list(text: str) -> Iterator[Address]:
    for item in text.split(","):
        address = _parse_item(trim(item))
        if address is not None:
            yield address


@lru_cache(maxsize=16_384)
def read_address(bare: str) -> Address | None:
    """Return the address in a text without port and brackets, or None."""
    try:
        if ":" not in bare:
            return IPv4Address(bare)
        address = IPv6Address(bare.partition("%")[0])
    except AddressValueError:
        return None
    return address.ipv4_mapped or address


def _parse_item(item: str) -> Address | None:
    """Parse one item of a list without its port and its zone."""
    if ":" not in item:  # neither port nor brackets
        return read_address(item)
    match = _WITH_PORT.fullmatch(item) or _BRACKETED.fullmatch(item)
    bare = next(filter(None, match.groups())) if match else item
    return read_address(bare) if _ADDRESS_LIKE.fullmatch(bare) else None


def is_public(address: Address) -> bool:
    """Return whether an address is public.

    `ipaddress` compares an address with some twenty networks one by one, which would take most of the time spent on an
    address. So the interval between the borders of these networks is found by bisection instead.
    """
    borders, verdicts = _INTERVALS[address.version]
    return verdicts[bisect_right(borders, int(address)) - 1]


def _intervals(kind: type[IPv4Address] | type[IPv6Address]) -> tuple[list[int], list[bool]]:
    """Return the first addresses of intervals that are public or not as a whole, and which they are."""
    networks = [network for network in map(ip_network, _SPECIAL.split()) if isinstance(network[0], kind)]
    ends = chain.from_iterable((int(network[0]), int(network[-1]) + 1) for network in networks)
    borders = sorted({0, *ends} - {1 << networks[0].max_prefixlen})
    return borders, [_is_public_by_definition(kind(border)) for border in borders]


def _is_public_by_definition(address: Address) -> bool:
    return address.is_global and not address.is_multicast


_INTERVALS: Final = {4: _intervals(IPv4Address), 6: _intervals(IPv6Address)}
