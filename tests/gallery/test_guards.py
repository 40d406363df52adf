"""What holds for every answer: headers, one shape of errors, nothing of the server in them."""

from __future__ import annotations

import io
import json
import re
import threading

import faiss
import numpy as np
import pytest
from flask import Flask, url_for
from PIL import Image
from werkzeug.test import create_environ, run_wsgi_app

from app import create_app
from gallery.guards import FORM_BYTES
from gallery.refusals import STATUSES, UPLOAD_FAILURES, Code
from gallery.static import add_static
from tests.gallery.conftest import MAX_UPLOAD, PAGE_SIZE
from tests.generations import publish_products, random_unit_vectors

POLICY = {
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.fixture
def broken(wardrobe, monkeypatch):
    """A gallery whose search fails inside, with a path of the server in the exception."""

    def fail(*arguments):
        raise RuntimeError("cannot read /srv/secret/vector.index")

    monkeypatch.setattr("gallery.similar.similar_to_product", fail)
    return create_app({"index": wardrobe.root, "page_size": PAGE_SIZE}).test_client()


def style_sheet(client):
    return re.search('href="(/static/[^"]+/style.css)"', client.get("/").text)[1]


def all_answers(client):
    style = style_sheet(client)
    yield client.get("/")
    yield client.get("/item/1003")
    yield client.get(style, buffered=True)
    etag = client.get(style, buffered=True).headers["ETag"]
    yield client.get(style, headers={"If-None-Match": etag}, buffered=True)
    yield client.get("/get_similar?id=1003")
    yield client.get("/healthz")
    yield client.get("/?apparel=Boys")
    yield client.get("/item/nope")
    yield client.get("/nowhere")
    yield client.get("/static/nothing.js")
    yield client.get("/get_similar")
    yield client.delete("/get_similar")
    yield client.post("/")
    yield client.options("/get_similar")
    yield client.post("/get_similar", json={"id": "x" * 100_000})


def test_security_headers_are_on_every_answer(client, broken):
    answers = [*all_answers(client), broken.get("/item/1003"), broken.get("/get_similar?id=1003")]
    assert {a.status_code for a in answers} == {200, 302, 304, 400, 404, 405, 413, 500}
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert set(policy.split("; ")) >= POLICY
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_no_page_has_inline_styles_or_scripts(client):
    for url in ("/", "/item/1003", "/nowhere", "/item/2000"):
        page = client.get(url).text
        assert " style=" not in page
        assert "<style" not in page
        assert not re.search(r"<[^>]+\son\w+=", page)
        assert page.count("<script") == page.count('<script type="module" src="/static/') == 1


def test_a_failure_inside_is_told_without_a_traceback_or_a_path(broken, caplog):
    answer = broken.get("/get_similar?id=1003")
    assert answer.json == {
        "error": "Something went wrong on our side. Try again in a moment.",
        "code": "server_error",
        "status": 500,
    }
    page = broken.get("/item/1003")
    assert (page.status_code, page.mimetype) == (500, "text/html")
    for text in (answer.text, page.text):
        assert "Traceback" not in text
        assert "secret" not in text
    assert "/srv/secret/vector.index" in caplog.text


def test_an_unknown_address_is_a_page_for_people_and_json_for_programs(client):
    page = client.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is no page at this address." in page.text
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.json["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/get_similar", 400, "no_query"),
        ("PUT", "/get_similar", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("GET", "/get_similar?id=nope", 404, "unknown_product"),
    ],
)
def test_errors_of_json_routes_are_json_even_for_browsers(client, method, path, status, code):
    answer = client.open(path, method=method, headers={"Accept": "text/html"})
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error", "code", "status"}
    assert (answer.json["status"], answer.json["code"]) == (status, code)
    assert answer.status_code == status


def test_every_code_has_a_status_and_every_failure_to_decode_has_words():
    assert set(STATUSES) == set(Code)
    for failure in UPLOAD_FAILURES:
        assert Code(failure.value) in Code


def test_a_spoofed_host_gets_nobody_elses_page(client):
    answer = client.get("/get_similar?id=1003", headers={"Host": "evil.test"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["results"][0]["page_url"].startswith("/item/")
    page = client.get("/", headers={"Host": 'evil"><script>.test'})
    assert "evil" not in page.text


def test_answers_that_change_with_the_index_are_not_cached(client):
    for url in ("/", "/item/1003", "/api/products/1003", "/healthz", "/nowhere"):
        assert client.get(url).headers["Cache-Control"] == "no-cache"
    # How long it took is in the answer, so that it has no tag to be asked with again.
    answer = client.get("/get_similar?id=1003")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_each_thread_that_answers_searches_with_one_thread(client):
    seen = []

    def ask():
        client.get("/healthz")
        seen.append(faiss.omp_get_max_threads())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [1]


@pytest.mark.parametrize("host", ["xn--", "a b", "<script>", "localhost:99999", ""])
def test_a_host_of_which_no_address_can_be_made_is_refused(client, host):
    environ = create_environ("/get_similar?id=1003") | {"HTTP_HOST": host}
    body, status, _ = run_wsgi_app(client.application, environ)
    assert status == "400 BAD REQUEST"
    assert json.loads(b"".join(body))["code"] == "bad_request"


def test_an_endless_width_is_no_thumbnail(client):
    assert client.get(f"/thumbs/{'0' * 64}-{'1' * 300}.webp").status_code == 404


def test_a_page_stays_small_however_many_values_are_chosen(client):
    plain = len(client.get("/?Colour=Red").data)
    many = "&".join(f"Colour=c{number}" for number in range(3000))
    assert len(client.get(f"/?{many}").data) < 10 * plain


def test_style_sheets_and_scripts_are_kept_for_ever_under_the_address_of_their_contents(
    client, tmp_path
):
    answer = client.get(style_sheet(client), buffered=True)
    assert "immutable" in answer.headers["Cache-Control"]
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    static = tmp_path / "static"
    static.mkdir()
    (static / "style.css").write_text("a {}")
    addresses = set()
    for text in ("a {}", "b {}", "a {}"):
        (static / "style.css").write_text(text)
        app = Flask("other", root_path=str(tmp_path), static_folder=None)
        add_static(app)
        with app.test_request_context():
            addresses.add(url_for("static", filename="style.css"))
    assert len(addresses) == 2


@pytest.mark.parametrize("accepted", ["gzip", "br", "zstd"])
def test_pages_scripts_and_json_are_compressed_and_thumbnails_are_not(client, accepted):
    headers = {"Accept-Encoding": accepted}
    thumbnail = re.search(r'src="(/thumbs/[^"]+)"', client.get("/").text)[1]
    for path in ("/", style_sheet(client), "/api/products"):
        answer = client.get(path, headers=headers, buffered=True)
        assert answer.headers["Content-Encoding"] == accepted
        assert len(answer.data) < len(client.get(path, buffered=True).data) / 2
    assert "Content-Encoding" not in client.get(thumbnail, headers=headers, buffered=True).headers


@pytest.mark.parametrize("encoding", ["", "br"])
@pytest.mark.parametrize("path", ["/", "/item/1003", "/api/products", "/about-index"])
def test_what_a_browser_has_already_is_not_sent_again(client, path, encoding):
    headers = {"Accept-Encoding": encoding}
    known = {**headers, "If-None-Match": client.get(path, headers=headers).headers["ETag"]}
    again = client.get(path, headers=known)
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(path, headers={**known, "Accept-Language": "pt-BR"})
    assert other.status_code == 200


@pytest.mark.parametrize("host", ["x" * 70 + ".test", "a..b", "a b", "", "a\x00b", "[::1"])
@pytest.mark.parametrize("path", ["/", "/item/1003", "/healthz", "/none"])
def test_a_host_of_which_no_address_can_be_made_is_refused_with_all_headers(client, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert set(answer.headers["Content-Security-Policy"].split("; ")) >= POLICY


@pytest.mark.parametrize("path", ["/search", "/get_similar"])
def test_a_photo_of_any_bytes_passes_the_parser_of_forms(wardrobe, path):
    """A line's end near the edge of a chunk makes the parser hold a little of it back."""
    client = create_app({"index": wardrobe.root}).test_client()
    generator = np.random.default_rng(0)
    for _ in range(8):
        pixels = generator.integers(0, 255, (700, 700, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=85)
        assert file.tell() > 300_000
        file.seek(0)
        assert client.post(path, data={"image": (file, "a.jpg")}).status_code == 200


def test_only_a_photo_that_is_too_large_is_said_to_be(client):
    fields = client.post("/search", data={"url": "x" * 400_000, "image": (io.BytesIO(b"x"), "a")})
    assert fields.status_code == 413
    many = client.post(
        "/search", data={f"f{n}": "x" for n in range(1200)} | {"image": (io.BytesIO(b"x"), "a.jpg")}
    )
    assert many.status_code == 413
    assert "The photo is larger" not in many.text


def test_a_form_that_is_too_large_is_not_even_read(client):
    file = io.BytesIO(b"x" * (MAX_UPLOAD + FORM_BYTES))
    assert client.post("/get_similar", data={"other": (file, "a")}).status_code == 413


@pytest.mark.parametrize("path", ["/", "/item/1003", "/api/products", "/api/products/1003"])
def test_no_address_makes_a_page_much_larger_than_a_page(client, path):
    pairs = [(name, f"{'x' * 600}{n}") for name in ("Colour", "Gender") for n in range(50)]
    pairs += [(name, f"{n}{'y' * 5000}") for name in ("more", "less", "trail") for n in range(50)]
    pairs += [("q", "word " * 1000)]
    assert len(client.get(path, query_string=pairs).data) < 600_000


def test_a_page_shows_one_generation_though_another_is_published_meanwhile(tmp_path, monkeypatch):
    first = publish_products(tmp_path, random_unit_vectors(3))
    app = create_app({"index": tmp_path, "reload_seconds": 0})
    client = app.test_client()
    live = app.extensions["vitrine"].live
    client.get("/")
    kinds = iter([live.snapshot(), None])
    monkeypatch.setattr(type(live), "snapshot", lambda self: next(kinds))
    assert f'data-generation="{first.name}"' in client.get("/").text
