"""What a client asked of `/get_similar`: read from the query string, JSON, or a form."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, MultiDict

from gallery.answers import Score
from gallery.browsing import MAX_TEXT
from gallery.colours import ASKED_COLOUR, hex_of
from gallery.looking import MAX_EXAMPLES
from gallery.refusals import Code, Refusal
from gallery.uploads import Crop, read_crop
from vitrine.search import Filters

DEFAULT_K = 12
MAX_K = 100
EXAMPLE = '{"id": "1001"}'
PARAMETERS = (
    *("id", "image_path", "text", "hex"),
    *("k", "score", "colour", "more", "less", "crop"),
)
NAMELESS = ""  # of a part of a form whose name cannot be read; there is no such parameter
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can spell it, no database takes it


@dataclass(frozen=True, slots=True)
class Question:
    """One of `product_id`, `url`, `text` and `upload` is set at most; only an upload has a `crop`.

    `colour` says how much colour counts, in [0, 1]. `hex` has the digits of the colour that is
    asked for; where none of the others is set, it alone is the query. `more` and `less` are
    ids of products to look more, or less, like.
    """

    k: int
    filters: Filters
    score: Score = Score.COSINE
    colour: float = 0.0
    hex: str = ""
    more: Sequence[str] = ()
    less: Sequence[str] = ()
    product_id: str | None = None
    url: str | None = None
    text: str | None = None
    upload: FileStorage | None = None
    crop: Crop | None = None


def read_question(request: Request, facets: Sequence[str]) -> Question:
    """Refuses what is not exactly one query, a sound `k` and `score`, and known facets."""
    asked = MultiDict(request.args)
    if request.method == "POST":
        asked.update(_body(request))
    # An empty value, as of a form's field that was left empty, is none.
    given = {
        name: [value.strip() for value in values if value.strip()] for name, values in asked.lists()
    }
    sent = request.files if request.method == "POST" else MultiDict[str, FileStorage]()
    uploads = [file for file in sent.getlist("image") if file.filename]
    files = {name or NAMELESS for name in sent}
    unknown = sorted((given.keys() - {*PARAMETERS, *facets}) | (files - {"image"}))
    if unknown:
        known = ", ".join([*PARAMETERS, "image", *facets])
        raise Refusal(
            Code.UNKNOWN_PARAMETER,
            _(
                "There is no parameter %(name)s. There are: %(known)s.",
                name=repr(unknown[0][:40]),
                known=known,
            ),
        )
    ids, urls, texts = (given.get(name, []) for name in ("id", "image_path", "text"))
    queries = [*ids, *urls, *texts, *uploads]
    hexes = given.get("hex", [])
    if not queries and not hexes:
        raise Refusal(
            Code.NO_QUERY,
            _(
                "Say what to compare with: id, image_path, text, hex, or a photo as image. "
                "E.g. %(example)s.",
                example=EXAMPLE,
            ),
        )
    if len(queries) > 1:
        raise Refusal(
            Code.SEVERAL_QUERIES,
            _("Give one query: either id, or image_path, or text, or image, once."),
        )
    hex = _hex(hexes)
    colour = _colour(given.get("colour", []), hex, is_alone=not queries)
    if texts and colour and not hex:
        raise Refusal(
            Code.BAD_COLOUR,
            _("Words have no colour to compare with: give one as hex, or leave colour out."),
        )
    more = _examples("more", given.get("more", []))
    less = _examples("less", given.get("less", []))
    return Question(
        k=_k(given.get("k", [])),
        filters={name: given[name] for name in facets if given.get(name)},
        score=_score(given.get("score", [])),
        colour=colour,
        hex=hex,
        more=more,
        less=[product_id for product_id in less if product_id not in more],
        product_id=ids[0] if ids else None,
        url=urls[0] if urls else None,
        text=_words(texts[0]) if texts else None,
        upload=uploads[0] if uploads else None,
        crop=_crop(given.get("crop", []), is_upload=bool(uploads)),
    )


def _body(request: Request) -> MultiDict[str, str]:
    """The parameters of a POST's body; older clients send JSON."""
    if request.mimetype in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return MultiDict((name or NAMELESS, text) for name, text in request.form.items(multi=True))
    body = request.get_data()
    if not body and request.args:
        return MultiDict()
    try:
        # Pairs and not a dict, so that a repeated name is seen.
        parsed = json.loads(body, object_pairs_hook=MultiDict)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, MultiDict):
        raise Refusal(
            Code.BAD_JSON,
            _("The body is no JSON object. Send one, e.g. %(example)s.", example=EXAMPLE),
        )
    texts = MultiDict[str, str]()
    for name, value in parsed.items(multi=True):
        for choice in value if isinstance(value, list) else [value]:
            texts.add(name, _text(name, choice))
    return texts


def _text(name: str, value: Any) -> str:
    """A JSON value as the query string would have it."""
    if value is None:
        return ""
    if isinstance(value, str) and not HALF_CHARACTER.search(value):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise Refusal(
        Code.BAD_JSON, _("The value of %(name)s must be a text or a number.", name=ascii(name))
    )


def _k(values: Sequence[str]) -> int:
    if not values:
        return DEFAULT_K
    k = int(values[0]) if re.fullmatch("[0-9]{1,3}", values[0]) else 0
    if len(values) > 1 or not 1 <= k <= MAX_K:
        raise Refusal(
            Code.BAD_K, _("k must be a whole number from 1 to %(most)s, given once.", most=MAX_K)
        )
    return k


def _score(values: Sequence[str]) -> Score:
    if not values:
        return Score.COSINE
    if len(values) > 1 or values[0] not in list(Score):
        raise Refusal(
            Code.BAD_SCORE,
            _("score must be one of these, given once: %(known)s.", known=", ".join(Score)),
        )
    return Score(values[0])


def _hex(values: Sequence[str]) -> str:
    if not values:
        return ""
    digits = hex_of(values[0])
    if len(values) > 1 or digits is None:
        raise Refusal(
            Code.BAD_COLOUR, _("hex must be a colour such as #b3202c, six digits, given once.")
        )
    return digits


def _colour(values: Sequence[str], hex: str, *, is_alone: bool) -> float:
    """Where a colour is all that is asked for, it alone counts."""
    if not values:
        return 1.0 if is_alone else ASKED_COLOUR if hex else 0.0
    try:
        colour = float(values[0])
    except ValueError:
        colour = -1.0
    if len(values) > 1 or not 0 <= colour <= 1 or (is_alone and colour < 1):
        raise Refusal(
            Code.BAD_COLOUR,
            _(
                "colour must be a number from 0 to 1, given once; beside hex alone, which has "
                "nothing else to compare, it can only be 1."
            ),
        )
    return colour


def _words(text: str) -> str:
    words = " ".join(text.split())
    if len(words) > MAX_TEXT:
        raise Refusal(
            Code.BAD_REQUEST, _("Give a text of at most %(most)s characters.", most=MAX_TEXT)
        )
    return words


def _examples(name: str, values: Sequence[str]) -> Sequence[str]:
    ids = list(dict.fromkeys(values))
    if len(ids) > MAX_EXAMPLES:
        raise Refusal(
            Code.BAD_REQUEST,
            _("Give at most %(most)s ids as %(name)s.", most=MAX_EXAMPLES, name=name),
        )
    return ids


def _crop(values: Sequence[str], *, is_upload: bool) -> Crop | None:
    if values and (len(values) > 1 or not is_upload):
        raise Refusal(Code.BAD_CROP, _("Give one crop, of a photo that is uploaded as image."))
    return read_crop(values[0]) if values else None
