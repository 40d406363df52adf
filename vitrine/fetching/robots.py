"""What a host's robots.txt lets us ask for, by RFC 9309; read only where the owner wants that."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego
from urllib3.util import parse_url

from vitrine.failures import Failure, FailureCode
from vitrine.fetching.asking import AGENT
from vitrine.fetching.records import Fetched, Outcome

_MAX_CHARACTERS = 512_000  # as many as RFC 9309, 2.5, asks to be read

# What RFC 9309, 2.3.1.3, calls unavailable, and what is no text: then all may be asked for.
_NO_RULES = frozenset(
    {
        FailureCode.HTTP_401,
        FailureCode.HTTP_403,
        FailureCode.HTTP_404,
        FailureCode.HTTP_410,
        FailureCode.HTTP_429,
        FailureCode.HTTP_4XX,
        FailureCode.TOO_MANY_REDIRECTS,
        FailureCode.EMPTY,
        FailureCode.NOT_AN_IMAGE,
    }
)


@dataclass(frozen=True, slots=True)
class Rules:
    """Of one origin. `unknown` is why they could not be had: then nothing may be asked for."""

    known: Protego | None = None
    unknown: Failure | None = None

    @classmethod
    def of(cls, outcome: Outcome) -> Rules:
        """From what asking for the robots.txt came to."""
        if isinstance(outcome, Fetched):
            text = outcome.body.decode("utf-8", "replace")
            return cls(known=Protego.parse(text[:_MAX_CHARACTERS]))
        if isinstance(outcome, Failure) and outcome.code not in _NO_RULES:
            return cls(unknown=outcome)
        return cls()

    def refusal(self, location: str, url: str) -> Failure | None:
        """Why `url` is not asked for, which the catalogue's `location` leads to; None if it may."""
        if self.unknown is not None:
            cause = f"no word of what may be asked for ({self.unknown.message})"
            return Failure(self.unknown.code, f"{location}: {cause}")
        if self.known is None or self.known.can_fetch(url, AGENT):
            return None
        return Failure(FailureCode.ROBOTS, f"{location}: {robots_url(url)} asks not to fetch {url}")


def robots_url(url: str) -> str:
    """Where the rules for an `absolute_url` are: one file for each scheme, host and port."""
    parts = parse_url(url)
    return f"{parts.scheme}://{parts.netloc}/robots.txt"
