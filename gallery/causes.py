"""Why a photo could not be had, and what its owner can do, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vitrine.failures import FailureCode


@dataclass(frozen=True, slots=True)
class Cause:
    """Two sentences: what happened, and what to do."""

    words: LazyString
    remedy: LazyString


CAUSES: dict[FailureCode, Cause] = {
    FailureCode.BAD_URL: Cause(
        _l("The photo's address can't be used."),
        _l("Write an address of the web, or a path relative to the catalogue."),
    ),
    FailureCode.OUTSIDE_CATALOGUE: Cause(
        _l("The photo lies outside the catalogue's folder."),
        _l("Move the photo into the catalogue's folder."),
    ),
    FailureCode.NO_FILE: Cause(
        _l("There is no such file."),
        _l("Put the file there, or correct the path in the catalogue."),
    ),
    FailureCode.DNS: Cause(
        _l("The host was not found."),
        _l("Check the host's name, and that the indexer's computer has a network."),
    ),
    FailureCode.PRIVATE_ADDRESS: Cause(
        _l("The host is not on the public internet."),
        _l("Use a host that is, or let the indexer trust this one with --allow-host."),
    ),
    FailureCode.PORT: Cause(
        _l("The address names a port that is not one of the web."),
        _l("Use port 80 or 443, or let the indexer trust the host with --allow-host."),
    ),
    FailureCode.CONNECT: Cause(
        _l("The host did not answer."),
        _l("Check that the host is up, then run the indexer again."),
    ),
    FailureCode.TLS: Cause(
        _l("The host's certificate is not trusted."),
        _l("The host's owner has to mend the certificate."),
    ),
    FailureCode.TIMEOUT: Cause(
        _l("The host took too long."),
        _l("Run the indexer again, or give it more time with --deadline."),
    ),
    FailureCode.HOST_DOWN: Cause(
        _l("The host was given up after repeated failures."),
        _l("Run the indexer again later."),
    ),
    FailureCode.TOO_MANY_REDIRECTS: Cause(
        _l("The address leads on and on."),
        _l("Write the final address into the catalogue."),
    ),
    FailureCode.ROBOTS: Cause(
        _l("The host asks programs to leave the photo alone."),
        _l("Ask the host's owner, or run the indexer without --robots."),
    ),
    FailureCode.HTTP_401: Cause(
        _l("The host wants a login."),
        _l("Use an address that is public."),
    ),
    FailureCode.HTTP_403: Cause(
        _l("The host refuses to show the photo."),
        _l("Ask the host's owner, or use another address."),
    ),
    FailureCode.HTTP_404: Cause(
        _l("The photo is gone."),
        _l("Correct its address in the catalogue."),
    ),
    FailureCode.HTTP_410: Cause(
        _l("The photo was withdrawn."),
        _l("Remove the row, or give it another photo."),
    ),
    FailureCode.HTTP_429: Cause(
        _l("The host asks for fewer requests."),
        _l("Run the indexer again later."),
    ),
    FailureCode.HTTP_4XX: Cause(
        _l("The host refuses the request."),
        _l("Open the address in a browser to see why."),
    ),
    FailureCode.HTTP_5XX: Cause(
        _l("The host is in trouble."),
        _l("Run the indexer again later."),
    ),
    FailureCode.TOO_LARGE: Cause(
        _l("The file is too large."),
        _l("Offer a smaller file, or allow larger ones with --max-bytes."),
    ),
    FailureCode.TRUNCATED: Cause(
        _l("The file is damaged or cut short."),
        _l("Upload the photo again at its host."),
    ),
    FailureCode.EMPTY: Cause(
        _l("The file has no bytes."),
        _l("Upload the photo again at its host."),
    ),
    FailureCode.NOT_AN_IMAGE: Cause(
        _l("The address leads to something that is no photo."),
        _l("Correct the address in the catalogue."),
    ),
    FailureCode.UNSUPPORTED_FORMAT: Cause(
        _l("The photo is of a kind that can't be read."),
        _l("Save the photo as JPEG, PNG or WebP."),
    ),
    FailureCode.HEIC: Cause(
        _l("The photo is a HEIC file, which can't be read."),
        _l("Save the photo as JPEG, PNG or WebP."),
    ),
    FailureCode.TOO_MANY_PIXELS: Cause(
        _l("The photo has too many pixels."),
        _l("Offer a smaller photo."),
    ),
    FailureCode.UNDECODABLE: Cause(
        _l("The photo takes too much time or memory to read."),
        _l("Save the photo anew as JPEG, PNG or WebP."),
    ),
    FailureCode.NOT_EMBEDDED: Cause(
        _l("The index was taken over without this photo, and its encoder is not at hand."),
        _l("Import again on a computer that has the encoder."),
    ),
}
