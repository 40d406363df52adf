"""One request for one photo, and what its answer means."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    InvalidHeader,
    LocationValueError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Retry

from vitrine.failures import Failure, FailureCode
from vitrine.fetching.connection import (
    AddressError,
    Budget,
    BudgetedAdapter,
    FloodError,
    PortError,
    current_budget,
    current_reach,
)
from vitrine.fetching.records import Fetched, FetchLimits, NotModified, Validators, Wanted
from vitrine.fetching.references import absolute_url

AGENT = "Vitrine"
"""By what name a robots.txt may speak of us."""

_HEADERS = {
    "User-Agent": f"{AGENT}/0.1 (product photo indexer)",
    # Photos are compressed already; what comes compressed all the same is decoded.
    "Accept-Encoding": "identity",
}

_CHUNK_BYTES = 64 * 1024

# An unread answer shorter than this is read to its end, which costs less than a
# new connection; a longer one is cut off.
_WORTH_READING_BYTES = 8 * 1024

# Hosts whose pools of connections are kept: more than are asked at any one time.
_KEPT_HOSTS = 64

_CODES = {
    401: FailureCode.HTTP_401,
    403: FailureCode.HTTP_403,
    404: FailureCode.HTTP_404,
    410: FailureCode.HTTP_410,
    429: FailureCode.HTTP_429,
}


@dataclass(frozen=True, slots=True)
class Redirect:
    """The photo is elsewhere: at `url`, which is fit to be asked for."""

    url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one attempt came to.

    `answered`: the host has sent at least the head of an answer. `transient`: another
    attempt may fare better. `retry_after_s`: the pause that a 429 or a 503 asks for.
    """

    outcome: Fetched | NotModified | Redirect | Failure
    answered: bool = True
    transient: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A request to make. `name` is the catalogue's URL, which messages begin with."""

    name: str
    url: str
    validators: Validators | None


class Client:
    """Asks for photos over http and https; one serves many threads.

    Nothing in the environment (proxies, netrc) changes what it does. `authorities`
    is a PEM file of certificate authorities to trust instead of the usual ones.
    """

    def __init__(self, limits: FetchLimits, authorities: Path | None) -> None:
        self._limits = limits
        self._verify = str(authorities) if authorities else True
        self._session = requests.Session()
        self._headers = _HEADERS | {"Accept": limits.wanted.accept}
        adapter = BudgetedAdapter(pool_connections=_KEPT_HOSTS, pool_maxsize=limits.workers)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        self._session.close()

    def ask(self, question: Question, budget: Budget) -> Answer:
        """Make one request and read its answer within the budget.

        Never raises for what a host does. Redirects are reported, not followed; one
        from https to http is refused as `BAD_URL`, like one to anything but http(s).
        """
        current_budget.set(budget)
        current_reach.set(self._limits.reach)
        try:
            # Not prepared by the session, which takes a quarter of the time of a question:
            # the address is as it is to be asked for, and the settings are always the same.
            request = requests.PreparedRequest()
            request.method, request.url = "GET", question.url
            request.headers = CaseInsensitiveDict(self._headers | _conditions(question.validators))
            # The adapter, not the session: Session.send reads the whole body of a
            # redirect into memory, however long, before it hands out the response.
            response = self._session.get_adapter(question.url).send(
                request,
                stream=True,
                timeout=(self._limits.connect_s, self._limits.silence_s),
                verify=self._verify,
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return _unanswered(question, error)
        try:
            return self._judged(question, response)
        finally:
            _let_go(response)

    def _judged(self, question: Question, response: requests.Response) -> Answer:
        if response.is_redirect:
            return self._redirected(question, response)
        status = response.status_code
        if status == HTTPStatus.NOT_MODIFIED and question.validators:
            return Answer(NotModified())
        if not 200 <= status < 300:
            return _refused(question, response)
        if kind := _refused_type(response.headers.get("Content-Type", ""), self._limits.wanted):
            cause = f"the host says it is {kind}"
            return Answer(_failure(FailureCode.NOT_AN_IMAGE, question, cause))
        return _received(question, response, self._limits.max_bytes)

    def _redirected(self, question: Question, response: requests.Response) -> Answer:
        try:
            target = self._session.get_redirect_target(response) or ""
            url = absolute_url(urljoin(question.url, target))
        except ValueError as error:  # bytes that are no text; brackets that are no IPv6 address
            return Answer(_failure(FailureCode.BAD_URL, question, f"redirects nowhere ({error})"))
        if isinstance(url, Failure):
            return Answer(_failure(url.code, question, f"redirects to {url.message}"))
        if question.url.startswith("https:") and not url.startswith("https:"):
            cause = f"redirects from https to http, to {url}"
            return Answer(_failure(FailureCode.BAD_URL, question, cause))
        return Answer(Redirect(url))


def _received(question: Question, response: requests.Response, max_bytes: int) -> Answer:
    try:
        body = _body(response, max_bytes)
    except (HTTPError, OSError, ValueError) as error:  # ValueError: a chunk of less than no bytes
        return _broken_off(question, error)
    if body is None:
        cause = f"more than {max_bytes:,} bytes"
        return Answer(_failure(FailureCode.TOO_LARGE, question, cause))
    if not body:
        return Answer(_failure(FailureCode.EMPTY, question, "no bytes"))
    validators = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
    return Answer(Fetched(body, validators))


def _body(response: requests.Response, max_bytes: int) -> bytes | None:
    """The decompressed body, or None as soon as it is known to be larger than `max_bytes`."""
    announced = response.raw.length_remaining
    if announced is not None and announced > max_bytes:
        return None
    body = bytearray()
    for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=True):
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)


def _refused(question: Question, response: requests.Response) -> Answer:
    status = response.status_code
    code = _CODES.get(status, FailureCode.HTTP_5XX if status >= 500 else FailureCode.HTTP_4XX)
    try:
        cause = f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        cause = f"HTTP {status}"
    pause = None
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        pause = _retry_after(response)
    if pause:
        cause += f", asks for a pause of {pause:.0f} s"
    transient = code in {FailureCode.HTTP_429, FailureCode.HTTP_5XX}
    return Answer(_failure(code, question, cause), transient=transient, retry_after_s=pause)


def _retry_after(response: requests.Response) -> float | None:
    """The pause that the host asks for, in seconds; given as such or as a date."""
    try:
        return Retry().parse_retry_after(response.headers["Retry-After"])
    except (KeyError, InvalidHeader, ValueError, OverflowError):
        return None


def _unanswered(question: Question, error: Exception) -> Answer:
    """The failure of a request that got no answer."""
    cause = _innermost(error)
    match cause:
        case AddressError():
            code, words = FailureCode.PRIVATE_ADDRESS, str(cause)
        case PortError():
            code, words = FailureCode.PORT, str(cause)
        case NameResolutionError():
            code, words = FailureCode.DNS, "no such host, or no name server that knows it"
        case NewConnectionError():
            code, words = FailureCode.CONNECT, f"no connection ({cause.__cause__ or cause})"
        case ReadTimeoutError() | TimeoutError():
            code, words = FailureCode.TIMEOUT, "the host took too long to answer"
        case SSLError():
            code, words = FailureCode.TLS, f"no trusted connection ({cause})"
        case LocationValueError() | UnicodeError() | requests.exceptions.InvalidURL():
            code, words = FailureCode.BAD_URL, f"not a usable URL ({cause})"
        case _:
            code, words = FailureCode.CONNECT, f"the connection broke ({cause})"
    lasting = {
        FailureCode.PRIVATE_ADDRESS,
        FailureCode.PORT,
        FailureCode.TLS,
        FailureCode.BAD_URL,
    }
    transient = code not in lasting
    return Answer(_failure(code, question, words), answered=False, transient=transient)


def _broken_off(question: Question, error: Exception) -> Answer:
    """The failure of a body that could not be read to its end."""
    cause = error.__cause__ if isinstance(error, ProtocolError) else error
    match cause:
        case FloodError():
            code, words = FailureCode.TOO_LARGE, str(cause)
        case ReadTimeoutError() | TimeoutError():
            code, words = FailureCode.TIMEOUT, "the body took too long"
        case DecodeError():
            code, words = FailureCode.NOT_AN_IMAGE, "the body is not compressed as it says"
        case _:
            code, words = FailureCode.TRUNCATED, f"the body ends too early ({error})"
    transient = code not in {FailureCode.NOT_AN_IMAGE, FailureCode.TOO_LARGE}
    return Answer(_failure(code, question, words), transient=transient)


def _innermost(error: Exception) -> Exception:
    """urllib3's exception, which says what happened, out of those of requests around it."""
    while True:
        match error:
            case MaxRetryError(reason=Exception() as inner):
                error = inner
            case requests.RequestException(args=(Exception() as inner, *_)):
                error = inner
            case _:
                return error


def _refused_type(content_type: str, wanted: Wanted) -> str | None:
    """The part of a Content-Type that plainly says that this is not what is wanted."""
    # A header sent twice arrives as one, with a comma; the worse half counts.
    for part in content_type.lower().split(","):
        media_type = part.partition(";")[0].strip()
        if media_type in wanted.refuses or media_type.partition("/")[0] in wanted.refuses:
            return media_type
    return None


def _conditions(validators: Validators | None) -> dict[str, str]:
    conditions = {}
    if validators and validators.etag:
        conditions["If-None-Match"] = validators.etag
    if validators and validators.last_modified:
        conditions["If-Modified-Since"] = validators.last_modified
    return conditions


def _let_go(response: requests.Response) -> None:
    left = response.raw.length_remaining
    if left is not None and left <= _WORTH_READING_BYTES:
        response.raw.drain_conn()
    response.close()


def _failure(code: FailureCode, question: Question, cause: str) -> Failure:
    return Failure(code, f"{question.name}: {' '.join(cause.split())}")
