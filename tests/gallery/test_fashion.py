"""`POST /fashion`: what a client of the older program sends, and what it reads."""

from __future__ import annotations

import base64
import io
import threading

import numpy as np
import pytest
import requests
from PIL import Image

from app import create_app
from tests.drawings import photo_bytes, picture
from tests.gallery.conftest import MAX_UPLOAD, TWINS, served
from tests.generations import publish_products, random_unit_vectors
from vitrine.encoders.registry import load_encoder
from vitrine.settings import Settings
from vitrine.snapshot import EncoderFacts

SIX = ["0", "1", "2", "3", "4", "5"]


def ask(client, body, **fields):
    return client.post("/fashion", data={"image": (io.BytesIO(body), "query.jpg"), **fields})


def opened(answer, place):
    return Image.open(io.BytesIO(base64.b64decode(answer["images"][place], validate=True)))


def code(answer):
    assert set(answer.json) == {"error", "code", "status"}
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.json["code"]


def test_it_answers_six_pictures_and_six_captions(client):
    answer = ask(client, photo_bytes(7, (480, 640))).json
    assert set(answer) == {"images", "captions"}
    assert list(answer["images"]) == list(answer["captions"]) == SIX
    for place in SIX:
        with opened(answer, place) as picture:
            assert (picture.format, picture.mode) == ("PNG", "RGB")
            assert picture.size == (400, 533)


def test_they_are_the_products_of_get_similar_best_first(client):
    photo = photo_bytes(7, (480, 640))
    answer = ask(client, photo).json
    upload = {"image": (io.BytesIO(photo), "query.jpg"), "k": "6"}
    similar = client.post("/get_similar", data=upload).json["results"]
    assert [similar[0]["id"], similar[1]["id"]] == list(TWINS)
    for place, result in zip(SIX, similar, strict=True):
        facts = [f"{name}: {value}" for name, value in result["facts"].items()]
        assert answer["captions"][place].split("\n") == [result["title"], *facts]
        shown = client.get(result["thumbnail_url"], buffered=True).data
        with opened(answer, place) as picture, Image.open(io.BytesIO(shown)) as thumbnail:
            assert np.array_equal(picture, thumbnail.convert("RGB"))


def test_a_caption_has_a_fact_a_line(client):
    answer = ask(client, photo_bytes(7, (480, 640))).json
    assert answer["captions"]["0"] == (
        "Green Shoes number 7\nGender: Women\nCategory: Footwear\nProductType: Shoes\nColour: Green"
    )


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "CMYK", "I;16"])
def test_photos_of_any_kind_are_read(client, mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    drawn = picture(7, (480, 640)).convert("L" if mode == "I;16" else "RGB")
    file = io.BytesIO()
    drawn.convert(mode).save(file, kind)
    assert list(ask(client, file.getvalue()).json["images"]) == SIX


def test_of_fewer_products_it_answers_as_many_as_there_are(tmp_path):
    encoder = load_encoder("handcrafted")
    facts = EncoderFacts(name="handcrafted", fingerprint=encoder.fingerprint)
    vectors = random_unit_vectors(3, encoder.dimension)
    snapshot = publish_products(tmp_path, vectors, encoder=facts)
    answer = ask(create_app({"index": tmp_path}).test_client(), photo_bytes(1)).json
    assert list(answer["images"]) == list(answer["captions"]) == ["0", "1", "2"]
    # The gallery's copies are not there: a plate of the photo's colour stands in for each.
    with opened(answer, "0") as plate:
        assert plate.size == (400, 533)
        assert plate.getpixel((0, 0)) == (0xAA, 0xBB, 0xCC)
    assert len(snapshot) == 3


def test_two_users_at_once_each_get_their_own(wardrobe):
    settings = Settings(index=wardrobe.root)
    answers = {}
    with served(create_app(settings), settings) as address:

        def send(number):
            files = {"image": ("query.jpg", photo_bytes(number, (480, 640)), "image/jpeg")}
            answers[number] = requests.post(f"{address}/fashion", files=files, timeout=30).json()

        threads = [threading.Thread(target=send, args=[number]) for number in (3, 5, 9, 11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    first = {number: answer["captions"]["0"].split("\n")[0] for number, answer in answers.items()}
    assert first == {
        3: "White Shoes number 3",
        5: "Red Tops number 5",
        9: "Black Tops number 9",
        11: "Blue Shoes number 11",
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!doctype html><title>hello</title>", (415, "not_an_image")),
        (b"", (400, "empty")),
        (photo_bytes(1, kind="JPEG")[:-200], (400, "truncated")),
        (b"\0\0\0\x20ftypheic\0\0\0\0mif1MiHBmiafheic" + bytes(200), (415, "heic")),
        (b"\xff" * (MAX_UPLOAD + 1), (413, "too_large")),
    ],
)
def test_what_is_no_photo_is_refused_as_by_get_similar(client, body, expected):
    answer = ask(client, body)
    assert code(answer) == expected
    similar = client.post("/get_similar", data={"image": (io.BytesIO(body), "query.jpg")})
    assert similar.json == answer.json


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"data": {"photo": "words"}},
        {"data": {"image": "words"}},
        {"data": {"image": (io.BytesIO(b""), "")}},
        {"json": {"image_path": "1003.png"}},
    ],
)
def test_without_a_photo_it_says_what_to_send(client, sent):
    answer = client.post("/fashion", **sent)
    assert code(answer) == (400, "no_query")
    assert answer.json["error"] == (
        "No photo was sent. Send one as the file image of a multipart form."
    )


def test_several_photos_are_refused(client):
    two = [(io.BytesIO(photo_bytes(n)), f"{n}.png") for n in (1, 2)]
    answer = client.post("/fashion", data={"image": two})
    assert code(answer) == (400, "several_queries")


def test_it_is_asked_by_post_and_says_so(client):
    answer = client.get("/fashion")
    assert code(answer) == (405, "method_not_allowed")
    assert answer.json["error"] == "This address can't be used in this way. It takes: POST."
    assert "POST" in answer.headers["Allow"]


def test_without_an_index_it_is_told_as_anywhere(tmp_path):
    answer = ask(create_app({"index": tmp_path / "none"}).test_client(), photo_bytes(1))
    assert code(answer) == (503, "no_index")
