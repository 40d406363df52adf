"""Search by a photo of one's own: through the API and through the page."""

from __future__ import annotations

import io
import re
import threading
import time

import numpy as np
import pytest
import requests
from PIL import Image

from app import create_app
from gallery import context
from gallery.uploads import PHOTOS_IN_MEMORY, preview_of
from tests.drawings import photo_bytes
from tests.gallery.conftest import LOST, MAX_UPLOAD, PAGE_SIZE, TWINS, fetching_app, served
from tests.generations import publish_products, random_unit_vectors
from tests.photo_server import Reply
from vitrine import index_encoder
from vitrine.encoders.base import EncoderError
from vitrine.encoders.registry import load_encoder
from vitrine.settings import Settings
from vitrine.snapshot import open_snapshot

ENDPOINTS = ["/get_similar", "/search"]


def upload(client, body, endpoint="/get_similar", name="photo.png", **fields):
    return client.post(endpoint, data={"image": (io.BytesIO(body), name), **fields})


def code(answer):
    return answer.status_code, answer.json["code"]


def test_a_photo_of_the_catalogue_finds_itself_and_its_twin(client):
    answer = upload(client, photo_bytes(7, (480, 640)), k="3")
    assert answer.status_code == 200
    assert answer.json["query"] == {"upload": {"width": 480, "height": 640}}
    first, second, third = answer.json["results"]
    assert (first["id"], second["id"]) == TWINS
    assert first["score"] == second["score"] == pytest.approx(1, abs=1e-5)
    assert third["score"] < first["score"]


def test_the_answer_is_the_exact_one_for_the_photos_vector(client, wardrobe):
    snapshot = open_snapshot(wardrobe.generation(wardrobe.current_name()))
    photo = Image.open(io.BytesIO(photo_bytes(99))).convert("RGB")
    encoder = load_encoder("handcrafted")
    scores = snapshot.index.vectors() @ encoder.encode([encoder.prepare(photo)])[0]
    answer = upload(client, photo_bytes(99), k="10").json
    assert [result["id"] for result in answer["results"]] == [
        snapshot.ids[row] for row in np.argsort(-scores, kind="stable")[:10]
    ]


def test_facets_narrow_an_upload_too(client):
    answer = upload(client, photo_bytes(3), k="100", Colour="Red")
    assert {result["facts"]["Colour"] for result in answer.json["results"]} == {"Red"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!doctype html><title>hello</title>", (415, "not_an_image")),
        (b"just some words", (415, "not_an_image")),
        (b"%PDF-1.7 ...", (415, "unsupported_format")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", (415, "unsupported_format")),
        (b"", (400, "empty")),
        (photo_bytes(1)[:200], (400, "truncated")),
        (photo_bytes(1, kind="JPEG")[:-200], (400, "truncated")),
    ],
)
def test_what_is_no_photo_is_refused_by_its_bytes_whatever_its_name(client, body, expected):
    answer = upload(client, body, name="dress.jpg")
    assert code(answer) == expected
    assert answer.json["error"]


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PNG"])
def test_a_photo_is_read_by_its_bytes_whatever_its_name(client, kind):
    assert upload(client, photo_bytes(7, kind=kind), name="dress.jpg").status_code == 200


def test_a_photo_of_too_many_pixels_is_refused(client):
    file = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(file, "PNG")
    assert code(upload(client, file.getvalue())) == (413, "too_many_pixels")


def test_a_form_without_a_chosen_file_asks_nothing(client):
    assert code(upload(client, b"", name="")) == (400, "no_query")
    page = upload(client, b"", endpoint="/search", name="")
    assert page.status_code == 400
    assert "No photo was chosen" in page.text


def test_a_photo_and_an_id_are_two_queries(client):
    assert code(upload(client, photo_bytes(1), id="1000")) == (400, "several_queries")


def test_a_photo_under_another_name_is_an_unknown_parameter(client):
    answer = client.post("/get_similar", data={"photo": (io.BytesIO(photo_bytes(1)), "a.png")})
    assert code(answer) == (400, "unknown_parameter")


def test_a_photo_just_over_the_limit_is_refused_in_words(client):
    answer = upload(client, b"\xff" * (MAX_UPLOAD + 1))
    assert code(answer) == (413, "too_large")


def test_thirty_megabytes_get_our_own_answer_from_the_real_server(wardrobe):
    settings = Settings(index=wardrobe.root)
    with served(create_app(settings), settings) as address:
        body = b"\xff" * 30_000_000
        for path in ENDPOINTS:
            answer = requests.post(address + path, files={"image": ("a.jpg", body)}, timeout=30)
            assert answer.status_code == 413
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            if path == "/get_similar":
                assert answer.json() == {
                    "error": "The photo is larger than 16 MB. Send a smaller one.",
                    "code": "too_large",
                    "status": 413,
                }
        assert requests.get(address + "/healthz", timeout=5).json()["status"] == "ok"


class TestPage:
    def test_it_shows_the_photo_and_links_to_the_results(self, client):
        page = upload(client, photo_bytes(7, (480, 640)), endpoint="/search")
        assert page.status_code == 200
        assert 'src="data:image/webp;base64,' in page.text
        assert page.text.index(f"/item/{TWINS[0]}") < page.text.index(f"/item/{TWINS[1]}")

    def test_a_bad_photo_gets_a_page_that_says_so(self, client):
        page = upload(client, b"<html>", endpoint="/search")
        assert page.status_code == 415
        assert page.mimetype == "text/html"
        assert "The file is no photo." in page.text

    def test_the_address_of_results_is_that_of_the_state_that_is_shown(self, client):
        page = upload(client, photo_bytes(7), endpoint="/search?Gender=Men&more=1001")
        address = page.headers["Content-Location"]
        assert address.endswith("?Gender=Men&more=1001")
        again = client.get(address).text
        found = re.findall(r'data-look="([^"]+)"', page.text)
        assert re.findall(r'data-look="([^"]+)"', again) == found
        assert "1001" not in found

    def test_the_preview_is_made_while_few_photos_are_in_memory(self, app, monkeypatch):
        room = app.extensions[context.EXTENSION].uploads.room
        free = []

        def spied(photo):
            taken = [room.acquire(blocking=False) for _ in range(PHOTOS_IN_MEMORY)]
            free.append(sum(taken))
            for _ in range(sum(taken)):
                room.release()
            return preview_of(photo)

        monkeypatch.setattr("gallery.embedding.preview_of", spied)
        client = app.test_client()
        assert upload(client, photo_bytes(7), endpoint="/search").status_code == 200
        assert free == [PHOTOS_IN_MEMORY - 1]
        assert upload(client, photo_bytes(7)).status_code == 200
        assert len(free) == 1  # a program is shown no preview

    def test_a_page_that_is_shared_is_shown_by_what_was_found(self, client):
        page = upload(client, photo_bytes(7, (480, 640)), endpoint="/search").text
        said = dict(re.findall(r'<meta property="og:([a-z:]+)" content="([^"]*)">', page))
        assert said["title"] == "Products that look like a photo · Vitrine"
        assert said["description"].startswith("Green Shoes number 7, White Shirts number 8, ")
        assert said["image:alt"] == "Green Shoes number 7"
        assert client.get(said["image"], buffered=True).mimetype == "image/webp"

    def test_its_address_by_itself_leads_to_the_gallery(self, client):
        assert client.get("/search").location == "/"


class TestPageByURL:
    """What the API knows by its URL, people can search with too."""

    def search(self, client, url, query="", **fields):
        return client.post(f"/search{query}", data={"url": url, **fields})

    def test_every_url_of_a_product_leads_to_its_page(self, client):
        product = client.get("/get_similar?id=1003").json["query"]
        urls = ["1003.png", "http://localhost/item/1003", "/api/products/1003"]
        urls += [product[key] for key in ("image_url", "thumbnail_url", "page_url")]
        for url in urls:
            answer = self.search(client, url)
            assert (answer.status_code, answer.location) == (303, "/item/1003"), url
            assert client.get("/get_similar", query_string={"image_path": url}).status_code == 200

    def test_the_state_that_was_asked_for_is_kept(self, client):
        answer = self.search(client, "1003.png", "?Colour=Red&more=1001&nonsense=1")
        assert answer.location == "/item/1003?Colour=Red&more=1001"

    @pytest.mark.parametrize("url", ["gone.png", f"/item/{LOST}", "/item/nope"])
    def test_a_product_that_cannot_be_searched_with_is_told_as_in_the_api(self, client, url):
        page = self.search(client, url)
        answer = client.get("/get_similar", query_string={"image_path": url})
        assert page.status_code == answer.status_code == 404
        assert answer.json["error"].replace("'", "&#39;") in page.text

    def test_a_part_of_a_catalogues_photo_is_refused_as_in_the_api(self, client):
        page = self.search(client, "1003.png", crop="0,0,0.5,1")
        assert page.status_code == 400
        assert "Upload it to search with a part of it." in page.text

    def test_a_part_of_a_fetched_photo_is_searched_with(self, wardrobe, photo_server):
        photo_server.replies["/dress.png"] = Reply(photo_bytes(3, (480, 640)))
        client = fetching_app(wardrobe).test_client()
        page = self.search(client, photo_server.url("/dress.png"), crop="0,0,0.5,1")
        assert page.status_code == 200
        photo = client.get(f"/api{page.headers['Content-Location']}").json["photo"]
        assert photo == {"width": 240, "height": 640}

    def test_what_is_no_part_of_a_photo_is_refused_before_anything_is_fetched(
        self, wardrobe, photo_server
    ):
        client = fetching_app(wardrobe).test_client()
        page = self.search(client, photo_server.url("/dress.png"), crop="0,0,2,2")
        assert page.status_code == 400
        assert photo_server.seen == []


class TestEncoder:
    """When it is loaded, and what happens where it can't be."""

    @pytest.fixture
    def loads(self, monkeypatch):
        """Every name that is loaded; loading takes a while, as it does for a network."""
        names = []

        def load(name):
            names.append(name)
            time.sleep(0.1)
            return load_encoder(name)

        monkeypatch.setattr(index_encoder, "load_encoder", load)
        return names

    def test_no_click_loads_it(self, wardrobe, loads):
        client = create_app({"index": wardrobe.root, "page_size": PAGE_SIZE}).test_client()
        for path in ("/", "/item/1003", "/get_similar?id=1003", "/healthz"):
            assert client.get(path).status_code == 200
        assert loads == []

    def test_many_uploads_at_once_load_it_once(self, wardrobe, loads):
        app = create_app({"index": wardrobe.root})
        answers = []

        def ask():
            answers.append(upload(app.test_client(), photo_bytes(7, (480, 640)), k="1").json)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert loads == ["handcrafted"]
        assert [answer["results"][0]["id"] for answer in answers] == [TWINS[0]] * 6

    def test_another_fingerprint_is_a_mismatch_and_clicks_go_on(self, tmp_path, caplog):
        publish_products(tmp_path, random_unit_vectors(5))  # its fingerprint is made up
        client = create_app({"index": tmp_path}).test_client()
        for _ in range(2):
            assert code(upload(client, photo_bytes(1))) == (503, "encoder_mismatch")
        assert client.get("/get_similar?id=p0").status_code == 200
        assert caplog.text.count("has changed since the index was made") == 1

    @pytest.mark.parametrize("problem", [EncoderError, ImportError])
    def test_an_encoder_that_cannot_be_loaded_is_told_without_paths(
        self, wardrobe, monkeypatch, caplog, problem
    ):
        def load(name):
            raise problem("no weights in /srv/secret/models")

        monkeypatch.setattr(index_encoder, "load_encoder", load)
        client = create_app({"index": wardrobe.root}).test_client()
        answer = upload(client, photo_bytes(1))
        assert code(answer) == (503, "encoder_unavailable")
        assert "secret" not in answer.text
        assert "no weights in /srv/secret/models" in caplog.text
