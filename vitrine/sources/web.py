"""A catalogue at an http(s) URL, fetched as guardedly as a photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from vitrine.catalogue import CatalogueError
from vitrine.failures import REMEDIES, Failure, FailureCode

if TYPE_CHECKING:
    from vitrine.fetching import Reach

MAX_BYTES = 200_000_000  # a million rows; `styles.csv` with its 44,000 has 4 MB
DEADLINE_S = 120.0

# What the remedies for photos would not say of a catalogue.
_REMEDIES = {
    FailureCode.TIMEOUT: "try again, or fetch it yourself and give the file's path",
    FailureCode.HTTP_404: "correct the address",
    FailureCode.HTTP_410: "correct the address",
    FailureCode.TOO_LARGE: "fetch it yourself and give the file's path",
    FailureCode.EMPTY: "ask its owner for one with products",
    FailureCode.TRUNCATED: "try again",
    FailureCode.NOT_AN_IMAGE: "give the address of the file itself, not of a page about it",
    FailureCode.BAD_URL: "correct the address",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What lies at `url`, and the folder there: a URL that ends with a slash."""

    url: str
    folder: str
    name: str
    body: bytes


def is_url(given: str) -> bool:
    return given.lower().startswith(("http://", "https://"))


def fetch_catalogue(given: str, reach: Reach | None = None) -> Page:
    """From where the owner says that it is, which `reach` is widened by: see `Reach.given`.

    Raises `CatalogueError` where it cannot be had.
    """
    from vitrine.fetching import (
        PUBLIC_WEB,
        TABLE,
        Fetched,
        Fetcher,
        FetchJob,
        FetchLimits,
        Reference,
        absolute_url,
    )

    url = absolute_url(given)
    if isinstance(url, Failure):
        raise _unavailable(url)
    limits = FetchLimits(
        deadline_s=DEADLINE_S,
        max_bytes=MAX_BYTES,
        reach=(reach or PUBLIC_WEB).given([url]),
        wanted=TABLE,
    )
    with Fetcher(limits) as fetcher:
        outcome = fetcher.fetch(FetchJob(Reference(url))).outcome
    if isinstance(outcome, Failure):
        raise _unavailable(outcome)
    assert isinstance(outcome, Fetched)
    parts = urlsplit(url)
    name = unquote(parts.path.rpartition("/")[2]) or parts.netloc
    folder = urljoin(url, parts.path.rpartition("/")[0] + "/")
    return Page(url, folder, name, outcome.body)


def _unavailable(failure: Failure) -> CatalogueError:
    remedy = _REMEDIES.get(failure.code, REMEDIES[failure.code])
    return CatalogueError(f"The catalogue cannot be had. {failure.message}: {remedy}.")
