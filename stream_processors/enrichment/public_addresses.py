"""Tells which addresses are public: globally reachable, as Python's `ipaddress` says, and not multicast.

`ipaddress` compares an address with some twenty networks, one by one, which takes longer than all the rest that is done
with an address. So it is asked once for each stretch between the ends of those networks, and a stretch is found by
halving.
"""

from bisect import bisect_right
from ipaddress import IPv4Address, IPv6Address, ip_network
from itertools import chain
from typing import Final

Address = IPv4Address | IPv6Address

# The special-purpose address registries (iana.org/assignments/iana-ipv4-special-registry, -ipv6-special-registry), and
# multicast. Which of these are public, Python decides; a test looks at all networks that it knows.
_SPECIAL: Final = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29 192.0.0.8/32"
    " 192.0.0.9/32 192.0.0.10/32 192.0.0.170/31 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24"
    " 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
    " 255.255.255.255/32"
    " ::/128 ::1/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32"
    " 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28"
    " 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8"
)


def is_public(address: Address) -> bool:
    """Tell whether an address is public."""
    borders, answers = _STRETCHES[address.version]
    return answers[bisect_right(borders, int(address)) - 1]


def _asked(address: Address) -> bool:
    return address.is_global and not address.is_multicast


def _stretches(kind: type[IPv4Address] | type[IPv6Address]) -> tuple[list[int], list[bool]]:
    """Return where stretches of addresses begin that are all public, or all not, and which they are."""
    networks = [each for each in map(ip_network, _SPECIAL.split()) if isinstance(each[0], kind)]
    ends = chain.from_iterable((int(each[0]), int(each[-1]) + 1) for each in networks)
    borders = sorted({0, *ends} - {1 << networks[0].max_prefixlen})
    return borders, [_asked(kind(border)) for border in borders]


_STRETCHES: Final = {4: _stretches(IPv4Address), 6: _stretches(IPv6Address)}
