"""Answers to requests that no route ever sees, such as those that are no HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

from gallery.refusals import CODES_OF_STATUS, Code

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",  # an uploaded photo is shown back, and kept nowhere
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""On every answer of the gallery."""

WORDS = {
    Code.BAD_REQUEST: "The request can't be understood.",
    Code.TOO_LARGE: "The request is too large.",
    Code.SERVER_ERROR: "Something went wrong on our side. Try again in a moment.",
}


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """An error in the shape of all others; the status is as in `400 Bad Request`."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def plain_answer(status: int) -> PlainAnswer:
    code = CODES_OF_STATUS.get(status, Code.SERVER_ERROR if status == 500 else Code.BAD_REQUEST)
    body = json.dumps({"error": WORDS[code], "code": code, "status": status}).encode()
    headers = HEADERS | {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-cache",
    }
    return PlainAnswer(f"{status} {HTTPStatus(status).phrase}", list(headers.items()), body)
