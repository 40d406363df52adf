"""Photos from where the catalogue says they are: guarded, polite HTTP, and local files."""

from vitrine.fetching.addresses import PUBLIC_WEB, Endpoint, Reach, is_public
from vitrine.fetching.fetcher import Fetcher
from vitrine.fetching.records import (
    TABLE,
    Fetched,
    FetchJob,
    FetchLimits,
    FetchResult,
    NotModified,
    Outcome,
    Validators,
)
from vitrine.fetching.references import Reference, absolute_url, resolve

__all__ = [
    "PUBLIC_WEB",
    "TABLE",
    "Endpoint",
    "FetchJob",
    "FetchLimits",
    "FetchResult",
    "Fetched",
    "Fetcher",
    "NotModified",
    "Outcome",
    "Reach",
    "Reference",
    "Validators",
    "absolute_url",
    "is_public",
    "resolve",
]
