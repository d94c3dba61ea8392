"""Which numeric addresses are those of the public internet: for all that connects to a name it was given."""

import ipaddress

# Beyond what `is_global` refuses: 6to4 and NAT64 carry an IPv4 address inside, which may be a private one.
_WRAPPERS = (
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("2001::/32"),
)


def is_public(address: str) -> bool:
    """Say whether a numeric address is one of the public internet.

    Loopback, private, carrier-grade NAT (100.64/10), link-local, multicast, reserved and "this network"
    addresses are not, nor are IPv6 forms that wrap an IPv4 address.

    >>> is_public("93.184.216.34"), is_public("100.64.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if any(found in network for network in _WRAPPERS) or found.is_site_local:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)
