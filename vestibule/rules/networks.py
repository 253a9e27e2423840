"""Networks: how many addresses count as one visitor. Whoever has one address of IPv6 has a whole /64 to choose from."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def of(address: str) -> str:
    """The network of an address: its /24, or its /64 with IPv6. Empty when this is no address.

    An IPv4 address that is written as one of IPv6 (RFC 4291, section 2.5.5.2) counts as what it is.
    """
    found = _read(address)
    if found is None:
        return ""
    return str(ip_network(f"{found}/{24 if isinstance(found, IPv4Address) else 64}", strict=False))


def is_loopback(address: str) -> bool:
    """Whether the address is the machine's own."""
    found = _read(address)
    return found is not None and found.is_loopback


def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
