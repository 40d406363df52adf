"""Languages and themes: what the browser asks for, and what the visitor chooses."""

from __future__ import annotations

import re
from html import unescape

import pytest


def language_of(answer) -> str:
    return re.search(r'<html lang="([^"]*)"', answer.text)[1]


def theme_of(answer) -> str:
    return re.search(r'<html[^>]* data-theme="([^"]*)"', answer.text)[1]


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
        ("pt", "pt-BR"),
        ("pt-PT,pt;q=0.9", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("de,pt-BR;q=0.7,en;q=0.3", "pt-BR"),
        ("de,fr;q=0.8", "en"),
        ("en;q=0.2,pt-BR;q=0.9", "pt-BR"),
        ("*", "en"),
        (";;q=x,,", "en"),
    ],
)
def test_the_language_is_the_one_that_the_browser_asks_for(client, asked, language):
    headers = {} if asked is None else {"Accept-Language": asked}
    assert language_of(client.get("/", headers=headers)) == language


def test_a_chosen_language_outweighs_the_browsers_and_stays(client):
    answer = client.post("/preferences", data={"language": "pt_BR", "next": "/?Colour=Green"})
    assert (answer.status_code, answer.location) == (303, "/?Colour=Green")
    page = client.get("/?Colour=Green", headers={"Accept-Language": "en"})
    assert language_of(page) == "pt-BR"
    assert "Todos os produtos" in page.text or "Produtos" in page.text
    client.post("/preferences", data={"language": "en"})
    assert language_of(client.get("/", headers={"Accept-Language": "pt-BR"})) == "en"


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_a_chosen_theme_stays(client, theme):
    assert theme_of(client.get("/")) == "auto"
    client.post("/preferences", data={"theme": theme})
    assert theme_of(client.get("/")) == theme
    assert theme_of(client.get("/no/such/page")) == theme


@pytest.mark.parametrize("given", [{"language": "xx"}, {"theme": "<script>"}, {"theme": ""}])
def test_what_is_no_choice_is_refused(client, given):
    answer = client.post("/preferences", data=given)
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("cookie", ["xx", "", "<script>", "../en"])
def test_a_cookie_with_nonsense_is_passed_over(client, cookie):
    client.set_cookie("language", cookie)
    client.set_cookie("theme", cookie)
    page = client.get("/")
    assert (language_of(page), theme_of(page)) == ("en", "auto")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        "/a\r\nSet-Cookie: b=c",
        "javascript:alert(1)",
        "",
        "evil",
    ],
)
def test_the_way_back_never_leads_elsewhere(client, target):
    answer = client.post("/preferences", data={"theme": "dark", "next": target})
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("path", ["/?Colour=Red&q=a+b", "/item/a%3Fb%25", "/item/caf%C3%A9?more=1"])
@pytest.mark.parametrize("root", ["", "/shop"])
def test_the_way_back_is_the_page_where_it_was_chosen(client, path, root):
    page = client.get(path, environ_overrides={"SCRIPT_NAME": root}).text
    back = unescape(re.search('name="next" value="([^"]*)"', page)[1])
    assert back == root + path
    chosen = {"theme": "dark", "next": back}
    answer = client.post("/preferences", data=chosen, environ_overrides={"SCRIPT_NAME": root})
    assert answer.location == root + path


def test_caches_keep_the_languages_apart(client):
    answer = client.get("/")
    assert {"cookie", "accept-language"} <= {name.lower() for name in answer.vary}


def test_numbers_are_written_as_the_language_writes_them(app):
    from flask_babel import force_locale

    from gallery.preferences import grouped, score

    with app.test_request_context():
        assert (grouped(12345), score(0.5)) == ("12,345", "0.50")
        with force_locale("pt_BR"):
            assert (grouped(12345), score(0.5)) == ("12.345", "0,50")
        assert score(-0.001) == "0.00"
