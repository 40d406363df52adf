"""Where a photo is: from the catalogue's words to an address or a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from vitrine.failures import Failure, FailureCode

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# A cell can hold a whole photo as a data: URL; a message quotes no more than this of it.
_QUOTED = 120


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a photo is: an absolute http(s) URL, or an absolute file path as text."""

    location: str

    @property
    def is_url(self) -> bool:
        return self.location.startswith(("http://", "https://"))


def resolve(image_url: str, base: Path | str) -> Reference | Failure:
    """A catalogue's image URL → where the photo is; `base` is the catalogue's folder, or its URL.

    An http(s) URL stays as it is, except that characters that no URL may hold are
    percent-encoded. Anything else is a path under `base`, as it is called on disk
    or percent-encoded, with either slash. What leads out of `base`, by `..`, as an
    absolute path or over a symbolic link, is `OUTSIDE_CATALOGUE`; other schemes and
    unusable addresses are `BAD_URL`. Whether the photo exists is not asked here.

    Where `base` is a URL, which ends with a slash, the rest is a relative reference
    (RFC 3986, 5.2) that leads to something in that folder of that host, and never to a file.
    """
    text = image_url.strip()
    if not text:
        return Failure(FailureCode.BAD_URL, "the row has no image URL")
    scheme = _SCHEME.match(text)
    if scheme is not None and len(scheme[1]) == 1:
        return _outside(text)  # a drive letter
    if scheme is not None or text.startswith("//"):
        url = absolute_url(text)
        return url if isinstance(url, Failure) else Reference(url)
    return _beneath(base, text) if isinstance(base, str) else _under(base, text)


def absolute_url(text: str) -> str | Failure:
    """An http(s) URL in the form in which it is requested, or `BAD_URL` with the reason.

    Every address that is ever asked for has passed here, redirects included.
    """
    if _CONTROL.search(text) or "\\" in text:
        # Parsers disagree on these, and so on the host that the URL names.
        return _bad(text, "a control character or a backslash in a URL")
    try:
        url = parse_url(text)
    except LocationParseError:
        return _bad(text, "not a URL")
    if url.scheme not in {"http", "https"}:
        return _bad(text, "only http and https URLs are fetched")
    if not url.host:
        return _bad(text, "a URL without a host")
    if url.auth is not None:
        return _bad(text, "a URL with a user name in it")
    return str(url)


def host_of(url: str) -> str:
    """The host's name in an `absolute_url`."""
    return parse_url(url).host or ""


def _beneath(base: str, text: str) -> Reference | Failure:
    """What `text` refers to from the folder at the URL `base`, if it is in there."""
    if _CONTROL.search(text):
        return _bad(text, "a control character in a path")
    try:
        url = absolute_url(urljoin(base, text.replace("\\", "/")))
    except ValueError:  # brackets that are no IPv6 address
        return _bad(text, "not a usable path")
    if isinstance(url, Failure):
        return url
    # A host may decode dots and slashes before it looks at them.
    steps = re.split(r"[/\\]", unquote(urlsplit(url).path))
    if not url.startswith(base) or url == base or not {".", ".."}.isdisjoint(steps):
        return _outside(text)
    return Reference(url)


def _under(base: Path, text: str) -> Reference | Failure:
    literal = _file(base, text)
    decoded = unquote(text)
    if isinstance(literal, Failure) or decoded == text or literal.exists():
        chosen = literal
    else:
        chosen = _file(base, decoded)
        if isinstance(chosen, Path) and not chosen.exists():
            chosen = literal  # the name that the owner has written
    return chosen if isinstance(chosen, Failure) else Reference(str(chosen))


def _file(base: Path, name: str) -> Path | Failure:
    """The file called `name`, symbolic links resolved, if it is under `base`."""
    if _CONTROL.search(name):
        return _bad(name, "a control character in a path")
    path = name.replace("\\", "/")
    if path.startswith("/"):
        return _outside(name)
    root = base.resolve()
    try:
        file = (root / path).resolve()
        file.exists()  # raises where the name cannot be one at all
    except (OSError, RuntimeError):  # too long; links in a circle
        return _bad(name, "not a usable path")
    return file if file.is_relative_to(root) else _outside(name)


def _bad(text: str, cause: str) -> Failure:
    return Failure(FailureCode.BAD_URL, f"{_quoted(text)}: {cause}")


def _outside(text: str) -> Failure:
    return Failure(
        FailureCode.OUTSIDE_CATALOGUE, f"{_quoted(text)}: leads out of the catalogue's folder"
    )


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _QUOTED else text[:_QUOTED] + "…")
