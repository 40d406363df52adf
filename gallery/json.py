"""How answers are written as JSON: by orjson, several times as fast as the standard library."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask.json.provider import DefaultJSONProvider


class JsonProvider(DefaultJSONProvider):
    """Writes compact UTF-8; facts keep the order of the catalogue's columns."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return self._written(obj).decode()

    def response(self, *args: Any, **kwargs: Any) -> Response:
        body = self._written(self._prepare_response_obj(args, kwargs))
        return Response(body, mimetype=self.mimetype)

    def _written(self, obj: Any) -> bytes:
        return orjson.dumps(obj, default=self.default, option=orjson.OPT_APPEND_NEWLINE)
