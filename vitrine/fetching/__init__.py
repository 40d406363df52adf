"""Photos from where the catalogue says they are: guarded, polite HTTP, and local files."""

from vitrine.fetching.fetcher import Fetcher
from vitrine.fetching.records import (
    Fetched,
    FetchJob,
    FetchLimits,
    FetchResult,
    NotModified,
    Outcome,
    Validators,
)
from vitrine.fetching.references import Reference, resolve

__all__ = [
    "FetchJob",
    "FetchLimits",
    "FetchResult",
    "Fetched",
    "Fetcher",
    "NotModified",
    "Outcome",
    "Reference",
    "Validators",
    "resolve",
]
