"""What holds for every answer: headers, limits, and the shape of errors."""

from __future__ import annotations

import functools
import logging
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask.globals import request_ctx
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from gallery import context
from gallery.measuring import REFUSED
from gallery.operations import operation_of
from gallery.plain import HEADERS
from gallery.refusals import Code, Refusal, code_of, command_of, words_of
from gallery.uploads import too_large
from vitrine.index import use_one_thread
from vitrine.index.server import MilvusError
from vitrine.settings import Settings

log = logging.getLogger("vitrine.gallery")

KIB = 1024
FORM_BYTES = 64 * KIB  # of a multipart form, for all that is not the photo
PARSER_BYTES = 4 * FORM_BYTES
"""What the parser of forms may hold at a time. Of a photo too, as it comes in chunks of 64 KiB
with what the last one left over: with less than two of them, photos are refused by chance."""
TEXT_BYTES = 64 * KIB  # of a body without a photo; the longest URL is far below


def guard(app: Flask, settings: Settings) -> None:
    """Put the guards on an app."""
    app.config["HSTS_SECONDS"] = settings.hsts_seconds
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes + FORM_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = PARSER_BYTES
    # faiss counts its threads for each calling thread, so each must be told.
    app.before_request(use_one_thread)
    app.before_request(_check_host)
    app.before_request(_limit_text)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _answer_error)
    app.register_error_handler(MilvusError, _answer_unreachable)


def _check_host() -> None:
    """Refuse a Host of which no address could be made, such as an empty one or `a b`."""
    try:
        is_usable = _names_a_host(request.host_url)
    except (UnicodeError, ValueError, HTTPException):
        is_usable = False
    if not is_usable:
        raise Refusal(Code.BAD_REQUEST, _l("The request names no host that can be used."))


@functools.lru_cache(64)
def _names_a_host(url: str) -> bool:
    try:
        return bool((urlsplit(url).hostname or "").encode("idna"))
    except (UnicodeError, ValueError):
        return False


def _limit_text() -> None:
    if request.mimetype != "multipart/form-data":
        request.max_content_length = TEXT_BYTES


def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    hsts = current_app.config["HSTS_SECONDS"]
    if hsts and request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={hsts}"
    response.headers.setdefault("Cache-Control", "no-cache")
    is_read = request.method in ("GET", "HEAD")
    is_kept = not response.is_streamed and not response.cache_control.no_store
    if response.status_code == 200 and is_read and is_kept:
        # What has not changed since is not sent again.
        response.add_etag(weak=True)
        response.make_conditional(request)
    return response


def _answer_error(error: HTTPException) -> Response:
    """The error as JSON or as a page; headers such as `Allow` are kept."""
    code, status = code_of(error), error.code or 500
    REFUSED.labels(code).inc()
    words, command = words_of(error), command_of(error)
    most = context.gallery().settings.max_upload_bytes
    if code is Code.TOO_LARGE and (request.content_length or 0) > most:
        words = words_of(too_large(most))
    # Of a host of which no address can be made, no page can be drawn: it has links.
    if _wants_json() or request_ctx.url_adapter is None:
        if command:
            words = _("%(words)s Run: %(command)s", words=words, command=command)
        answer = jsonify(error=words, code=code, status=status)
    else:
        answer = current_app.make_response(_error_page(error, words))
    answer.status_code = status
    answer.vary.add("Accept")
    for name, value in error.get_headers(request.environ):
        if name.lower() != "content-type":
            answer.headers[name] = value
    return answer


def _answer_unreachable(error: MilvusError) -> Response:
    """Whoever watches is told which database it is; strangers are not."""
    log.error("%s", error)
    return _answer_error(context.unreachable())


def _error_page(error: HTTPException, words: str) -> str:
    """Of a missing index that is just being made, one that looks again by itself."""
    absent = code_of(error) is Code.NO_INDEX
    return render_template(
        "error.html",
        status=error.code or 500,
        words=words,
        command=command_of(error),
        reload_seconds=5 if absent and context.gallery().folder.is_being_indexed() else None,
    )


def _wants_json() -> bool:
    """Whether the route answers JSON; of an address that is no route, whether the client asks."""
    endpoint = _endpoint()
    if endpoint is not None:
        return operation_of(current_app, endpoint) is not None
    if request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == (
        "application/json"
    )


def _endpoint() -> str | None:
    """The route at this address, by whatever method, and whatever host was asked."""
    routes = current_app.url_map.bind("localhost", path_info=request.path)
    try:
        for method in routes.allowed_methods():
            endpoint, _ = routes.match(method=method)
            return str(endpoint)
    except HTTPException:  # such as a redirect to the address without its double slash
        pass
    return None
