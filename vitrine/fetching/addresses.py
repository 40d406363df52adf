"""Which addresses may be connected to: any at all, or those of the public web alone.

An address is judged once it is resolved and before it is connected to, never by how a
URL spells it. Python's own `is_global` is no judge: it passes addresses that carry a
private one within them (NAT64, 6to4, IPv4-compatible), multicast and site-local ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Judge = Callable[[str], bool]
"""Whether a resolved address, as text, may be connected to."""

# The IPv4 half of IANA's special-purpose registry, less what anyone can reach.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared with a provider's customers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # looks public, and is the metadata host of a cloud
        "169.254.0.0/16",  # link-local, with other clouds' metadata hosts
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

# Of IPv6 only this has been handed out for unicast. Outside of it lie loopback, NAT64,
# IPv4-mapped and -compatible, unique-local, link-local, site-local and multicast.
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, with Teredo, which carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3ffe::/16",  # a test network that is no more
        "3fff::/20",  # documentation
    )
)


def is_public(address: str) -> bool:
    """Whether a resolved address is a unicast one that anyone on the internet can reach.

    What is no plain address, such as one with a zone, is not.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_4)
    return _is_public_6(parsed)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _PUBLIC_6:
        return False
    return not any(address in network for network in _NOT_PUBLIC_6)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where requests may go: to addresses that the judge allows, on these ports (None: all)."""

    allows: Judge
    ports: frozenset[int] | None = None


ANYWHERE = Reach(allows=lambda _: True)
"""Wherever the owner's catalogue leads, the owner's own network included."""

PUBLIC_WEB = Reach(allows=is_public, ports=frozenset({80, 443}))
"""For addresses that strangers wrote."""
