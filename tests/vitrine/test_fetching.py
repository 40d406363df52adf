"""Fetching, against a real server on loopback. Nothing here asks any other machine."""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import brotli
import pytest
import trustme

from tests.photo_server import LOOPBACK, PHOTO, PhotoServer, Reply, Seen, redirect
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import (
    Fetched,
    Fetcher,
    FetchJob,
    FetchLimits,
    NotModified,
    Outcome,
    Reference,
    Validators,
    resolve,
)

QUICK = FetchLimits(
    deadline_s=3.0,
    connect_s=1.0,
    silence_s=1.0,
    max_bytes=100_000,
    attempts=3,
    backoff_s=0.02,
    reach=LOOPBACK,
)
ONCE = replace(QUICK, attempts=1)


def job(url: str, validators: Validators | None = None) -> FetchJob:
    return FetchJob(Reference(url), validators)


def fetch(
    location: str, limits: FetchLimits = QUICK, validators: Validators | None = None
) -> Outcome:
    with Fetcher(limits) as fetcher:
        return fetcher.fetch(job(location, validators)).outcome


def code(outcome: object) -> FailureCode:
    assert isinstance(outcome, Failure), outcome
    assert "\n" not in outcome.message
    return outcome.code


def outcomes(urls: Iterable[str], limits: FetchLimits = QUICK) -> dict[str, Outcome]:
    with Fetcher(limits) as fetcher:
        results = list(fetcher.fetch_all(job(url) for url in urls))
    return {result.job.reference.location: result.outcome for result in results}


def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# --- Where a photo is ---------------------------------------------------------------


def test_an_absolute_url_stays_as_it_is(tmp_path: Path) -> None:
    url = "https://photos.example/a/b.jpg?size=2&sig=a%2Fb%3D"
    assert resolve(url, tmp_path) == Reference(url)
    assert Reference(url).is_url


@pytest.mark.parametrize(
    ("written", "asked_for"),
    [
        ("http://h.example/a photo é.jpg", "http://h.example/a%20photo%20%C3%A9.jpg"),
        ("http://h.example/100%.jpg", "http://h.example/100%25.jpg"),
        (" HTTP://H.example/a%20b.jpg\n", "http://h.example/a%20b.jpg"),
        ("https://bücher.example/x.jpg", "https://xn--bcher-kva.example/x.jpg"),
    ],
)
def test_what_no_url_may_hold_is_percent_encoded(
    written: str, asked_for: str, tmp_path: Path
) -> None:
    assert resolve(written, tmp_path) == Reference(asked_for)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "ftp://h.example/a.jpg",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "//h.example/a.jpg",
        "http://",
        "http:a.jpg",
        "http:///a.jpg",
        "http://h.example:99999/",
        "http://user@h.example/",
        "http://user:word@h.example/",
        "http://h.example\\@other.example/",
        "http://h.example/a\r\nX-Header: b",
        "http://h.example/a\x00b",
        "http://①②⑦.⓪.⓪.①/",
        "a\x00b.jpg",
        "a%00b.jpg",
        "x" * 5000,
    ],
)
def test_an_unusable_reference_is_a_bad_url(written: str, tmp_path: Path) -> None:
    assert code(resolve(written, tmp_path)) == FailureCode.BAD_URL


@pytest.mark.parametrize(
    "written",
    [
        "../secret.jpg",
        "photos/../../secret.jpg",
        "..\\secret.jpg",
        "%2e%2e/secret.jpg",
        "..%2fsecret.jpg",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "\\\\server\\share\\a.jpg",
        "C:\\photos\\a.jpg",
        "c:/photos/a.jpg",
    ],
)
def test_a_path_never_leads_out_of_the_catalogues_folder(written: str, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(PHOTO)
    base = tmp_path / "catalogue"
    base.mkdir()
    assert code(resolve(written, base)) == FailureCode.OUTSIDE_CATALOGUE


def test_a_symbolic_link_may_lead_about_the_folder_but_not_out_of_it(tmp_path: Path) -> None:
    base = tmp_path / "catalogue"
    base.mkdir()
    (tmp_path / "secret.jpg").write_bytes(PHOTO)
    (base / "a.jpg").write_bytes(PHOTO)
    (base / "inside.jpg").symlink_to(base / "a.jpg")
    (base / "outside.jpg").symlink_to(tmp_path / "secret.jpg")
    (base / "folder").symlink_to(tmp_path)
    (base / "circle.jpg").symlink_to(base / "circle.jpg")
    assert resolve("inside.jpg", base) == Reference(str(base / "a.jpg"))
    assert code(resolve("outside.jpg", base)) == FailureCode.OUTSIDE_CATALOGUE
    assert code(resolve("folder/secret.jpg", base)) == FailureCode.OUTSIDE_CATALOGUE
    assert code(resolve("circle.jpg", base)) == FailureCode.BAD_URL


@pytest.mark.parametrize(
    ("on_disk", "written"),
    [
        ("photos/a.jpg", "photos/a.jpg"),
        ("photos/a.jpg", "./photos/../photos/a.jpg"),
        ("photos/a.jpg", "photos\\a.jpg"),
        ("a photo é.jpg", "a photo é.jpg"),
        ("a photo é.jpg", "a%20photo%20%C3%A9.jpg"),
        ("100%25.jpg", "100%25.jpg"),
        ("100%.jpg", "100%.jpg"),
    ],
)
def test_a_relative_path_is_a_file_name_or_its_percent_encoding(
    on_disk: str, written: str, tmp_path: Path
) -> None:
    file = tmp_path / on_disk
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(PHOTO)
    reference = resolve(written, tmp_path)
    assert reference == Reference(str(file))
    assert not reference.is_url


def test_a_message_quotes_no_more_than_the_beginning_of_a_huge_url(tmp_path: Path) -> None:
    failure = resolve("data:image/png;base64," + "A" * 100_000, tmp_path)
    assert isinstance(failure, Failure)
    assert len(failure.message) < 300


# --- Local files --------------------------------------------------------------------


def test_a_local_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(PHOTO)
    first = fetch(str(file))
    assert isinstance(first, Fetched)
    assert first.body == PHOTO
    assert fetch(str(file), validators=first.validators) == NotModified()

    file.write_bytes(PHOTO[::-1])
    os.utime(file, ns=(1, 1))
    second = fetch(str(file), validators=first.validators)
    assert isinstance(second, Fetched)
    assert second.body == PHOTO[::-1]


def test_a_local_photo_that_cannot_be_had_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "large.jpg").write_bytes(bytes(QUICK.max_bytes + 1))
    (tmp_path / "fits.jpg").write_bytes(bytes(QUICK.max_bytes))
    os.mkfifo(tmp_path / "pipe.jpg")
    assert code(fetch(str(tmp_path / "missing.jpg"))) == FailureCode.NO_FILE
    assert code(fetch(str(tmp_path))) == FailureCode.NO_FILE
    assert code(fetch(str(tmp_path / "pipe.jpg"))) == FailureCode.NO_FILE
    assert code(fetch(str(tmp_path / "empty.jpg"))) == FailureCode.EMPTY
    assert code(fetch(str(tmp_path / "large.jpg"))) == FailureCode.TOO_LARGE
    assert isinstance(fetch(str(tmp_path / "fits.jpg")), Fetched)


# --- The answer ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply", [Reply(), Reply(chunked=True), Reply(no_length=True)], ids=["plain", "chunked", "open"]
)
def test_a_photo_arrives_whole(photo_server: PhotoServer, reply: Reply) -> None:
    photo_server.replies["/a%20b.jpg"] = reply
    outcome = fetch(photo_server.url("/a%20b.jpg"))
    assert isinstance(outcome, Fetched)
    assert outcome.body == PHOTO


def test_a_request_says_who_asks_and_for_what(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply(headers={"Set-Cookie": "who=you"})
    with Fetcher(QUICK) as fetcher:
        fetcher.fetch(job(photo_server.url("/a.jpg")))
        fetcher.fetch(job(photo_server.url("/a.jpg")))
    _, second = photo_server.requests("/a.jpg")
    assert second.headers["User-Agent"].startswith("Vitrine/")
    assert "Mozilla" not in second.headers["User-Agent"]
    assert second.headers["Accept"] == "image/*"
    assert "Cookie" not in second.headers


def test_nothing_in_the_environment_changes_a_request(
    photo_server: PhotoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert isinstance(fetch(photo_server.url("/a.jpg")), Fetched)
    assert "Authorization" not in photo_server.seen[0].headers


def test_an_unchanged_photo_is_not_sent_again(photo_server: PhotoServer) -> None:
    photo_server.replies["/etag.jpg"] = Reply(etag='"one"')
    photo_server.replies["/date.jpg"] = Reply(last_modified="Wed, 21 Oct 2015 07:28:00 GMT")
    for path in ("/etag.jpg", "/date.jpg"):
        first = fetch(photo_server.url(path))
        assert isinstance(first, Fetched)
        assert fetch(photo_server.url(path), validators=first.validators) == NotModified()
    photo_server.replies["/etag.jpg"] = Reply(PHOTO[::-1], etag='"two"')
    changed = fetch(photo_server.url("/etag.jpg"), validators=Validators(etag='"one"'))
    assert changed == Fetched(PHOTO[::-1], Validators(etag='"two"'))


def test_a_folder_is_served_with_validators_and_without_a_way_out(
    photo_server: PhotoServer, tmp_path: Path
) -> None:
    photo_server.folder = tmp_path / "photos"
    photo_server.folder.mkdir()
    (photo_server.folder / "a b.jpg").write_bytes(PHOTO)
    (tmp_path / "secret.jpg").write_bytes(PHOTO)
    outcome = fetch(photo_server.url("/a%20b.jpg"))
    assert isinstance(outcome, Fetched)
    assert outcome.validators.etag
    assert code(fetch(photo_server.url("/%2e%2e%2fsecret.jpg"))) == FailureCode.HTTP_404


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, FailureCode.HTTP_401),
        (403, FailureCode.HTTP_403),
        (404, FailureCode.HTTP_404),
        (410, FailureCode.HTTP_410),
        (418, FailureCode.HTTP_4XX),
        (304, FailureCode.HTTP_4XX),
        (204, FailureCode.EMPTY),
    ],
)
def test_a_refusal_has_its_code_and_is_not_asked_twice(
    photo_server: PhotoServer, status: int, expected: FailureCode
) -> None:
    photo_server.replies["/a.jpg"] = Reply(b"", status)
    url = photo_server.url("/a.jpg")
    outcome = fetch(url)
    assert code(outcome) == expected
    assert isinstance(outcome, Failure)
    assert url in outcome.message
    assert photo_server.counts["/a.jpg"] == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "text/html; charset=utf-8",
        "application/json",
        "video/mp4",
        "image/png, text/html",
    ],
)
def test_an_answer_that_says_it_is_no_image_is_not_downloaded(
    photo_server: PhotoServer, content_type: str
) -> None:
    photo_server.replies["/a.jpg"] = Reply(
        bytes(100_000), content_type=content_type, no_length=True, endless=True
    )
    assert code(fetch(photo_server.url("/a.jpg"), replace(QUICK, max_bytes=10**9))) == (
        FailureCode.NOT_AN_IMAGE
    )
    assert photo_server.counts["/a.jpg"] == 1


@pytest.mark.parametrize(
    "content_type", [None, "application/octet-stream", "text/plain", "image/x"]
)
def test_a_content_type_that_says_nothing_is_left_to_the_decoder(
    photo_server: PhotoServer, content_type: str | None
) -> None:
    photo_server.replies["/a.jpg"] = Reply(content_type=content_type)
    assert isinstance(fetch(photo_server.url("/a.jpg")), Fetched)


@pytest.mark.parametrize("reply", [Reply(b""), Reply(b"", chunked=True)], ids=["plain", "chunked"])
def test_an_answer_without_a_byte_is_empty(photo_server: PhotoServer, reply: Reply) -> None:
    photo_server.replies["/a.jpg"] = reply
    assert code(fetch(photo_server.url("/a.jpg"))) == FailureCode.EMPTY


# --- How much -----------------------------------------------------------------------

LARGE = bytes(QUICK.max_bytes + 1)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(LARGE),
        Reply(LARGE, no_length=True),
        Reply(LARGE, chunked=True),
        Reply(PHOTO, content_length=10**12),
        Reply(bytes(50_000), chunked=True, endless=True),
        Reply(bytes(50_000), no_length=True, endless=True),
    ],
    ids=["true length", "no length", "chunked", "huge length", "endless chunks", "endless"],
)
def test_a_body_over_the_limit_is_refused_however_it_comes(
    photo_server: PhotoServer, reply: Reply
) -> None:
    photo_server.replies["/a.jpg"] = reply
    assert code(fetch(photo_server.url("/a.jpg"))) == FailureCode.TOO_LARGE
    assert photo_server.counts["/a.jpg"] == 1


def test_a_body_of_just_the_limit_is_taken(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply(bytes(QUICK.max_bytes))
    assert isinstance(fetch(photo_server.url("/a.jpg")), Fetched)


def squeezed(name: str, body: bytes) -> bytes:
    """As a host would send it that calls it `name` in Content-Encoding."""
    if name == "br":
        return brotli.compress(body, quality=3)
    if name == "deflate":
        return zlib.compress(body)
    for _ in name.split(", "):
        body = gzip.compress(body)
    return body


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("name", ["gzip", "gzip, gzip", "deflate", "br"])
def test_a_bomb_is_refused_before_it_fills_the_memory(
    photo_server: PhotoServer, chunked: bool, name: str
) -> None:
    bomb = squeezed(name, bytes(50_000_000))
    assert len(bomb) < QUICK.max_bytes
    photo_server.replies["/a.jpg"] = Reply(
        bomb, chunked=chunked, headers={"Content-Encoding": name}
    )
    tracemalloc.start()
    try:
        outcome = fetch(photo_server.url("/a.jpg"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert code(outcome) == FailureCode.TOO_LARGE
    assert peak < 5_000_000


def test_a_compressed_body_is_decompressed(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply(
        gzip.compress(PHOTO), headers={"Content-Encoding": "gzip"}
    )
    photo_server.replies["/b.jpg"] = Reply(PHOTO, headers={"Content-Encoding": "gzip"})
    outcome = fetch(photo_server.url("/a.jpg"))
    assert isinstance(outcome, Fetched)
    assert outcome.body == PHOTO
    assert code(fetch(photo_server.url("/b.jpg"))) == FailureCode.NOT_AN_IMAGE


@pytest.mark.parametrize(
    "reply",
    [
        Reply(content_length=len(PHOTO) + 10),
        Reply(cut_after=100),
        Reply(cut_after=100, chunked=True),
    ],
    ids=["lying length", "early close", "early close in chunks"],
)
def test_a_body_that_ends_early_is_truncated(photo_server: PhotoServer, reply: Reply) -> None:
    photo_server.replies["/a.jpg"] = reply
    assert code(fetch(photo_server.url("/a.jpg"), ONCE)) == FailureCode.TRUNCATED
    photo_server.replies["/b.jpg"] = [reply, Reply()]
    assert isinstance(fetch(photo_server.url("/b.jpg")), Fetched)


def test_a_length_that_is_too_small_spoils_no_other_photo(photo_server: PhotoServer) -> None:
    photo_server.replies["/short.jpg"] = Reply(content_length=10)
    photo_server.replies["/a.jpg"] = Reply()
    with Fetcher(replace(QUICK, per_host=1)) as fetcher:
        short = fetcher.fetch(job(photo_server.url("/short.jpg"))).outcome
        following = fetcher.fetch(job(photo_server.url("/a.jpg"))).outcome
    assert short == Fetched(PHOTO[:10], Validators())
    assert following == Fetched(PHOTO, Validators())


# --- How long -----------------------------------------------------------------------

HURRIED = replace(ONCE, deadline_s=1.0, silence_s=0.8)
SOON = 15.0  # seconds: more than a busy machine makes of one, and less than what is not waited for

SLOW_REPLIES = {
    "late": Reply(delay_s=30),
    "slow drip of the head": Reply(drip_head_s=0.05),
    "slow drip of the body": Reply(drip_body_s=0.05),
    "slow drip in chunks": Reply(drip_body_s=0.05, chunked=True),
}


@pytest.mark.parametrize("reply", SLOW_REPLIES.values(), ids=SLOW_REPLIES)
def test_no_slowness_evades_the_deadline(photo_server: PhotoServer, reply: Reply) -> None:
    photo_server.replies["/a.jpg"] = reply
    began = time.monotonic()
    assert code(fetch(photo_server.url("/a.jpg"), HURRIED)) == FailureCode.TIMEOUT
    assert time.monotonic() - began < SOON


def test_the_deadline_spans_all_attempts(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply(drip_head_s=0.05)
    limits = replace(HURRIED, attempts=50, silence_s=0.2)
    began = time.monotonic()
    assert code(fetch(photo_server.url("/a.jpg"), limits)) == FailureCode.TIMEOUT
    assert time.monotonic() - began < SOON


def test_silence_is_cut_short_and_asked_again(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = [Reply(delay_s=30), Reply()]
    began = time.monotonic()
    assert isinstance(fetch(photo_server.url("/a.jpg"), replace(QUICK, silence_s=0.3)), Fetched)
    assert time.monotonic() - began < SOON


def test_a_slow_photo_within_the_deadline_arrives(photo_server: PhotoServer) -> None:
    # Longer than a slice of waiting and than the silence allowed, taken together.
    photo_server.replies["/a.jpg"] = Reply(b"x" * 4, drip_body_s=0.3)
    outcome = fetch(photo_server.url("/a.jpg"), replace(ONCE, silence_s=0.6))
    assert isinstance(outcome, Fetched)
    assert outcome.body == b"xxxx"


# --- Attempts -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_passing_trouble_is_asked_again(photo_server: PhotoServer, status: int) -> None:
    photo_server.replies["/a.jpg"] = [Reply(b"", status), Reply(b"", status), Reply()]
    assert isinstance(fetch(photo_server.url("/a.jpg")), Fetched)
    assert photo_server.counts["/a.jpg"] == 3


def test_a_lasting_trouble_is_given_up_after_the_last_attempt(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply(b"", 503)
    photo_server.replies["/b.jpg"] = Reply(b"", 429)
    assert code(fetch(photo_server.url("/a.jpg"))) == FailureCode.HTTP_5XX
    assert code(fetch(photo_server.url("/b.jpg"))) == FailureCode.HTTP_429
    assert photo_server.counts == {"/a.jpg": 3, "/b.jpg": 3}


def in_a_second() -> str:
    # Dates have whole seconds: this is one to two seconds from now.
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("as_a_date", [False, True])
def test_retry_after_is_honoured(photo_server: PhotoServer, as_a_date: bool) -> None:
    pause = in_a_second() if as_a_date else "1"
    photo_server.replies["/a.jpg"] = [Reply(b"", 503, headers={"Retry-After": pause}), Reply()]
    began = time.monotonic()
    assert isinstance(fetch(photo_server.url("/a.jpg")), Fetched)
    assert 0.9 < time.monotonic() - began < SOON


@pytest.mark.parametrize("pause", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT", "9" * 400])
def test_a_pause_beyond_the_deadline_is_not_waited_for(
    photo_server: PhotoServer, pause: str
) -> None:
    photo_server.replies["/a.jpg"] = Reply(b"", 429, headers={"Retry-After": pause})
    photo_server.replies["/b.jpg"] = Reply()
    with Fetcher(QUICK) as fetcher:
        began = time.monotonic()
        assert code(fetcher.fetch(job(photo_server.url("/a.jpg"))).outcome) == FailureCode.HTTP_429
        # The whole host has asked for it, so its other photos are left alone as well.
        assert code(fetcher.fetch(job(photo_server.url("/b.jpg"))).outcome) == FailureCode.HTTP_429
        assert time.monotonic() - began < SOON
    assert photo_server.counts == {"/a.jpg": 1}


@pytest.mark.parametrize("pause", ["soon", "-5", ""])
def test_a_senseless_retry_after_is_ignored(photo_server: PhotoServer, pause: str) -> None:
    photo_server.replies["/a.jpg"] = [Reply(b"", 503, headers={"Retry-After": pause}), Reply()]
    assert isinstance(fetch(photo_server.url("/a.jpg")), Fetched)


def test_pauses_that_add_up_beyond_the_deadline_are_not_waited_for(
    photo_server: PhotoServer,
) -> None:
    photo_server.replies["/a.jpg"] = Reply(b"", 503, headers={"Retry-After": "1"})
    limits = replace(QUICK, deadline_s=1.5)
    assert code(fetch(photo_server.url("/a.jpg"), limits)) == FailureCode.HTTP_5XX
    assert photo_server.counts["/a.jpg"] == 2


@pytest.mark.parametrize(
    "limits",
    [replace(QUICK, per_host=1), replace(QUICK, workers=1)],
    ids=["waiting for the host", "waiting for a worker"],
)
def test_retry_after_holds_back_the_hosts_other_photos_and_no_other_host(
    photo_server: PhotoServer, limits: FetchLimits
) -> None:
    photo_server.replies["/busy.jpg"] = [
        Reply(b"", 429, headers={"Retry-After": "1"}, delay_s=0.1),
        Reply(),
    ]
    photo_server.replies["/a.jpg"] = Reply()
    busy, same = photo_server.url("/busy.jpg"), photo_server.url("/a.jpg")
    other = photo_server.url("/a.jpg", host="127.0.0.2")
    arrived: dict[str, float] = {}
    began = time.monotonic()
    with Fetcher(limits) as fetcher:
        for result in fetcher.fetch_all([job(busy), job(same), job(other)]):
            assert isinstance(result.outcome, Fetched)
            arrived[result.job.reference.location] = time.monotonic() - began
    assert arrived[other] < 0.9
    assert arrived[same] > 1


# --- Redirects ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(photo_server: PhotoServer, status: int) -> None:
    photo_server.replies["/a.jpg"] = redirect("photos/b é.jpg", status)
    photo_server.replies["/photos/b%20%C3%A9.jpg"] = Reply()
    assert isinstance(fetch(photo_server.url("/a.jpg")), Fetched)


def test_redirects_are_followed_up_to_the_limit(photo_server: PhotoServer) -> None:
    for hop in range(4):
        photo_server.replies[f"/{hop}.jpg"] = redirect(f"/{hop + 1}.jpg")
    photo_server.replies["/4.jpg"] = Reply()
    url = photo_server.url("/0.jpg")
    assert isinstance(fetch(url, replace(QUICK, max_redirects=4)), Fetched)
    assert code(fetch(url, replace(QUICK, max_redirects=3))) == FailureCode.TOO_MANY_REDIRECTS


def test_a_redirect_in_a_circle_ends(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = redirect(photo_server.url("/b.jpg", host="127.0.0.2"))
    photo_server.replies["/b.jpg"] = redirect(photo_server.url("/a.jpg"))
    urls = [photo_server.url("/a.jpg"), photo_server.url("/b.jpg", host="127.0.0.2")]
    # With one turn a host, errands that kept a turn and waited for another would lock up.
    found = outcomes(urls, replace(QUICK, per_host=1))
    assert {code(outcome) for outcome in found.values()} == {FailureCode.TOO_MANY_REDIRECTS}


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.jpg",
        "data:image/png;base64,AAAA",
        "http://user:word@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
    ],
)
def test_a_redirect_to_what_is_never_fetched_is_a_bad_url(
    photo_server: PhotoServer, target: str
) -> None:
    photo_server.replies["/a.jpg"] = redirect(target)
    assert code(fetch(photo_server.url("/a.jpg"))) == FailureCode.BAD_URL


def test_the_body_of_a_redirect_is_not_downloaded(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = replace(
        redirect("/b.jpg"), body=bytes(100_000), no_length=True, endless=True
    )
    photo_server.replies["/b.jpg"] = Reply()
    assert isinstance(fetch(photo_server.url("/a.jpg")), Fetched)
    assert photo_server.sent_bytes["/a.jpg"] < 20_000_000


# --- Hosts --------------------------------------------------------------------------


def test_each_host_is_asked_for_a_few_photos_at_once(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply(delay_s=0.05)
    hosts = ["127.0.0.1", "localhost", "127.0.0.2"]
    urls = [f"{photo_server.url('/a.jpg', host)}?{n}" for host in hosts for n in range(12)]
    for url in urls:
        photo_server.replies["/a.jpg?" + url.partition("?")[2]] = Reply(delay_s=0.05)
    found = outcomes(urls, replace(QUICK, workers=9, per_host=3))
    assert all(isinstance(outcome, Fetched) for outcome in found.values())
    assert photo_server.peaks == dict.fromkeys(hosts, 3)


def unchanged(server: PhotoServer, delay_s: float) -> list[str]:
    """Paths of photos that are the same as ever, each answered after so many seconds."""
    paths = [f"/{number}.jpg" for number in range(60)]
    server.replies.update(dict.fromkeys(paths, Reply(etag='"old"', delay_s=delay_s)))
    return paths


def asked_again(server: PhotoServer, paths: list[str], limits: FetchLimits) -> list[Outcome]:
    """What comes of asking for photos that were had with the ETag "old"."""
    known = Validators(etag='"old"')
    with Fetcher(limits) as fetcher:
        jobs = [job(server.url(path), known) for path in paths]
        return [result.outcome for result in fetcher.fetch_all(jobs)]


def test_a_host_where_nothing_has_changed_is_asked_four_times_as_much_at_once(
    photo_server: PhotoServer,
) -> None:
    paths = unchanged(photo_server, delay_s=0.05)
    found = asked_again(photo_server, paths, replace(QUICK, workers=20, per_host=2))
    assert found == [NotModified()] * 60
    assert photo_server.peaks["127.0.0.1"] == 8
    assert photo_server.connections == 8


def test_a_host_where_all_has_changed_is_asked_no_more_at_once(photo_server: PhotoServer) -> None:
    paths = [f"/{number}.jpg" for number in range(20)]
    photo_server.replies.update(dict.fromkeys(paths, Reply(etag='"new"', delay_s=0.02)))
    found = asked_again(photo_server, paths, replace(QUICK, workers=20, per_host=2))
    assert [type(outcome) for outcome in found] == [Fetched] * 20
    assert photo_server.peaks["127.0.0.1"] == 2


def test_a_host_that_gets_into_trouble_is_asked_as_little_as_at_first(
    photo_server: PhotoServer,
) -> None:
    paths = unchanged(photo_server, delay_s=0.05)
    photo_server.replies["/20.jpg"] = [Reply(b"", 503, delay_s=0.05), Reply(etag='"old"')]
    answer, waiting = photo_server.answer, []

    def note(seen: Seen) -> None:
        waiting.append(photo_server.waiting[seen.host])
        answer(seen)

    photo_server.answer = note  # type: ignore[method-assign]
    found = asked_again(photo_server, paths, replace(QUICK, workers=20, per_host=2))
    assert found == [NotModified()] * 60
    assert max(waiting[:20]) == 8
    assert max(waiting[30:]) == 2


def test_a_host_with_one_bad_moment_is_not_given_up_for_all_that_was_under_way(
    photo_server: PhotoServer,
) -> None:
    paths = unchanged(photo_server, delay_s=0.02)
    for path in paths[30:36]:
        photo_server.replies[path] = [Reply(delay_s=30), Reply(etag='"old"')]
    limits = replace(QUICK, workers=20, per_host=2, give_up_after=3, silence_s=0.3)
    assert asked_again(photo_server, paths, limits) == [NotModified()] * 60


def test_workers_bound_the_requests_over_all_hosts(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply(delay_s=0.05)
    urls = [photo_server.url("/a.jpg", host) for host in ("127.0.0.1", "localhost", "127.0.0.2")]
    outcomes([url for url in urls for _ in range(10)], replace(QUICK, workers=2, per_host=2))
    assert sum(photo_server.peaks.values()) <= 6
    assert photo_server.peak_overall == 2


def test_a_host_that_is_redirected_to_is_spared_as_well(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = redirect(photo_server.url("/b.jpg", host="127.0.0.2"))
    photo_server.replies["/b.jpg"] = Reply(delay_s=0.05)
    urls = [photo_server.url("/a.jpg", host) for host in ("127.0.0.1", "localhost")]
    outcomes([url for url in urls for _ in range(6)], replace(QUICK, per_host=2))
    assert photo_server.counts["/b.jpg"] == 12
    assert photo_server.peaks["127.0.0.2"] == 2


def test_a_slow_host_does_not_hold_up_the_others(photo_server: PhotoServer) -> None:
    photo_server.replies["/slow.jpg"] = Reply(delay_s=30)
    photo_server.replies["/a.jpg"] = Reply()
    slow = [photo_server.url("/slow.jpg")] * 100
    others = [photo_server.url("/a.jpg", host="127.0.0.2")] * 50
    began = time.monotonic()
    with Fetcher(replace(QUICK, workers=4, per_host=2, silence_s=30)) as fetcher:
        results = fetcher.fetch_all(job(url) for url in slow + others)
        arrived = [next(results) for _ in others]
        results.close()  # type: ignore[attr-defined]
    assert all(result.job.reference.location == others[0] for result in arrived)
    assert time.monotonic() - began < SOON


def test_connections_are_used_again(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply(etag='"one"')
    photo_server.replies["/gone.jpg"] = Reply(b"gone", 404)
    with Fetcher(QUICK) as fetcher:
        for _ in range(5):
            fetcher.fetch(job(photo_server.url("/a.jpg")))
            fetcher.fetch(job(photo_server.url("/a.jpg"), Validators(etag='"one"')))
            fetcher.fetch(job(photo_server.url("/gone.jpg")))
    assert photo_server.connections == 1


def test_a_dead_host_is_given_up_after_seconds(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    port = unused_port()
    dead = [f"http://localhost:{port}/{n}.jpg" for n in range(500)]
    alive = photo_server.url("/a.jpg")
    began = time.monotonic()
    found = outcomes([*dead, alive])
    assert time.monotonic() - began < SOON
    assert isinstance(found[alive], Fetched)
    codes = Counter(code(found[url]) for url in dead)
    assert set(codes) == {FailureCode.CONNECT, FailureCode.HOST_DOWN}
    assert codes[FailureCode.HOST_DOWN] > 480


def test_a_host_without_a_name_is_given_up_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups = []

    def no_such_host(host: str, *_: Any, **__: Any) -> None:
        lookups.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # A real look-up would ask a name server, which is another machine.
    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    patient = replace(QUICK, deadline_s=30)
    found = outcomes((f"http://photos.example/{n}.jpg" for n in range(100)), patient)
    codes = Counter(code(outcome) for outcome in found.values())
    assert set(codes) == {FailureCode.DNS, FailureCode.HOST_DOWN}
    assert len(lookups) < 20


def test_a_host_that_takes_connections_and_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        urls = [f"http://127.0.0.1:{silent.getsockname()[1]}/{n}.jpg" for n in range(100)]
        began = time.monotonic()
        found = outcomes(urls, replace(QUICK, silence_s=0.2, attempts=2, give_up_after=5))
        assert time.monotonic() - began < SOON
    codes = Counter(code(outcome) for outcome in found.values())
    assert set(codes) <= {FailureCode.TIMEOUT, FailureCode.HOST_DOWN}
    assert codes[FailureCode.HOST_DOWN] > 80


def test_one_answer_shows_that_a_host_is_alive(photo_server: PhotoServer) -> None:
    photo_server.replies["/hangs-up.jpg"] = Reply(delay_s=30)
    photo_server.replies["/gone.jpg"] = Reply(b"", 404)
    with Fetcher(replace(ONCE, silence_s=0.3, give_up_after=2)) as fetcher:
        for _ in range(2):
            fetcher.fetch(job(photo_server.url("/hangs-up.jpg")))
            assert code(fetcher.fetch(job(photo_server.url("/gone.jpg"))).outcome) == (
                FailureCode.HTTP_404
            )


def test_what_is_not_http_is_a_failure_too() -> None:
    assert code(fetch(f"http://127.0.0.1:{unused_port()}/a.jpg", ONCE)) == FailureCode.CONNECT
    assert code(fetch(f"http://{'x' * 70}.example/a.jpg", ONCE)) == FailureCode.DNS
    assert code(fetch("http://user@127.0.0.1/a.jpg", ONCE)) == FailureCode.BAD_URL


# --- Taking results -----------------------------------------------------------------


def test_every_job_has_one_result(photo_server: PhotoServer, tmp_path: Path) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    jobs = [job(photo_server.url("/a.jpg"))] * 30 + [job(str(tmp_path / "a.jpg"))] * 30
    jobs += [job(photo_server.url("/404"))] * 30 + [job("ftp://h.example/a.jpg")] * 30
    with Fetcher(QUICK) as fetcher:
        results = list(fetcher.fetch_all(jobs))
    assert Counter(result.job for result in results) == Counter(jobs)


def test_a_slow_consumer_halts_the_fetching(photo_server: PhotoServer) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    with Fetcher(replace(QUICK, workers=2)) as fetcher:
        results = fetcher.fetch_all([job(photo_server.url("/a.jpg"))] * 200)
        next(results)
        time.sleep(0.5)
        assert photo_server.counts["/a.jpg"] <= 6
        assert sum(1 for _ in results) == 199


def test_jobs_are_taken_in_the_consumers_thread_and_a_fault_in_them_is_theirs(
    photo_server: PhotoServer,
) -> None:
    photo_server.replies["/a.jpg"] = Reply()

    def jobs() -> Iterator[FetchJob]:
        yield job(photo_server.url("/a.jpg"))
        raise LookupError("the ledger is gone")

    with Fetcher(QUICK) as fetcher, pytest.raises(LookupError):
        list(fetcher.fetch_all(jobs()))


def test_stopping_early_hangs_up_at_once(photo_server: PhotoServer) -> None:
    photo_server.replies["/slow.jpg"] = Reply(delay_s=0.05, drip_body_s=0.05)
    photo_server.replies["/a.jpg"] = Reply()
    slow = [job(photo_server.url("/slow.jpg"))] * 50
    began = time.monotonic()
    with Fetcher(replace(QUICK, deadline_s=60)) as fetcher:
        for _ in fetcher.fetch_all([job(photo_server.url("/a.jpg")), *slow]):
            break
        assert time.monotonic() - began < SOON
        # The same fetcher goes on working for the next one who asks.
        assert isinstance(fetcher.fetch(job(photo_server.url("/a.jpg"))).outcome, Fetched)
    assert time.monotonic() - began < SOON
    asked = photo_server.counts["/slow.jpg"]
    deadline = time.monotonic() + 2
    while any(photo_server.under_way.values()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(photo_server.under_way.values())
    assert photo_server.counts["/slow.jpg"] == asked


def test_ctrl_c_ends_a_run_promptly(photo_server: PhotoServer) -> None:
    photo_server.replies["/slow.jpg"] = Reply(delay_s=30)
    photo_server.replies["/a.jpg"] = Reply()
    program = f"""
from tests.photo_server import LOOPBACK
from vitrine.fetching import Fetcher, FetchJob, FetchLimits, Reference
urls = ["{photo_server.url("/a.jpg")}"] + ["{photo_server.url("/slow.jpg")}"] * 20
with Fetcher(FetchLimits(reach=LOOPBACK)) as fetcher:
    for result in fetcher.fetch_all(FetchJob(Reference(url)) for url in urls):
        print("one is there", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "one is there\n"
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert time.monotonic() - began < SOON
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert errors.count("Traceback") == 1


# --- TLS ----------------------------------------------------------------------------


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[PhotoServer]:
    """A photo server over https; its authority is in `authority.pem` under `tmp_path`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with PhotoServer(tls=context) as server:
        yield server


def test_a_photo_comes_over_https_from_a_trusted_host_only(
    tls_server: PhotoServer, tmp_path: Path
) -> None:
    tls_server.replies["/a.jpg"] = Reply()
    with Fetcher(QUICK, authorities=tmp_path / "authority.pem") as fetcher:
        assert isinstance(fetcher.fetch(job(tls_server.url("/a.jpg"))).outcome, Fetched)
        other_name = tls_server.url("/a.jpg", host="127.0.0.2")
        assert code(fetcher.fetch(job(other_name)).outcome) == FailureCode.TLS
    assert code(fetch(tls_server.url("/a.jpg"))) == FailureCode.TLS
    assert tls_server.counts["/a.jpg"] == 1


@pytest.mark.parametrize("reply", SLOW_REPLIES.values(), ids=SLOW_REPLIES)
def test_no_slowness_evades_the_deadline_over_https(
    tls_server: PhotoServer, tmp_path: Path, reply: Reply
) -> None:
    tls_server.replies["/a.jpg"] = reply
    with Fetcher(HURRIED, authorities=tmp_path / "authority.pem") as fetcher:
        began = time.monotonic()
        outcome = fetcher.fetch(job(tls_server.url("/a.jpg"))).outcome
    assert code(outcome) == FailureCode.TIMEOUT
    assert tls_server.counts["/a.jpg"] == 1
    assert time.monotonic() - began < SOON


def test_a_handshake_that_never_comes_is_a_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/a.jpg"
        began = time.monotonic()
        assert code(fetch(url, HURRIED)) == FailureCode.TIMEOUT
        assert time.monotonic() - began < SOON


def test_a_redirect_from_https_to_http_is_refused(
    tls_server: PhotoServer, photo_server: PhotoServer, tmp_path: Path
) -> None:
    tls_server.replies["/a.jpg"] = redirect(photo_server.url("/a.jpg"))
    photo_server.replies["/a.jpg"] = redirect(tls_server.url("/b.jpg"))
    tls_server.replies["/b.jpg"] = Reply()
    with Fetcher(QUICK, authorities=tmp_path / "authority.pem") as fetcher:
        assert code(fetcher.fetch(job(tls_server.url("/a.jpg"))).outcome) == FailureCode.BAD_URL
        upwards = fetcher.fetch(job(photo_server.url("/a.jpg"))).outcome
    assert isinstance(upwards, Fetched)


# --- What is hardly HTTP ------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

HARDLY_HTTP = {
    "nothing": (b"", FailureCode.CONNECT),
    "something else": (b"SSH-2.0-OpenSSH_9.9\r\n", FailureCode.CONNECT),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", FailureCode.CONNECT),
    "status 999": (b"HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", FailureCode.HTTP_5XX),
    "a long status": (b"HTTP/1.1 200 " + b"x" * 200_000, FailureCode.CONNECT),
    "a long header": (HEAD + b"X: " + b"x" * 200_000, FailureCode.CONNECT),
    "many headers": (HEAD + b"X: y\r\n" * 1000 + b"\r\n", FailureCode.CONNECT),
    "two lengths": (
        HEAD + b"Content-Length: 3\r\nContent-Length: 9\r\n\r\nabc",
        FailureCode.CONNECT,
    ),
    "a length of words": (HEAD + b"Content-Length: many\r\n\r\n", FailureCode.EMPTY),
    "a negative length": (HEAD + b"Content-Length: -7\r\n\r\n", FailureCode.EMPTY),
    "a length of 400 digits": (
        HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n",
        FailureCode.TOO_LARGE,
    ),
    "a length of 9,000 digits": (
        HEAD + b"Content-Length: " + b"9" * 9000 + b"\r\n\r\n",
        FailureCode.EMPTY,
    ),
    "a chunk of words": (CHUNKED + b"zz\r\nabc", FailureCode.TRUNCATED),
    "a negative chunk": (CHUNKED + b"-5\r\nabc", FailureCode.TRUNCATED),
    "a chunk to the end": (CHUNKED + b"-1\r\nabc", FailureCode.TRUNCATED),
    "a long size of a chunk": (CHUNKED + b"1" * 200_000, FailureCode.TRUNCATED),
    "gzip a hundred times": (
        HEAD + b"Content-Encoding: " + b"gzip, " * 99 + b"gzip\r\nContent-Length: 3\r\n\r\nabc",
        FailureCode.NOT_AN_IMAGE,
    ),
    "a redirect to bytes": (
        b"HTTP/1.1 302 x\r\nLocation: http://\xff/\r\n\r\n",
        FailureCode.BAD_URL,
    ),
    "a redirect to nothing": (
        b"HTTP/1.1 302 x\r\nLocation: \r\n\r\n",
        FailureCode.TOO_MANY_REDIRECTS,
    ),
}


@contextlib.contextmanager
def sending(head: bytes, endless: bytes = b"") -> Iterator[str]:
    """The address of a host that answers with these bytes, whatever it is asked."""

    def answer(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(head)
                    while endless:
                        connection.sendall(endless)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=[listener], daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/a.jpg"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(("sent", "expected"), HARDLY_HTTP.values(), ids=HARDLY_HTTP)
def test_what_is_hardly_http_is_a_failure_like_any_other(
    sent: bytes, expected: FailureCode
) -> None:
    with sending(sent) as url:
        assert code(fetch(url, ONCE)) == expected


ENDLESS = {
    "a chunk of as much as comes": (CHUNKED + b"-1\r\n", bytes(50_000), FailureCode.TOO_LARGE),
    "a line after the last chunk": (CHUNKED + b"0\r\n", b"x" * 50_000, FailureCode.TRUNCATED),
    "lines after the last chunk": (CHUNKED + b"0\r\n", b"X: y\r\n" * 9999, FailureCode.TOO_LARGE),
    "heads before the head": (
        b"",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 2000,
        FailureCode.CONNECT,
    ),
}


@pytest.mark.parametrize(("head", "more", "expected"), ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_fills_neither_the_memory_nor_the_time(
    head: bytes, more: bytes, expected: FailureCode
) -> None:
    tracemalloc.start()
    try:
        with sending(head, more) as url:
            # So much time that only the bytes can end it: else the code is another.
            assert code(fetch(url, replace(ONCE, deadline_s=60))) == expected
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_a_validator_that_no_request_can_have_fails_its_photo_alone(
    photo_server: PhotoServer,
) -> None:
    url = photo_server.url("/a.jpg")
    outcome = fetch(url, validators=Validators(etag='"a\nHost: b"'))
    assert isinstance(outcome, Failure)
    assert not photo_server.seen
