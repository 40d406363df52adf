"""Which addresses are of the public web: each special range, from just inside and just outside."""

from __future__ import annotations

import socket

import pytest

from vitrine.fetching import PUBLIC_WEB, is_public

# First and last address inside, then the neighbours outside. None: the neighbour is of
# another special range, or there is none.
RANGES = {
    "this host, 0/8": ("0.0.0.0", "0.255.255.255", None, "1.0.0.0"),
    "private, 10/8": ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
    "shared, 100.64/10": ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
    "loopback, 127/8": ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
    "a cloud's host": ("168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
    "link-local": ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
    "private, 172.16/12": ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
    "protocols": ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
    "documentation 1": ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
    "6to4 relays": ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
    "private, 192.168/16": ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
    "benchmarks": ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
    "documentation 2": ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
    "documentation 3": ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
    "multicast": ("224.0.0.0", "239.255.255.255", "223.255.255.255", None),
    "reserved": ("240.0.0.0", "255.255.255.255", None, None),
    "all before what is handed out": ("::", "1fff:ffff:ffff::ffff", None, "2000::"),
    "IPv6 protocols": ("2001::", "2001:1ff:ffff::ffff", "2000:ffff:ffff::ffff", "2001:200::"),
    "IPv6 documentation": (
        "2001:db8::",
        "2001:db8:ffff:ffff::ffff",
        "2001:db7:ffff:ffff::ffff",
        "2001:db9::",
    ),
    "6to4": ("2002::", "2002:ffff:ffff::ffff", "2001:ffff:ffff::ffff", "2003::"),
    "an old test network": ("3ffe::", "3ffe:ffff:ffff::ffff", "3ffd:ffff:ffff::ffff", None),
    "IPv6 documentation 2": ("3fff::", "3fff:fff:ffff::ffff", None, "3fff:1000::"),
    "all after what is handed out": ("4000::", "ffff::ffff", "3fff:ffff:ffff::ffff", None),
}


@pytest.mark.parametrize("edges", RANGES.values(), ids=RANGES)
def test_a_special_range_ends_where_it_ends(edges: tuple[str | None, ...]) -> None:
    first, last, before, after = edges
    assert not is_public(first)
    assert not is_public(last)
    for neighbour in filter(None, (before, after)):
        assert is_public(neighbour), neighbour


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",  # metadata of most clouds
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::",
        "::1",
        "::127.0.0.1",  # IPv4-compatible
        "::8.8.8.8",
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",  # discarded
        "2001:0:7f00:1::",  # Teredo
        "2002:7f00:1::",  # 6to4
        "2002:808:808::1",
        "5f00::1",  # segment routing
        "fc00::1",  # unique-local
        "fdff::1",
        "fe80::1",  # link-local
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "febf::1",
        "fec0::1",  # site-local
        "ff02::1",  # multicast
        "ff0e::1",
        "255.255.255.255",
        "224.0.0.1",
    ],
)
def test_what_hides_a_private_address_or_is_no_unicast_one_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450::1", "2400:cb00::1"],
)
def test_an_address_of_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "8.8.8", "08.8.8.8", "8.8.8.8:80", "[::1]", "x"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize(
    "spelt", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "①②⑦.⓪.⓪.①", "127。0。0。1"]
)
def test_no_spelling_of_loopback_is_public_once_it_is_resolved(spelt: str) -> None:
    found = socket.getaddrinfo(spelt, 80, type=socket.SOCK_STREAM)
    assert found
    assert not any(is_public(str(address[0])) for *_, address in found)


def test_the_public_web_is_public_addresses_on_the_two_ports_of_the_web() -> None:
    assert PUBLIC_WEB.allows is is_public
    assert PUBLIC_WEB.ports == frozenset({80, 443})
    assert not PUBLIC_WEB.trusted
