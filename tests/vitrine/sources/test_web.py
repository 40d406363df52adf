"""A catalogue at a URL, on a real server."""

from __future__ import annotations

import pytest

from tests.photo_server import Reply, redirect
from vitrine.catalogue import CatalogueError
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Reference, resolve
from vitrine.sources import read_source, web

CSV = b"ProductId,ImageURL\n1,photos/1.jpg\n2,http://other.example/2.jpg\n"


@pytest.mark.parametrize("content_type", ["text/csv; charset=utf-8", "text/plain", None])
def test_a_csv_at_a_url_is_read_and_its_photos_are_beside_it(photo_server, content_type):
    photo_server.replies["/feed/shop.csv?key=1"] = Reply(CSV, content_type=content_type)
    url = photo_server.url("/feed/shop.csv?key=1")
    catalogue = read_source(url)
    assert (catalogue.name, catalogue.location) == ("shop.csv", url)
    assert catalogue.base == photo_server.url("/feed/")
    assert [resolve(p.image_url, catalogue.base) for p in catalogue.products] == [
        Reference(photo_server.url("/feed/photos/1.jpg")),
        Reference("http://other.example/2.jpg"),
    ]
    (seen,) = photo_server.seen
    assert seen.headers["Accept"].startswith("text/csv")


def test_json_lines_at_a_url_are_read_too(photo_server):
    body = b'{"id": 1, "image": "a.jpg"}\n'
    photo_server.replies["/"] = [redirect("/x"), Reply(body)]
    photo_server.replies["/x"] = Reply(body, content_type="application/json")
    catalogue = read_source(photo_server.url("/"))
    assert catalogue.kind == "a file of JSON lines"
    assert catalogue.base == photo_server.url("/")


BASE = "https://shop.example/feed/"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("a b.jpg", "a%20b.jpg"),
        ("p\\1.jpg", "p/1.jpg"),
        ("/feed/p/1.jpg", "p/1.jpg"),
        ("x/../1.jpg", "1.jpg"),
        ("photo?id=1", "photo?id=1"),
        ("@other.example/1.jpg", "@other.example/1.jpg"),
    ],
)
def test_a_relative_reference_stays_in_the_catalogues_folder(text, url):
    assert resolve(text, BASE) == Reference(BASE + url)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("../secret.jpg", FailureCode.OUTSIDE_CATALOGUE),
        ("%2e%2e/secret.jpg", FailureCode.OUTSIDE_CATALOGUE),
        ("x/..%2f..%2f../secret.jpg", FailureCode.OUTSIDE_CATALOGUE),
        ("x/%5c..%5c..%5csecret.jpg", FailureCode.OUTSIDE_CATALOGUE),
        ("/etc/passwd", FailureCode.OUTSIDE_CATALOGUE),
        ("/feedback/1.jpg", FailureCode.OUTSIDE_CATALOGUE),
        ("C:\\photos\\1.jpg", FailureCode.OUTSIDE_CATALOGUE),
        (".", FailureCode.OUTSIDE_CATALOGUE),
        ("//other.example/1.jpg", FailureCode.BAD_URL),
        ("\\\\other.example\\1.jpg", FailureCode.OUTSIDE_CATALOGUE),
        ("file:///etc/passwd", FailureCode.BAD_URL),
        ("a\x00b.jpg", FailureCode.BAD_URL),
        ("///[/1.jpg", FailureCode.BAD_URL),
    ],
)
def test_no_relative_reference_leads_to_another_host_or_folder_or_to_a_file(text, code):
    refused = resolve(text, BASE)
    assert isinstance(refused, Failure)
    assert refused.code is code


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=404), r"HTTP 404 Not Found: correct the address\."),
        (Reply(b"<html>", content_type="text/html"), r"it is text/html: give the address of the"),
        (Reply(b"", content_type="text/csv"), r"no bytes: ask its owner"),
        (Reply(CSV, content_type="image/png"), r"it is image/png"),
    ],
)
def test_a_catalogue_that_cannot_be_had_says_why_and_what_to_do(photo_server, reply, words):
    photo_server.replies["/shop.csv"] = reply
    with pytest.raises(CatalogueError, match=f"cannot be had. {photo_server.url('/')}.*{words}"):
        read_source(photo_server.url("/shop.csv"))


def test_a_catalogue_without_an_end_is_given_up(photo_server, monkeypatch):
    monkeypatch.setattr(web, "MAX_BYTES", 100_000)
    photo_server.replies["/"] = Reply(CSV, content_type="text/csv", endless=True, no_length=True)
    with pytest.raises(CatalogueError, match=r"more than 100,000 bytes: fetch it yourself"):
        read_source(photo_server.url("/"))


def test_a_url_that_is_none_says_so():
    with pytest.raises(CatalogueError, match="a URL with a user name in it: correct the address"):
        read_source("https://me:secret@shop.example/shop.csv")
    with pytest.raises(CatalogueError, match="a URL without a host"):
        read_source("http://")
