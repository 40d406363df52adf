"""What the gallery measures of itself: for Prometheus, and as a line for each request.

Neither has addresses, names, words or photos of anybody. Requests are told apart by the
pattern of their address alone, such as `/item/<product_id:product_id>`.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import wraps
from http.server import ThreadingHTTPServer
from typing import Any, ParamSpec, TypeVar
from wsgiref.simple_server import WSGIServer

from flask import Flask, Response, before_render_template, g, request, template_rendered
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from vitrine.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")
AnyServer = WSGIServer | ThreadingHTTPServer

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
NO_ROUTE = ""  # of an address at which there is nothing
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

access = logging.getLogger("vitrine.access")


class Step(StrEnum):
    """What a search goes through; `embed` waits for the encoder.

    It is loaded in the first photo's `prepare`, or in the first words' `embed`.
    """

    FETCH = "fetch"
    DECODE = "decode"
    PREPARE = "prepare"
    EMBED = "embed"
    SEARCH = "search"
    RENDER = "render"


REQUESTS = Counter(
    "vitrine_requests", "Requests that were answered.", ("method", "route", "status")
)
REQUEST_SECONDS = Histogram(
    "vitrine_request_seconds", "Time to an answer.", ("route",), buckets=SECONDS
)
STEP_SECONDS = Histogram(
    "vitrine_step_seconds", "Time of a step of a search.", ("step",), buckets=SECONDS
)
REFUSED = Counter("vitrine_refused", "Requests that were refused, by code.", ("code",))
PRODUCTS = Gauge("vitrine_products", "Products of the generation that is served.")
AT_WORK = Gauge("vitrine_encoder_searches", "Searches that use the encoder or wait for it.")

for step in Step:
    STEP_SECONDS.labels(step)


def timed(step: Step) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Count the time of a function as that of a step."""

    seconds = STEP_SECONDS.labels(step)

    def around(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            with seconds.time():
                return function(*args, **kwargs)

        return measured

    return around


def measure(app: Flask, settings: Settings) -> None:
    """Measure every request of an app. Call it before all that changes answers."""
    app.before_request(_begin)
    app.after_request(_count)
    before_render_template.connect(_begin_page, app)
    template_rendered.connect(_count_page, app)
    if settings.access_log:
        _log_to_standard_error()
        app.after_request(_log)


def publish_metrics(
    address: str, products: Callable[[], int], at_work: Callable[[], int]
) -> AnyServer:
    """Answer Prometheus at `HOST:PORT`, in a thread of its own. Raises OSError.

    `products` counts those of the generation that is served, `at_work` the searches that use
    the encoder or wait for it.
    """
    PRODUCTS.set_function(products)
    AT_WORK.set_function(at_work)
    host, _, port = address.rpartition(":")
    server, _ = start_http_server(int(port), host.strip("[]"))
    return server


def _begin() -> None:
    g.began = time.perf_counter()


def _count(response: Response) -> Response:
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(method, _route(), response.status_code).inc()
    REQUEST_SECONDS.labels(_route()).observe(_seconds())
    return response


def _log(response: Response) -> Response:
    line: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": request.method if request.method in METHODS else "other",
        "route": _route(),
        "status": response.status_code,
        "bytes": response.content_length,
        "ms": round(_seconds() * 1000, 1),
    }
    access.info(json.dumps(line))
    return response


def _route() -> str:
    return request.url_rule.rule if request.url_rule else NO_ROUTE


def _seconds() -> float:
    return time.perf_counter() - float(g.began)


def _begin_page(app: Flask, **_: object) -> None:  # noqa: ARG001
    g.page_began = time.perf_counter()


def _count_page(app: Flask, **_: object) -> None:  # noqa: ARG001
    STEP_SECONDS.labels(Step.RENDER).observe(time.perf_counter() - g.page_began)


def _log_to_standard_error() -> None:
    if not access.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        access.addHandler(handler)
    access.setLevel(logging.INFO)
    access.propagate = False
