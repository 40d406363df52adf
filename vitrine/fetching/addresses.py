"""Which addresses may be connected to: those of the public web, and what the owner trusts.

An address is judged once it is resolved and before it is connected to, never by how a
URL spells it. Python's own `is_global` is no judge: it passes addresses that carry a
private one within them (NAT64, 6to4, IPv4-compatible), multicast and site-local ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

_PORTS = {"http": 80, "https": 443}
WEB_PORTS = frozenset(_PORTS.values())

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
class Endpoint:
    """A host, by the name that URLs call it by, and a port of it."""

    host: str
    port: int

    @classmethod
    def of(cls, host: str, port: int) -> Endpoint:
        """In the one form that endpoints are compared in."""
        return cls(host.lower().strip("[]").rstrip("."), port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in WEB_PORTS else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where requests may go: to addresses that the judge allows, on these ports (None: all).

    `trusted` are the endpoints that the owner has named: they may be anywhere.
    """

    allows: Judge = is_public
    ports: frozenset[int] | None = WEB_PORTS
    trusted: frozenset[Endpoint] = frozenset()

    def allowing(self, hosts: Iterable[str]) -> Reach:
        """With these endpoints trusted: each a ``HOST``, on the ports of the web, or ``HOST:PORT``.

        Raises ValueError for what is neither.
        """
        named = set[Endpoint]()
        for text in hosts:
            url = _parsed(f"http://{text}")
            if url is None or not url.host or url != Url("http", host=url.host, port=url.port):
                raise ValueError(f"{text!r} is no HOST or HOST:PORT")
            ports = WEB_PORTS if url.port is None else [url.port]
            named |= {Endpoint.of(url.host, port) for port in ports}
        return replace(self, trusted=self.trusted | named)

    def given(self, urls: Iterable[str]) -> Reach:
        """With what the owner shows to be meant who gives these addresses himself.

        That is their ports; and where a host can't be one of the public internet, because it
        is given as a private address or by a name of a local network, it is trusted on its
        port. A name that strangers could have registered is not, wherever it leads: their
        catalogue would then reach whatever they let it lead to.
        """
        reach = self
        for text in urls:
            url = _parsed(text)
            if url is None or not url.host or url.scheme not in _PORTS:
                continue
            port = _PORTS[url.scheme] if url.port is None else url.port
            if _is_local(url.host):
                reach = replace(reach, trusted=reach.trusted | {Endpoint.of(url.host, port)})
            elif reach.ports is not None:
                reach = replace(reach, ports=reach.ports | {port})
        return reach


PUBLIC_WEB = Reach()
"""For addresses that strangers wrote, in a gallery's form or in a catalogue."""

# What no name server of the internet answers for: RFC 6761, 6762, 8375, ICANN's `internal`, and
# what routers call their own networks.
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


def _is_local(host: str) -> bool:
    """Whether a host is given in a way that only means one of the owner's own network."""
    name = Endpoint.of(host, 0).host
    try:
        ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(_LOCAL_NAMES)
    return not is_public(name)


def _parsed(text: str) -> Url | None:
    try:
        return parse_url(text)
    except LocationParseError:
        return None
