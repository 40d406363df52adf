"""Fetching what strangers wrote: addresses are judged where they are connected to, each time.

Name servers are played by a replaced `socket.getaddrinfo`, as a real one would be another
machine. Judging, connecting and the server are real.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from tests.photo_server import PHOTO, PhotoServer, Reply, redirect
from vitrine.failures import REMEDIES, Failure, FailureCode
from vitrine.fetching import (
    PUBLIC_WEB,
    Fetched,
    Fetcher,
    FetchJob,
    FetchLimits,
    Outcome,
    Reach,
    Reference,
    is_public,
    resolve,
)

STRICT = FetchLimits(
    deadline_s=3.0, connect_s=1.0, silence_s=1.0, attempts=2, backoff_s=0.02, reach=PUBLIC_WEB
)

# 127.0.0.2 stands for a public host; everything else is judged as it is.
ONE_HOST = replace(
    STRICT, reach=Reach(lambda address: address == "127.0.0.2" or is_public(address), ports=None)
)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Name → its addresses at each look-up; the last answer stays. Other names are looked up."""
    known: dict[str, list[list[str]]] = {}
    look_up = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        answers = known.get(host)
        if answers is None:
            return look_up(host, port, *args, **kwargs)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [one for a in addresses for one in look_up(a, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a socket of the fetcher tries to connect to."""
    tried: list[Any] = []
    connect = socket.socket.connect

    def note(self: socket.socket, address: Any) -> None:
        if threading.current_thread().name == "fetch":
            tried.append(address[0])
        connect(self, address)

    monkeypatch.setattr("vitrine.fetching.connection._PlainSocket.connect", note, raising=False)
    return tried


def fetch(url: str, limits: FetchLimits = STRICT) -> Outcome:
    with Fetcher(limits) as fetcher:
        return fetcher.fetch(FetchJob(Reference(url))).outcome


def code(outcome: object) -> FailureCode:
    assert isinstance(outcome, Failure), outcome
    return outcome.code


def at(server: PhotoServer, path: str, name: str) -> str:
    """The server at 127.0.0.2 by another name."""
    port = urlsplit(server.url(path, host="127.0.0.2")).port
    return f"http://{name}:{port}{path}"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fd00:ec2::254]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fec0::1]",
        "[ff02::1]",
        "100.64.0.1",
        "192.88.99.1",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_a_private_host_is_refused_however_it_is_spelt(host: str, connected: list[Any]) -> None:
    outcome = fetch(f"http://{host}/a.jpg")
    assert code(outcome) == FailureCode.PRIVATE_ADDRESS
    assert connected == []
    assert FailureCode.PRIVATE_ADDRESS in REMEDIES


def test_a_link_local_address_with_a_zone_is_not_connected_to(connected: list[Any]) -> None:
    outcome = fetch("http://[fe80::1%25lo]/a.jpg")
    assert code(outcome) == FailureCode.BAD_URL
    assert connected == []


def test_the_message_names_host_and_address(names: dict[str, list[list[str]]]) -> None:
    names["wiki.intranet.example"] = [["10.1.2.3"]]
    outcome = fetch("http://wiki.intranet.example/a.jpg")
    assert isinstance(outcome, Failure)
    assert outcome.message == (
        "http://wiki.intranet.example/a.jpg: "
        "wiki.intranet.example leads to 10.1.2.3, which is not public"
    )


@pytest.mark.parametrize("url", ["http://127.0.0.1#@good.example/", "http://localhost/?@good"])
def test_what_follows_the_host_is_not_the_host(url: str) -> None:
    assert code(fetch(url)) == FailureCode.PRIVATE_ADDRESS


@pytest.mark.parametrize(
    "url",
    [
        "http://①②⑦.⓪.⓪.①/a.jpg",
        "http://127。0。0。1/a.jpg",
        "http://１２７.0.0.1/a.jpg",
        "http://good.example@127.0.0.1/a.jpg",
        "http://127.0.0.1\\@good.example/a.jpg",
        "http://good.example\\@127.0.0.1/a.jpg",
        "http://127.0.0.1\x00.good.example/a.jpg",
        "http://good.example\r\n@127.0.0.1/a.jpg",
        "http://good.example/a.jpg\r\nHost: 127.0.0.1",
        "http://good.example\t/a.jpg",
        "http://127.0.0.1:99999/a.jpg",
        "http://127.0.0.1:80:443/a.jpg",
        "http://[::ffff:127.0.0.1/a.jpg",
    ],
)
def test_what_parsers_disagree_on_is_no_url_at_all(url: str, connected: list[Any]) -> None:
    assert code(fetch(url)) == FailureCode.BAD_URL
    assert connected == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "ftp://127.0.0.1/a",
        "data:,a",
        "javascript:alert(1)",
        "//127.0.0.1/a.jpg",
    ],
)
def test_other_schemes_are_asked_for_nothing(url: str, connected: list[Any]) -> None:
    refused = resolve(url, Path("/nowhere"))
    assert code(refused) == FailureCode.BAD_URL
    assert connected == []


@pytest.mark.parametrize("port", [22, 25, 6379, 5000, 8080])
def test_only_the_ports_of_the_web_are_asked(port: int, connected: list[Any]) -> None:
    outcome = fetch(f"http://8.8.8.8:{port}/a.jpg")
    assert code(outcome) == FailureCode.PORT
    assert f"port {port}, and only 80 and 443 are asked" in outcome.message
    assert connected == []


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["127.0.0.1", "127.0.0.2"],
        ["127.0.0.2", "127.0.0.1"],
        ["127.0.0.2", "::1"],
        ["127.0.0.2", "64:ff9b::7f00:1"],
    ],
)
def test_one_private_address_among_a_hosts_spoils_them_all(
    photo_server: PhotoServer, names: dict[str, list[list[str]]], answer: list[str]
) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    names["photos.example"] = [answer]
    url = at(photo_server, "/a.jpg", "photos.example")
    assert code(fetch(url, ONE_HOST)) == FailureCode.PRIVATE_ADDRESS
    assert photo_server.connections == 0


def test_a_host_is_asked_at_the_address_that_was_judged_under_its_own_name(
    photo_server: PhotoServer, names: dict[str, list[list[str]]], connected: list[Any]
) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    # A second look-up, for connecting, would lead elsewhere.
    names["photos.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    outcome = fetch(at(photo_server, "/a.jpg", "photos.example"), ONE_HOST)
    assert isinstance(outcome, Fetched)
    assert outcome.body == PHOTO
    assert connected == ["127.0.0.2"]
    assert photo_server.seen[0].host == "photos.example"


def test_over_tls_the_judged_address_has_to_prove_the_name_that_was_asked_for(
    names: dict[str, list[list[str]]], connected: list[Any], tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("photos.example").configure_cert(context)
    asked_for: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked_for.append(name)
    names["photos.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    names["others.example"] = [["127.0.0.2"]]
    with (
        PhotoServer(tls=context) as server,
        Fetcher(ONE_HOST, authorities=tmp_path / "authority.pem") as fetcher,
    ):
        server.replies["/a.jpg"] = Reply()
        port = urlsplit(server.url("", "127.0.0.2")).port
        job = FetchJob(Reference(f"https://photos.example:{port}/a.jpg"))
        assert isinstance(fetcher.fetch(job).outcome, Fetched)
        other = FetchJob(Reference(f"https://others.example:{port}/a.jpg"))
        assert code(fetcher.fetch(other).outcome) == FailureCode.TLS
    assert [seen.host for seen in server.seen] == ["photos.example"]
    assert asked_for == ["photos.example", "others.example"]
    assert connected == ["127.0.0.2", "127.0.0.2"]


def test_every_connection_is_judged_anew(
    photo_server: PhotoServer, names: dict[str, list[list[str]]]
) -> None:
    photo_server.replies["/a.jpg"] = Reply(no_length=True)  # the connection ends with it
    names["photos.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    job = FetchJob(Reference(at(photo_server, "/a.jpg", "photos.example")))
    with Fetcher(ONE_HOST) as fetcher:
        assert isinstance(fetcher.fetch(job).outcome, Fetched)
        assert code(fetcher.fetch(job).outcome) == FailureCode.PRIVATE_ADDRESS
    assert photo_server.counts["/a.jpg"] == 1


def test_a_connection_used_again_is_still_the_judged_one(
    photo_server: PhotoServer, names: dict[str, list[list[str]]]
) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    names["photos.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    job = FetchJob(Reference(at(photo_server, "/a.jpg", "photos.example")))
    with Fetcher(ONE_HOST) as fetcher:
        for _ in range(3):
            assert isinstance(fetcher.fetch(job).outcome, Fetched)
    assert photo_server.connections == 1


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://127.0.0.1:{port}/b.jpg", FailureCode.PRIVATE_ADDRESS),
        ("http://localhost:{port}/b.jpg", FailureCode.PRIVATE_ADDRESS),
        ("//127.0.0.1:{port}/b.jpg", FailureCode.PRIVATE_ADDRESS),
        ("http://[::1]:{port}/b.jpg", FailureCode.PRIVATE_ADDRESS),
        ("http://inside.example:{port}/b.jpg", FailureCode.PRIVATE_ADDRESS),
        ("http://good@127.0.0.1:{port}/b.jpg", FailureCode.BAD_URL),
        ("file:///etc/passwd", FailureCode.BAD_URL),
    ],
)
def test_a_redirect_is_judged_like_the_first_address(
    photo_server: PhotoServer,
    names: dict[str, list[list[str]]],
    target: str,
    expected: FailureCode,
) -> None:
    inside = urlsplit(photo_server.url("/b.jpg")).port
    names["photos.example"] = [["127.0.0.2"]]
    names["inside.example"] = [["127.0.0.1"]]
    photo_server.replies["/a.jpg"] = redirect(target.format(port=inside))
    photo_server.replies["/b.jpg"] = Reply()
    assert code(fetch(at(photo_server, "/a.jpg", "photos.example"), ONE_HOST)) == expected
    assert photo_server.counts == {"/a.jpg": 1}


def test_a_redirect_to_another_port_is_refused(
    photo_server: PhotoServer, names: dict[str, list[list[str]]]
) -> None:
    names["photos.example"] = [["127.0.0.2"]]
    url = at(photo_server, "/a.jpg", "photos.example")
    port = urlsplit(url).port
    assert port is not None
    photo_server.replies["/a.jpg"] = redirect("http://photos.example:6379/b.jpg")
    reach = replace(ONE_HOST.reach, ports=frozenset({port}))
    assert code(fetch(url, replace(ONE_HOST, reach=reach))) == FailureCode.PORT


def test_a_relative_redirect_on_a_public_host_is_followed(
    photo_server: PhotoServer, names: dict[str, list[list[str]]]
) -> None:
    names["photos.example"] = [["127.0.0.2"]]
    photo_server.replies["/a.jpg"] = redirect("/b.jpg")
    photo_server.replies["/b.jpg"] = Reply()
    assert isinstance(fetch(at(photo_server, "/a.jpg", "photos.example"), ONE_HOST), Fetched)


def test_a_private_address_is_not_tried_twice(names: dict[str, list[list[str]]]) -> None:
    # A second attempt would be let through.
    names["photos.example"] = [["10.0.0.1"], ["127.0.0.2"]]
    assert code(fetch("http://photos.example/a.jpg", ONE_HOST)) == FailureCode.PRIVATE_ADDRESS


def test_a_name_without_any_address_is_a_failure(names: dict[str, list[list[str]]]) -> None:
    names["photos.example"] = [[]]
    assert code(fetch("http://photos.example/a.jpg")) == FailureCode.DNS


def test_no_proxy_of_the_environment_goes_around_the_judge(
    photo_server: PhotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, photo_server.url(""))
        monkeypatch.setenv(name.upper(), photo_server.url(""))
    assert code(fetch("http://10.0.0.1/a.jpg")) == FailureCode.PRIVATE_ADDRESS
    assert code(fetch("https://10.0.0.1/a.jpg")) == FailureCode.PRIVATE_ADDRESS
    assert photo_server.connections == 0


def test_a_name_server_that_never_answers_does_not_outlast_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, answered = threading.Event(), threading.Event()

    def never(*_: Any, **__: Any) -> list[Any]:
        asked.set()
        answered.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    began = time.monotonic()
    outcome = fetch("http://photos.example/a.jpg", replace(STRICT, deadline_s=0.3))
    elapsed = time.monotonic() - began
    answered.set()
    assert asked.is_set()
    assert code(outcome) == FailureCode.TIMEOUT
    assert elapsed < 1.5
