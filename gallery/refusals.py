"""Every way in which the gallery says no: a closed set of codes, each with its status."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from vitrine.failures import FailureCode

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Code(StrEnum):
    """Part of the API: never renamed. Clients act on the code, people read the words."""

    BAD_JSON = "bad_json"
    BAD_K = "bad_k"
    BAD_SCORE = "bad_score"
    BAD_COLOUR = "bad_colour"
    NO_QUERY = "no_query"
    SEVERAL_QUERIES = "several_queries"
    UNKNOWN_PARAMETER = "unknown_parameter"
    BAD_REQUEST = "bad_request"
    BAD_CROP = "bad_crop"
    URL_NOT_IN_CATALOGUE = "url_not_in_catalogue"
    URL_NOT_FETCHED = "url_not_fetched"
    NO_TEXT_HALF = "no_text_half"
    UNKNOWN_PRODUCT = "unknown_product"
    NO_PHOTO = "no_photo"
    NO_MAP = "no_map"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    # An uploaded photo's own faults, by the names that the indexer knows them by
    EMPTY = "empty"
    TRUNCATED = "truncated"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FORMAT = "unsupported_format"
    HEIC = "heic"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNDECODABLE = "undecodable"
    TOO_MANY_SEARCHES = "too_many_searches"
    SERVER_ERROR = "server_error"
    NO_INDEX = "no_index"
    INDEX_UNREACHABLE = "index_unreachable"
    ENCODER_MISMATCH = "encoder_mismatch"
    ENCODER_UNAVAILABLE = "encoder_unavailable"
    BUSY = "busy"


STATUSES: dict[Code, int] = {
    Code.BAD_JSON: 400,
    Code.BAD_K: 400,
    Code.BAD_SCORE: 400,
    Code.BAD_COLOUR: 400,
    Code.NO_QUERY: 400,
    Code.SEVERAL_QUERIES: 400,
    Code.UNKNOWN_PARAMETER: 400,
    Code.BAD_REQUEST: 400,
    Code.BAD_CROP: 400,
    Code.URL_NOT_IN_CATALOGUE: 403,
    # Not 502: this server is well, whoever watches it, and asking again helps nobody.
    Code.URL_NOT_FETCHED: 422,
    Code.NO_TEXT_HALF: 422,
    Code.UNKNOWN_PRODUCT: 404,
    Code.NO_PHOTO: 404,
    Code.NO_MAP: 404,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.TOO_LARGE: 413,
    Code.EMPTY: 400,
    Code.TRUNCATED: 400,
    Code.NOT_AN_IMAGE: 415,
    Code.UNSUPPORTED_FORMAT: 415,
    Code.HEIC: 415,
    Code.TOO_MANY_PIXELS: 413,
    Code.UNDECODABLE: 422,
    Code.TOO_MANY_SEARCHES: 429,
    Code.SERVER_ERROR: 500,
    Code.NO_INDEX: 503,
    Code.INDEX_UNREACHABLE: 503,
    Code.ENCODER_MISMATCH: 503,
    Code.ENCODER_UNAVAILABLE: 503,
    Code.BUSY: 503,
}

CODES_OF_STATUS: dict[int, Code] = {
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.TOO_LARGE,
}
"""For errors that Flask raises by itself; the rest are `BAD_REQUEST` or `SERVER_ERROR`."""

FRAMEWORK_WORDS: dict[Code, LazyString] = {
    Code.NOT_FOUND: _l("There is no page at this address."),
    Code.METHOD_NOT_ALLOWED: _l("This address can't be used in this way."),
    Code.TOO_LARGE: _l("The request is too large."),
    Code.SERVER_ERROR: _l("Something went wrong on our side. Try again in a moment."),
}

UPLOAD_FAILURES: dict[FailureCode, LazyString] = {
    FailureCode.EMPTY: _l("The file has no bytes. Choose another photo."),
    FailureCode.TRUNCATED: _l(
        "The photo is damaged or cut short. Save it again, or choose another."
    ),
    FailureCode.NOT_AN_IMAGE: _l("The file is no photo. Send a JPEG, PNG or WebP photo."),
    FailureCode.UNSUPPORTED_FORMAT: _l(
        "This kind of file can't be read. Save it as JPEG, PNG or WebP and try again."
    ),
    FailureCode.HEIC: _l(
        "HEIC photos can't be read here. Set the camera to “Most Compatible”, or save the "
        "photo as JPEG, and try again."
    ),
    FailureCode.TOO_MANY_PIXELS: _l(
        "The photo has too many pixels. Make it smaller and try again."
    ),
    FailureCode.UNDECODABLE: _l(
        "The photo can't be read in reasonable time and memory. Save it anew as JPEG and try again."
    ),
}
"""What a stranger is told of each failure to decode; the failure's own message is not theirs."""


class Refusal(HTTPException):
    """Ends a request with an error of a known code.

    `words` are for any stranger to read; `command` is what the server's owner can run;
    `retry_after` is in seconds, where asking again then may help.
    """

    def __init__(
        self, code: Code, words: str | LazyString, command: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(code)
        self.retry_after = retry_after
        self.refusal_code = code
        self.words = words
        self.command = command
        self.code = STATUSES[code]

    def get_headers(
        self, environ: WSGIEnvironment | None = None, scope: dict[str, Any] | None = None
    ) -> list[tuple[str, str]]:
        retry = [("Retry-After", str(self.retry_after))] if self.retry_after else []
        return [*super().get_headers(environ, scope), *retry]


def code_of(error: HTTPException) -> Code:
    """The code of any HTTP error, our own or the framework's."""
    if isinstance(error, Refusal):
        return error.refusal_code
    status = error.code or 500
    return CODES_OF_STATUS.get(status, Code.SERVER_ERROR if status >= 500 else Code.BAD_REQUEST)


def words_of(error: HTTPException) -> str:
    """One sentence or two for the reader; never a traceback, never a path of the server."""
    if isinstance(error, Refusal):
        return str(error.words)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        methods = sorted(set(error.valid_methods) - {"HEAD", "OPTIONS"})
        return str(
            _l(
                "This address can't be used in this way. It takes: %(methods)s.",
                methods=", ".join(methods),
            )
        )
    return str(FRAMEWORK_WORDS.get(code_of(error), _l("The request can't be understood.")))


def command_of(error: HTTPException) -> str:
    return error.command if isinstance(error, Refusal) else ""
