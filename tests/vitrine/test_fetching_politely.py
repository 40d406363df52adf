"""What hosts are spared, where the owner wants it: a delay between requests, and robots.txt."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.photo_server import LOOPBACK, PhotoServer, Reply, Seen, redirect
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Fetched, Fetcher, FetchJob, FetchLimits, Outcome, Reference

PLAIN = FetchLimits(deadline_s=3, silence_s=1, attempts=2, backoff_s=0.01, reach=LOOPBACK)
OBEDIENT = replace(PLAIN, obeys_robots=True)


def outcomes(urls: list[str], limits: FetchLimits = OBEDIENT) -> dict[str, Outcome]:
    with Fetcher(limits) as fetcher:
        results = list(fetcher.fetch_all(FetchJob(Reference(url)) for url in urls))
    return {result.job.reference.location: result.outcome for result in results}


def code(outcome: Outcome) -> FailureCode | None:
    return outcome.code if isinstance(outcome, Failure) else None


def rules(text: str) -> Reply:
    return Reply(text.encode(), content_type="text/plain")


def test_without_a_delay_and_robots_neither_is_minded(photo_server: PhotoServer) -> None:
    photo_server.replies["/robots.txt"] = rules("User-agent: *\nDisallow: /\n")
    paths = [f"/{number}.jpg" for number in range(9)]
    photo_server.replies.update({path: Reply() for path in paths})
    found = outcomes([photo_server.url(path) for path in paths], PLAIN)
    assert [type(outcome) for outcome in found.values()] == [Fetched] * 9
    assert photo_server.counts["/robots.txt"] == 0


def test_a_delay_lies_between_any_two_requests_of_one_host_and_of_no_other(
    photo_server: PhotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_server.replies["/a.jpg"] = Reply()
    arrivals: dict[str, list[float]] = {"127.0.0.1": [], "127.0.0.2": []}
    answer = photo_server.begin

    def note(seen: Seen) -> Reply:
        arrivals[seen.host].append(time.monotonic() - began)
        return answer(seen)

    monkeypatch.setattr(photo_server, "begin", note)
    urls = [photo_server.url("/a.jpg", host) for host in arrivals for _ in range(4)]
    began = time.monotonic()
    # Waiting for one's turn counts towards no photo's deadline.
    with Fetcher(replace(PLAIN, delay_s=0.5, deadline_s=1.4)) as fetcher:
        results = list(fetcher.fetch_all(FetchJob(Reference(url)) for url in urls))
    assert all(isinstance(result.outcome, Fetched) for result in results)
    for times in arrivals.values():
        assert len(times) == 4
        assert all(arrived >= 0.5 * number for number, arrived in enumerate(times))
    # The hosts are waited for side by side.
    assert max(times[0] for times in arrivals.values()) < min(t[-1] for t in arrivals.values())


def test_what_a_host_asks_programs_to_leave_alone_is_left_alone(photo_server: PhotoServer) -> None:
    photo_server.replies["/robots.txt"] = rules(
        "User-agent: *\nDisallow: /\n\nUser-agent: vitrine\nDisallow: /*.gif$\nDisallow: /p/\n"
        "Allow: /p/a.jpg\n"
    )
    for path in ("/a.jpg", "/p/a.jpg", "/p/b.jpg", "/c.gif"):
        photo_server.replies[path] = Reply()
    found = outcomes([photo_server.url(p) for p in ("/a.jpg", "/p/a.jpg", "/p/b.jpg", "/c.gif")])
    assert [code(outcome) for _, outcome in sorted(found.items())] == [
        None,
        FailureCode.ROBOTS,
        None,
        FailureCode.ROBOTS,
    ]
    assert photo_server.counts["/robots.txt"] == 1
    assert photo_server.counts["/p/b.jpg"] == photo_server.counts["/c.gif"] == 0
    (asked,) = photo_server.requests("/robots.txt")
    assert asked.headers["Accept"].startswith("text/plain")


def test_a_redirect_is_minded_by_the_rules_of_where_it_leads(photo_server: PhotoServer) -> None:
    photo_server.replies["/robots.txt"] = rules("User-agent: *\nDisallow: /b.jpg\n")
    photo_server.replies["/a.jpg"] = redirect("/b.jpg")
    photo_server.replies["/b.jpg"] = Reply()
    url = photo_server.url("/a.jpg")
    assert code(outcomes([url], replace(OBEDIENT, per_host=1))[url]) == FailureCode.ROBOTS
    assert photo_server.counts["/b.jpg"] == 0


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"", 404),
        Reply(b"", 403),
        Reply(b""),
        Reply(b"<html>Not found</html>", content_type="text/html"),
        Reply(b"\xff\xfe\x00 no rules at all", content_type=None),
        redirect("/robots.txt"),
    ],
    ids=["404", "403", "empty", "a page", "no text", "a circle"],
)
def test_where_there_are_no_rules_all_may_be_asked_for(
    photo_server: PhotoServer, reply: Reply
) -> None:
    photo_server.replies["/robots.txt"] = reply
    photo_server.replies["/a.jpg"] = Reply()
    url = photo_server.url("/a.jpg")
    assert isinstance(outcomes([url])[url], Fetched)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(b"", 503), FailureCode.HTTP_5XX),
        (Reply(delay_s=30), FailureCode.TIMEOUT),
        (redirect("http://user@127.0.0.1/"), FailureCode.BAD_URL),
    ],
    ids=["503", "silent", "led astray"],
)
def test_where_the_rules_cannot_be_had_nothing_is_asked_for(
    photo_server: PhotoServer, reply: Reply, expected: FailureCode
) -> None:
    photo_server.replies["/robots.txt"] = reply
    photo_server.replies["/a.jpg"] = Reply()
    url = photo_server.url("/a.jpg")
    outcome = outcomes([url], replace(OBEDIENT, silence_s=0.2))[url]
    assert code(outcome) == expected
    assert isinstance(outcome, Failure)
    assert outcome.message.startswith(f"{url}: no word of what may be asked for")
    assert photo_server.counts["/a.jpg"] == 0


def test_rules_that_come_after_some_trouble_are_obeyed(photo_server: PhotoServer) -> None:
    photo_server.replies["/robots.txt"] = [
        Reply(b"", 503),
        redirect("/rules"),
    ]
    photo_server.replies["/rules"] = rules("User-agent: *\nDisallow: /\n")
    photo_server.replies["/a.jpg"] = Reply()
    url = photo_server.url("/a.jpg")
    assert code(outcomes([url])[url]) == FailureCode.ROBOTS
