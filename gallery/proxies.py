"""Who asks, and by which name: a reverse proxy is believed where the owner says so."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, request
from waitress.proxy_headers import proxy_headers_middleware

from gallery.plain import plain_answer
from vitrine.settings import Settings, listed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADERS = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
NETWORK_OF_ONE = 64
"""Bits of an IPv6 address that one client cannot choose: whoever has one has all beneath."""

_UNDERSTOOD = "vitrine.understood"
log = logging.getLogger("vitrine.gallery")
_silent = logging.getLogger("vitrine.gallery.proxies")
# A header that is malformed is logged with its sender's address. To disable the logger would not
# do: libraries that set up logging for themselves enable all others.
_silent.addFilter(lambda _: False)


def believe(app: Flask, settings: Settings) -> None:
    """Take from the owner's proxy whom it speaks for; from anybody else it is struck out.

    Of several addresses in `X-Forwarded-For` the last counts, which the proxy itself has put
    there. Whoever asks by a name that the owner has not listed is refused by Flask.
    """
    app.config["TRUSTED_HOSTS"] = listed(settings.trusted_hosts) or None
    app.wsgi_app = _believing(app.wsgi_app, settings.proxy)  # type: ignore[method-assign,assignment]


def _believing(wsgi_app: WSGIApplication, proxy: str | None) -> WSGIApplication:
    def understood(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[_UNDERSTOOD] = True
        return wsgi_app(environ, start_response)

    believed = proxy_headers_middleware(
        understood,
        trusted_proxy=proxy or None,
        trusted_proxy_headers=HEADERS,
        logger=_silent,
    )

    is_told = proxy is not None

    def answered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        nonlocal is_told
        if not is_told and FORWARDED_FOR in environ:
            is_told = True
            log.warning(
                "Requests come with X-Forwarded-For, which is not believed. If a proxy of yours "
                "sends it, set VITRINE_PROXY to its address: until then all people behind it "
                "count as one client."
            )
        environ.setdefault("REMOTE_ADDR", "")  # of no use, and servers need not give it
        answer: Iterable[bytes] = believed(environ, start_response)
        if _UNDERSTOOD in environ:
            return answer
        refused = plain_answer(400)  # the other has not begun yet, nor ever will
        start_response(refused.status, refused.headers)
        return [refused.body]

    return answered


def client() -> str:
    """Whom limits count as one: an IPv4 address, or the network of an IPv6 address."""
    asked_from = request.remote_addr or ""
    try:
        address = ipaddress.ip_address(asked_from.partition("%")[0])
    except ValueError:  # such as a Unix socket's
        return asked_from
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, NETWORK_OF_ONE), strict=False))
