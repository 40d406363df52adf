"""Everything that people read is there in every language."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from gallery.preferences import LANGUAGES, TRANSLATIONS

ROOT = Path(__file__).parents[2]
METHODS = [("gallery/**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.fixture(scope="module")
def source() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(ROOT, METHODS, keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found}


@pytest.fixture(params=OTHERS)
def translated(request) -> tuple[Catalog, Path]:
    path = ROOT / TRANSLATIONS / request.param / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=request.param), path


def test_there_is_something_to_translate(source):
    assert len(source) > 80
    assert "All products" in source


def test_every_message_is_translated(source, translated):
    catalogue, _ = translated
    missing = [
        message
        for message in source
        if (entry := catalogue.get(message if isinstance(message, str) else message[0])) is None
        or not all(entry.string if isinstance(entry.string, tuple) else [entry.string])
        or entry.fuzzy
    ]
    assert missing == []


def test_no_translation_is_left_of_a_message_that_has_gone(source, translated):
    catalogue, _ = translated
    known = {message if isinstance(message, str) else message[0] for message in source}
    ids = [m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id]
    assert [each for each in ids if each not in known] == []
    assert list(catalogue.obsolete) == []


def test_translations_have_the_placeholders_of_their_message(translated):
    catalogue, _ = translated

    def placeholders(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)[sd]|%%", text))

    for message in catalogue:
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            assert placeholders(string) in [placeholders(original) for original in originals], (
                message.id
            )


def test_what_is_served_is_compiled_from_what_is_written(translated):
    catalogue, path = translated
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue(), (
        "Compile the translations: make translations"
    )


@pytest.mark.parametrize("path", ["/", "/item/1003", "/item/2000", "/?q=nothing+at+all", "/none"])
def test_no_english_word_of_the_interface_is_left_on_a_portuguese_page(client, path):
    text = re.sub(
        r"<(script|template)\b.*?</\1>|<[^>]+>",
        " ",
        client.get(path, headers={"Accept-Language": "pt-BR"}).text,
        flags=re.DOTALL,
    )
    assert not re.search(r"\b(Filters|Search|Similar|All products|Next|Showing|Theme)\b", text)
