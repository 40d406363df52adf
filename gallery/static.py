"""Style sheets and scripts under an address of their own contents, so that browsers keep them."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

A_YEAR = 365 * 24 * 3600
OF_ONE_PAGE = ("map.js",)
"""Scripts that one page asks for by itself, and no other loads."""


def add_static(app: Flask) -> None:
    """Serve `static/` at `/static/VERSION/`, for ever unchanged under that address.

    The version is one of the whole folder: scripts import each other by relative
    addresses, and so never an older one than they were written for. The files are few
    and small, and kept in memory as they were when the app was made.
    """
    folder = Path(app.root_path) / "static"
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    digest = hashlib.sha256()
    for name, body in files.items():
        digest.update(f"{name} {len(body)}\n".encode() + body)
    modules = [name for name in files if name.endswith(".js") and name not in OF_ONE_PAGE]

    def static(filename: str) -> Response:
        if filename not in files:
            raise NotFound
        kind, _ = mimetypes.guess_type(filename)
        answer = Response(files[filename], mimetype=kind)
        answer.add_etag()
        answer.cache_control.public = True
        answer.cache_control.max_age = A_YEAR
        answer.cache_control.immutable = True
        answer.make_conditional(request)
        return answer

    app.add_url_rule(f"/static/{digest.hexdigest()[:12]}/<path:filename>", view_func=static)
    app.context_processor(lambda: {"modules": modules})
