"""What an owner trusts beyond the public web: the hosts that he allows, and those that he gives.

Name servers are played by a replaced `socket.getaddrinfo`; see `test_fetching_public.py`.
"""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.photo_server import PhotoServer, Reply, redirect
from vitrine.catalogue import CatalogueError
from vitrine.failures import REMEDIES, Failure, FailureCode
from vitrine.fetching import (
    PUBLIC_WEB,
    Endpoint,
    Fetched,
    Fetcher,
    FetchJob,
    FetchLimits,
    Outcome,
    Reach,
    Reference,
)
from vitrine.sources import read_source

TABLE = b"id,image_url\na,photo.jpg\n"


def fetch(url: str, reach: Reach = PUBLIC_WEB) -> Outcome:
    limits = FetchLimits(deadline_s=3, connect_s=1, silence_s=1, attempts=1, reach=reach)
    with Fetcher(limits) as fetcher:
        return fetcher.fetch(FetchJob(Reference(url))).outcome


def code(outcome: Outcome) -> FailureCode:
    assert isinstance(outcome, Failure), outcome
    return outcome.code


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name under .example leads to 127.0.0.1."""
    look_up = socket.getaddrinfo

    def resolve(host: str, *args: Any, **kwargs: Any) -> list[Any]:
        return look_up("127.0.0.1" if host.endswith(".example") else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_nothing_of_the_owners_network_is_fetched_unless_he_says_so(
    photo_server: PhotoServer,
) -> None:
    assert FetchLimits().reach is PUBLIC_WEB
    photo_server.replies["/a.jpg"] = Reply()
    assert code(fetch(photo_server.url("/a.jpg"))) == FailureCode.PORT
    assert code(fetch("http://127.0.0.1/a.jpg")) == FailureCode.PRIVATE_ADDRESS
    assert photo_server.connections == 0
    for refused in (FailureCode.PORT, FailureCode.PRIVATE_ADDRESS):
        assert "--allow-host HOST" in REMEDIES[refused]


def test_an_allowed_host_is_asked_on_its_port_and_no_other(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    url = photo_server.url("/a.jpg")
    reach = PUBLIC_WEB.allowing([f"127.0.0.1:{port_of(url)}"])
    assert isinstance(fetch(url, reach), Fetched)
    assert code(fetch("http://127.0.0.1/a.jpg", reach)) == FailureCode.PRIVATE_ADDRESS
    assert code(fetch("http://127.0.0.1:1/a.jpg", reach)) == FailureCode.PORT
    # The same machine by other names is not what was allowed.
    assert code(fetch(photo_server.url("/a.jpg", "localhost"), reach)) == FailureCode.PORT
    assert code(fetch(f"http://127.1:{port_of(url)}/a.jpg", reach)) == FailureCode.PORT


@pytest.mark.usefixtures("inside")
def test_a_name_is_allowed_in_any_case_and_with_its_final_dot(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    port = port_of(photo_server.url("/a.jpg"))
    reach = PUBLIC_WEB.allowing([f"NAS.example:{port}"])
    assert isinstance(fetch(f"http://nas.example:{port}/a.jpg", reach), Fetched)
    assert isinstance(fetch(f"http://Nas.Example.:{port}/a.jpg", reach), Fetched)
    assert code(fetch(f"http://other.example:{port}/a.jpg", reach)) == FailureCode.PORT


def test_a_host_allowed_without_a_port_has_those_of_the_web() -> None:
    reach = PUBLIC_WEB.allowing(["nas.lan", "[::1]:8000", "bücher.lan"])
    assert reach.trusted == {
        Endpoint("nas.lan", 80),
        Endpoint("nas.lan", 443),
        Endpoint("::1", 8000),
        Endpoint("xn--bcher-kva.lan", 80),
        Endpoint("xn--bcher-kva.lan", 443),
    }
    assert (reach.allows, reach.ports) == (PUBLIC_WEB.allows, PUBLIC_WEB.ports)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a b",
        "nas.lan/",
        "http://nas.lan",
        "me@nas.lan",
        "nas.lan:x",
        "nas.lan:99999",
        "nas.lan?",
        "nas.lan#x",
        "nas.lan\n",
        "[::1",
        "①②⑦.⓪.⓪.①",
    ],
)
def test_what_is_no_host_cannot_be_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="is no HOST or HOST:PORT"):
        PUBLIC_WEB.allowing([text])


def test_a_redirect_from_an_allowed_host_is_judged_by_itself(photo_server: PhotoServer) -> None:
    here, there = photo_server.url("/a.jpg"), photo_server.url("/b.jpg", "127.0.0.2")
    photo_server.replies["/a.jpg"] = redirect(there)
    photo_server.replies["/b.jpg"] = Reply()
    first = f"127.0.0.1:{port_of(here)}"
    assert code(fetch(here, PUBLIC_WEB.allowing([first]))) == FailureCode.PORT
    assert photo_server.counts == {"/a.jpg": 1}
    both = PUBLIC_WEB.allowing([first, f"127.0.0.2:{port_of(there)}"])
    assert isinstance(fetch(here, both), Fetched)


# --- What the owner gives himself ---------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://127.0.0.1:8765/a.csv", "127.0.0.1", 8765),
        ("http://192.168.1.5/a.csv", "192.168.1.5", 80),
        ("https://[fd00::5]/a.csv", "fd00::5", 443),
        ("http://localhost:8000/a.csv", "localhost", 8000),
        ("http://nas/a.csv", "nas", 80),
        ("http://NAS.local./a.csv", "nas.local", 80),
        ("http://feeds.shop.internal/a.csv", "feeds.shop.internal", 80),
        ("http://nas.home.arpa/a.csv", "nas.home.arpa", 80),
    ],
)
def test_a_host_that_can_only_be_the_owners_is_trusted_where_he_gives_it(
    url: str, host: str, port: int
) -> None:
    assert PUBLIC_WEB.given([url]).trusted == {Endpoint(host, port)}


@pytest.mark.parametrize(
    "given",
    [
        "https://shop.example/a.csv",
        "http://8.8.8.8/a.csv",
        "http://127.1/",
        "my/shop.csv",
        "nas:80",
        "ftp://nas/a.csv",
        "http://[::1/",
    ],
)
def test_no_name_that_a_stranger_may_own_is_trusted_and_nothing_that_is_no_url(given: str) -> None:
    assert PUBLIC_WEB.given([given]) == PUBLIC_WEB


def test_a_port_that_the_owner_gives_may_be_asked_and_its_host_is_judged() -> None:
    reach = PUBLIC_WEB.given(["https://shop.example:8443/a.csv"])
    assert reach.ports == frozenset({80, 443, 8443})
    assert not reach.trusted
    assert code(fetch("https://127.0.0.1:8443/", reach)) == FailureCode.PRIVATE_ADDRESS


def test_a_catalogue_on_the_owners_machine_needs_no_leave(photo_server: PhotoServer) -> None:
    photo_server.replies["/shop.csv"] = Reply(TABLE, content_type="text/csv")
    assert len(read_source(photo_server.url("/shop.csv")).products) == 1


def test_a_catalogue_is_not_led_from_there_to_another_host(photo_server: PhotoServer) -> None:
    photo_server.replies["/shop.csv"] = redirect(photo_server.url("/b.csv", "127.0.0.2"))
    photo_server.replies["/b.csv"] = Reply(TABLE, content_type="text/csv")
    with pytest.raises(CatalogueError, match="--allow-host HOST:PORT"):
        read_source(photo_server.url("/shop.csv"))
    assert photo_server.counts == {"/shop.csv": 1}


@pytest.mark.usefixtures("inside")
def test_a_catalogue_of_a_name_that_leads_inside_is_refused_until_it_is_allowed(
    photo_server: PhotoServer,
) -> None:
    photo_server.replies["/shop.csv"] = Reply(TABLE, content_type="text/csv")
    port = port_of(photo_server.url("/"))
    url = f"http://feeds.example:{port}/shop.csv"
    with pytest.raises(CatalogueError) as refused:
        read_source(url)
    assert f"feeds.example:{port} leads to 127.0.0.1, which is not public" in str(refused.value)
    assert "--allow-host HOST" in str(refused.value)
    assert photo_server.connections == 0
    reach = PUBLIC_WEB.allowing([f"feeds.example:{port}"])
    assert len(read_source(url, reach=reach).products) == 1
