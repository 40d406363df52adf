"""How a visitor wants to see the gallery: its language and its theme, kept in two cookies."""

from __future__ import annotations

import functools
from enum import StrEnum

from babel.numbers import format_decimal
from flask import Blueprint, Flask, Response, redirect, request
from flask_babel import Babel, get_locale
from flask_babel import lazy_gettext as _l

from gallery.refusals import Code, Refusal
from gallery.static import A_YEAR

blueprint = Blueprint("preferences", __name__)

TRANSLATIONS = "gallery/translations"
LANGUAGES = {"en": "English", "pt_BR": "Português"}
"""Each in its own words, as whoever looks for it reads no other."""


class Theme(StrEnum):
    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


THEMES = {
    Theme.AUTO: _l("As the system"),
    Theme.LIGHT: _l("Light"),
    Theme.DARK: _l("Dark"),
}


def add_preferences(app: Flask) -> None:
    """Translate the app's pages, and give templates what they need to offer a choice."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = TRANSLATIONS
    Babel(app, locale_selector=language)
    app.register_blueprint(blueprint)
    app.add_template_filter(grouped)
    app.add_template_filter(score)
    app.context_processor(
        lambda: {
            "theme": theme(),
            "themes": THEMES,
            "language": language(),
            "languages": LANGUAGES,
        }
    )
    app.after_request(_vary)


def language() -> str:
    """The visitor's choice, else the best of what the browser asks for, else English."""
    chosen = request.cookies.get("language")
    if chosen in LANGUAGES:
        return chosen
    # "pt" stands for all Portuguese: werkzeug matches pt-PT with it, and not with pt-BR.
    best = request.accept_languages.best_match(["en", "pt", "pt-BR"], default="en")
    return "en" if best == "en" else "pt_BR"


def theme() -> Theme:
    chosen = request.cookies.get("theme")
    return Theme(chosen) if chosen in list(Theme) else Theme.AUTO


@blueprint.post("/preferences")
def prefer() -> Response:
    """Remember what was chosen, and go back to where it was chosen."""
    form = request.form
    answer = redirect(_path(form.get("next", "")), code=303)
    for name, known in (("language", set(LANGUAGES)), ("theme", set(Theme))):
        if name not in form:
            continue
        if form[name] not in known:
            raise Refusal(Code.BAD_REQUEST, _l("There is no such choice."))
        answer.set_cookie(
            name, form[name], max_age=A_YEAR, path=request.script_root or "/", samesite="Lax"
        )
    return answer  # type: ignore[return-value]


def grouped(number: int) -> str:
    """A whole number as the visitor's language groups its digits."""
    return _formatted(number, "#,##0", str(get_locale()))


def score(value: float) -> str:
    """A score with two decimals, as the visitor's language writes them."""
    return _formatted(round(value, 2) + 0.0, "0.00", str(get_locale()))


@functools.lru_cache(4096)
def _formatted(number: float, pattern: str, locale: str) -> str:
    return format_decimal(number, pattern, locale)


def _path(target: str) -> str:
    """A path of this gallery, whatever a form says.

    `//host` and `/\\host` lead elsewhere, and so does what has a tab or a line's end in it
    once that has been taken out.
    """
    home = f"{request.script_root}/"
    is_path = target.startswith(home) and not target.startswith("//")
    return target if is_path and target.isprintable() and "\\" not in target else home


def _vary(response: Response) -> Response:
    if response.mimetype in ("text/html", "application/json", "text/csv"):
        response.vary.update(("Cookie", "Accept-Language"))
    return response
