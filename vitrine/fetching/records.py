"""What goes into fetching and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.failures import Failure
from vitrine.fetching.addresses import PUBLIC_WEB, Reach
from vitrine.fetching.references import Reference


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next request for a photo conditional; kept by the ledger.

    For a local file, `last_modified` is its modification time in nanoseconds and
    its size, as text, so that an unchanged file is not read again.
    """

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class FetchJob:
    """One photo to fetch; with validators, only if it has changed."""

    reference: Reference
    validators: Validators | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A photo's bytes: at least one, at most `FetchLimits.max_bytes`, not yet decoded."""

    body: bytes
    validators: Validators


@dataclass(frozen=True, slots=True)
class NotModified:
    """The photo is still the one that the job's validators belong to."""


Outcome = Fetched | NotModified | Failure


@dataclass(frozen=True, slots=True)
class FetchResult:
    """A job and what became of it."""

    job: FetchJob
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, as hosts are told, and which types that they may say it is it is not.

    `refuses` has whole types, such as ``text/html``, and the first halves of others.
    """

    accept: str
    refuses: frozenset[str]


# Not text/plain and not application/octet-stream: servers say those of any file
# whose type they don't know.
PHOTO = Wanted(
    accept="image/*",
    refuses=frozenset(["audio", "font", "message", "model", "multipart", "video"])
    | {
        "application/javascript",
        "application/json",
        "application/pdf",
        "application/xhtml+xml",
        "application/xml",
        "application/zip",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/xml",
    },
)

TABLE = Wanted(
    accept="text/csv, application/vnd.apache.parquet, application/jsonl, */*;q=0.5",
    refuses=frozenset(["audio", "font", "image", "multipart", "video", "text/html"])
    | {"application/pdf", "application/xhtml+xml"},
)

RULES = Wanted(
    accept="text/plain, */*;q=0.5",
    refuses=frozenset(["audio", "font", "image", "multipart", "video", "text/html"]),
)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long, how much, how often, how many at once, and where. Times are in seconds.

    `deadline_s` is wall-clock time and covers all that is done for one photo:
    every attempt, every redirect and the pauses between attempts. Waiting for the
    photo's turn, because others are before it or because its host has asked for a
    pause, does not count.
    """

    deadline_s: float = 30.0
    connect_s: float = 5.0  # to one address, and again for the TLS handshake
    silence_s: float = 10.0  # without a single byte from a connected host
    max_bytes: int = 20_000_000  # after decompression
    attempts: int = 3
    backoff_s: float = 0.5  # before the second attempt; doubles, with jitter
    max_redirects: int = 5
    workers: int = 24  # requests at once, over all hosts
    # Requests at once to one host: what browsers do. Four times as many where its answers are
    # that photos have not changed; see `vitrine.fetching.hosts`.
    per_host: int = 6
    delay_s: float = 0.0  # from one request to the next of one host
    obeys_robots: bool = False
    # Attempts in a row without any answer, after which a host is given up. More
    # than `per_host`, so that one bad moment of a live host is not enough.
    give_up_after: int = 10
    reach: Reach = PUBLIC_WEB
    wanted: Wanted = PHOTO


DEFAULT_LIMITS = FetchLimits()
