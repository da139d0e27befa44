"""Who asks: one client is one address, as limits by client count it. Addresses are never logged."""

import ipaddress
from typing import Final

from starlette.types import Scope

# An IPv6 customer has a network of this size, and would otherwise be as many clients as it likes.
IPV6_PREFIX: Final = 64


def client_of(scope: Scope) -> str:
    """Return the client of a request: its IPv4 address or its IPv6 network; all of unknown address are one."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
