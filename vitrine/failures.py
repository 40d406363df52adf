"""Expected failures as values: a closed set of codes, each with its words.

A photo that cannot be had is data, not an exception: the stage that meets the
problem returns a `Failure`, the ledger stores its code, and only the edges (the
command line, the HTTP layer) turn it into a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FailureCode(StrEnum):
    """Why a photo could not be had. Stored in the ledger; never renamed."""

    # The reference itself
    BAD_URL = "bad_url"
    OUTSIDE_CATALOGUE = "outside_catalogue"
    NO_FILE = "no_file"
    # The way there
    DNS = "dns"
    PRIVATE_ADDRESS = "private_address"
    PORT = "port"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    HOST_DOWN = "host_down"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    ROBOTS = "robots"
    # The answer
    HTTP_401 = "http_401"
    HTTP_403 = "http_403"
    HTTP_404 = "http_404"
    HTTP_410 = "http_410"
    HTTP_429 = "http_429"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    # The bytes
    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FORMAT = "unsupported_format"
    HEIC = "heic"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNDECODABLE = "undecodable"
    # The vector
    NOT_EMBEDDED = "not_embedded"


@dataclass(frozen=True, slots=True)
class Failure:
    """One photo's failure.

    `message` is one line for the owner: it names the item and the cause, and may
    hold addresses and paths, so it is never shown to strangers.
    """

    code: FailureCode
    message: str


REMEDIES: dict[FailureCode, str] = {
    FailureCode.BAD_URL: "write an http(s) URL, or a path relative to the catalogue",
    FailureCode.OUTSIDE_CATALOGUE: "move the photo into the catalogue's folder",
    FailureCode.NO_FILE: "put the file there, or correct the path in the catalogue",
    FailureCode.DNS: "check the host's name, and that this machine has a network",
    FailureCode.PRIVATE_ADDRESS: "use a host of the public internet, or trust this one: "
    "--allow-host HOST[:PORT]",
    FailureCode.PORT: "use port 80 or 443, or trust the host with this one: --allow-host HOST:PORT",
    FailureCode.CONNECT: "check that the host is up, then run again",
    FailureCode.TLS: "the host's certificate is not trusted; its owner has to mend it",
    FailureCode.TIMEOUT: "run again, or raise --deadline",
    FailureCode.HOST_DOWN: "the host was given up after repeated failures; run again later",
    FailureCode.TOO_MANY_REDIRECTS: "use the final address in the catalogue",
    FailureCode.ROBOTS: "the host asks programs to leave it alone; ask its owner, or go without "
    "--robots",
    FailureCode.HTTP_401: "the host wants a login; use an address that is public",
    FailureCode.HTTP_403: "the host refuses; ask its owner, or use another address",
    FailureCode.HTTP_404: "the photo is gone; correct its address in the catalogue",
    FailureCode.HTTP_410: "the photo was withdrawn; remove the row or give another photo",
    FailureCode.HTTP_429: "the host asks for fewer requests; run again later",
    FailureCode.HTTP_4XX: "the host refuses the request; open the address in a browser",
    FailureCode.HTTP_5XX: "the host is in trouble; run again later",
    FailureCode.TOO_LARGE: "offer a smaller file, or raise --max-bytes",
    FailureCode.TRUNCATED: "the file ends too early; upload it again at its host",
    FailureCode.EMPTY: "the file has no bytes; upload it again at its host",
    FailureCode.NOT_AN_IMAGE: "the address leads to something that is no photo",
    FailureCode.UNSUPPORTED_FORMAT: "save the photo as JPEG, PNG or WebP",
    FailureCode.HEIC: "save the photo as JPEG, PNG or WebP",
    FailureCode.TOO_MANY_PIXELS: "offer a smaller photo",
    FailureCode.UNDECODABLE: "save the photo anew as JPEG, PNG or WebP",
    FailureCode.NOT_EMBEDDED: "import again where the index's encoder can be loaded",
}
"""What the owner can do about each code, in words that finish a sentence."""
