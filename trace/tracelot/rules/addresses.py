"""Which addresses of the network an endpoint may have that somebody else named: public ones, and no other."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Clouds tell a machine its secrets at these; the other such addresses are link-local or private anyway.
METADATA = frozenset(
    {IPv4Address("168.63.129.16"), IPv4Address("100.100.100.200"), IPv4Address("192.0.0.192")}
)
# An IPv4 address is hidden in these, and a router on the way takes it out again; the last was for sites alone.
WRAPPED = tuple(
    map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10"))
)


def is_public(text: str) -> bool:
    """Whether a numeric address is one that anybody on the internet could reach."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (
        address.ipv4_mapped is not None or any(address in network for network in WRAPPED)
    ):
        return False
    closed = address.is_multicast or address.is_unspecified or address.is_loopback or address.is_link_local
    return address.is_global and not closed and not address.is_reserved and address not in METADATA
