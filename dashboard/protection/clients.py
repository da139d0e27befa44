"""The client of a request, for limits by client: one IP address or network. Addresses are never logged."""

import ipaddress
from typing import Final

from starlette.types import Scope

# An IPv6 customer owns a network of this size and could otherwise appear as many clients.
IPV6_PREFIX: Final = 64


def client_of(scope: Scope) -> str:
    """Return the client of a request: its IPv4 address or IPv6 network; clients without an address are one."""
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
