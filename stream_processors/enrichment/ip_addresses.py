"""Decides which address a customer came from: the first public one that `customer_ip_address` names.

The text is an address or a list of them, as proxies write it ("a, b"). A port and a zone are stripped, and an IPv4
address mapped into IPv6 is that IPv4 address. Public means globally reachable (`ipaddress` says so) and not multicast.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, NamedTuple

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text
from stream_processors.enrichment.public_addresses import Address, is_public

# Bits of an address that its network has, by the version of the protocol: those that truncating keeps.
PREFIXES: Final = {4: 24, 6: 48}

_WITH_PORT: Final = re.compile(r"(?:([0-9.]+)|\[([^\[\]]+)\]):[0-9]{1,5}")
_BRACKETED: Final = re.compile(r"\[([^\[\]]+)\]")
_LIKE_AN_ADDRESS: Final = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:%[^%/\s]+)?")


class StatedAddresses(NamedTuple):
    """What a text says of addresses."""

    # The first public address of the text, as `ipaddress` writes it, None when it names none.
    public: str | None

    # Whether the text names an address of any kind, or says nothing at all (blank or `unknown`).
    is_readable: bool

    # The networks (/24 and /48) of the addresses of the text in place of them; '' when it names none.
    truncated: str


@cached_by_text(maxsize=16_384)
def addresses_of(text: str) -> StatedAddresses:
    """Return what the text says of addresses."""
    addresses = list(_addresses(text))
    public = next((str(each) for each in addresses if is_public(each)), None)
    is_readable = bool(addresses) or trim(text).casefold() in ("", "unknown")
    return StatedAddresses(public, is_readable, ", ".join(str(first_of_network(each)) for each in addresses))


def network_of(address: Address) -> int:
    """Return the number that the bits of an address's network make."""
    return int(address) >> address.max_prefixlen - PREFIXES[address.version]


def first_of_network(address: Address) -> Address:
    """Return the first address of an address's network, which is what truncating makes of it."""
    return type(address)(network_of(address) << address.max_prefixlen - PREFIXES[address.version])


def _addresses(text: str) -> Iterator[Address]:
    for item in text.split(","):
        address = _read(trim(item))
        if address is not None:
            yield address


@lru_cache(maxsize=16_384)
def read_address(bare: str) -> Address | None:
    """Return the address that a text without port and brackets is, None when it is none."""
    try:
        if ":" not in bare:
            return IPv4Address(bare)
        address = IPv6Address(bare.partition("%")[0])
    except AddressValueError:
        return None
    return address.ipv4_mapped or address


def _read(item: str) -> Address | None:
    """Read one item of a list, without its port and its zone."""
    if ":" not in item:  # neither port nor brackets
        return read_address(item)
    stated = _WITH_PORT.fullmatch(item) or _BRACKETED.fullmatch(item)
    bare = next(filter(None, stated.groups())) if stated else item
    return read_address(bare) if _LIKE_AN_ADDRESS.fullmatch(bare) else None
