"""`/get_similar`: every line of its contract, and every bad input."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from app import create_app
from gallery.guards import PARSER_BYTES
from tests.drawings import photo_bytes
from tests.gallery.conftest import LOST, PRODUCTS, TWINS, fetching_app
from tests.generations import product, publish_products, random_unit_vectors
from tests.photo_server import Reply
from vitrine.failures import FailureCode
from vitrine.palettes import palette_of_colour
from vitrine.snapshot import open_current, open_snapshot

ROUNDING = 2e-6  # scores have six decimals


def ask(client, **parameters):
    return client.get("/get_similar", query_string=parameters)


def ids(answer):
    assert answer.status_code == 200, answer.json
    return [result["id"] for result in answer.json["results"]]


def refusal(answer):
    """The code of an error, after checking the shape that all errors have."""
    assert set(answer.json) == {"error", "code", "status"}
    assert answer.json["status"] == answer.status_code
    assert answer.json["error"].endswith((".", "}."))
    return answer.status_code, answer.json["code"]


def test_an_answer_has_the_keys_of_the_contract(client):
    answer = ask(client, id="1003", k=2).json
    assert set(answer) == {"query", "similar_images", "results", "encoder", "took_ms"}
    assert answer["query"]["id"] == "1003"
    assert answer["encoder"] == "handcrafted"
    assert answer["took_ms"] >= 0
    product = {"id", "title", "image_url", "thumbnail_url", "page_url", "facts"}
    assert set(answer["query"]) == product
    assert set(answer["results"][0]) == product | {"score", "distance"}
    assert answer["similar_images"] == [result["image_url"] for result in answer["results"]]


class TestScore:
    def test_it_is_the_cosine_unless_another_is_asked_for(self, client):
        plain = ask(client, id="1003").json
        cosine = ask(client, id="1003", score="cosine").json
        assert plain["results"] == cosine["results"]

    def test_the_inverse_distance_is_one_over_one_plus_the_squared_distance(self, client):
        cosine = ask(client, id=TWINS[0], k=100).json["results"]
        inverse = ask(client, id=TWINS[0], k=100, score="inverse_distance").json["results"]
        assert [result["id"] for result in inverse] == [result["id"] for result in cosine]
        for one, other in zip(cosine, inverse, strict=True):
            assert other["distance"] == one["distance"] == pytest.approx(2 - 2 * one["score"])
            assert other["score"] == pytest.approx(1 / (1 + one["distance"]), abs=ROUNDING)
        assert inverse[0]["id"] == TWINS[1]
        assert inverse[0]["score"] == 1
        assert inverse[-1]["score"] < 0.9

    def test_it_may_be_in_a_json_body(self, client):
        body = {"image_path": "1003.png", "score": "inverse_distance", "k": 1}
        (result,) = client.post("/get_similar", json=body).json["results"]
        assert result["score"] == pytest.approx(1 / (1 + result["distance"]), abs=ROUNDING)

    @pytest.mark.parametrize("asked", ["score=euclid", "score=cosine&score=cosine", "score=COSINE"])
    def test_any_other_is_refused_in_a_sentence_that_names_both(self, client, asked):
        answer = client.get(f"/get_similar?id=1003&{asked}")
        assert refusal(answer) == (400, "bad_score")
        assert "cosine, inverse_distance" in answer.json["error"]


def test_facts_keep_the_order_of_the_catalogue(client):
    facts = ask(client, id="1003").json["query"]["facts"]
    assert list(facts) == ["Gender", "Category", "ProductType", "Colour"]


def test_answers_equal_an_exact_computation_by_id(tmp_path):
    vectors = random_unit_vectors(300, dimension=24)
    vectors[200:240] = vectors[10:50]  # identical photos
    vectors[240:250] = vectors[10]
    snapshot = publish_products(tmp_path, vectors)
    client = create_app({"index": tmp_path}).test_client()
    exact = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    for row, product_id in enumerate(snapshot.ids):
        answer = ask(client, id=product_id, k=20)
        found = [snapshot.rows[i] for i in ids(answer)]
        scores = [result["score"] for result in answer.json["results"]]
        assert row not in found
        assert len(set(found)) == 20
        assert np.allclose(scores, exact[row, found], atol=ROUNDING)
        assert scores == sorted(scores, reverse=True)
        left_out = np.delete(exact[row], [row, *found])
        assert scores[-1] >= left_out.max() - ROUNDING
        twins = [i for i in np.flatnonzero(exact[row] > 1 - ROUNDING) if i != row]
        assert found[: len(twins)] == twins
        distances = [result["distance"] for result in answer.json["results"]]
        assert np.allclose(distances, 2 - 2 * np.array(scores), atol=1e-9)


def test_twelve_results_unless_told_otherwise(client):
    assert len(ids(ask(client, id="1000"))) == 12


def test_k_above_the_catalogue_gives_every_other_product(client):
    found = ids(ask(client, id="1000", k=100))
    assert sorted(found) == [str(1000 + number) for number in range(1, PRODUCTS)]


def test_a_product_with_the_identical_photo_comes_first_and_the_query_never(client):
    for one, other in (TWINS, TWINS[::-1]):
        best, *rest = ask(client, id=one, k=100).json["results"]
        assert (best["id"], best["score"], best["distance"]) == (other, 1.0, 0.0)
        assert one not in [result["id"] for result in rest]


def test_an_index_of_one_product_has_nothing_similar(tmp_path):
    publish_products(tmp_path, random_unit_vectors(1))
    client = create_app({"index": tmp_path}).test_client()
    assert ids(ask(client, id="p0")) == []
    assert client.get("/item/p0").status_code == 200


class TestQueries:
    """By which ways a query may come."""

    def test_older_clients_post_json_with_an_image_path(self, client):
        answer = client.post("/get_similar", json={"image_path": "1003.png"})
        assert ids(answer) == ids(ask(client, id="1003"))

    def test_a_form_post(self, client):
        answer = client.post("/get_similar", data={"id": "1003", "k": "3", "Gender": "Women"})
        assert ids(answer) == ids(ask(client, id="1003", k=3, Gender="Women"))

    def test_json_with_a_number_as_id_and_a_list_as_filter(self, client):
        body = {"id": 1003, "k": 5, "Colour": ["Red", "Blue"]}
        answer = client.post("/get_similar", json=body)
        assert ids(answer) == ids(ask(client, id="1003", k=5, Colour=["Red", "Blue"]))

    def test_a_post_without_a_body_may_ask_in_the_query_string(self, client):
        assert ids(client.post("/get_similar?id=1003")) == ids(ask(client, id="1003"))

    @pytest.mark.parametrize("key", ["image_url", "thumbnail_url", "page_url"])
    def test_every_url_that_was_handed_out_is_taken_back(self, client, key):
        for result in ask(client, id="1000", k=100).json["results"]:
            if result["id"] in TWINS and key != "page_url":
                continue  # one photo, two products: the URL stands for the first
            for url in (result[key], "http://localhost" + result[key].split("localhost")[-1]):
                answer = ask(client, image_path=url)
                assert answer.json["query"]["id"] == result["id"]
                assert result["id"] not in ids(answer)

    def test_every_size_of_a_photo_is_taken_back(self, client):
        srcset = re.search(r'srcset="([^"]+)"', client.get("/item/1003").text)[1]
        urls = [part.split()[0] for part in srcset.split(", ")]
        assert len(urls) == 3
        assert {ask(client, image_path=url).json["query"]["id"] for url in urls} == {"1003"}

    def test_an_absolute_catalogue_url_is_answered_with_absolute_catalogue_urls(self, tmp_path):
        publish_products(tmp_path, random_unit_vectors(5))
        client = create_app({"index": tmp_path}).test_client()
        answer = ask(client, image_path="http://photos.test/3.jpg")
        assert answer.json["query"]["id"] == "p3"
        assert sorted(answer.json["similar_images"]) == [
            f"http://photos.test/{number}.jpg" for number in (0, 1, 2, 4)
        ]

    def test_images_of_relative_references_load_from_the_gallery(self, client):
        for url in ask(client, id="1000").json["similar_images"]:
            assert url.startswith("http://localhost/thumbs/")
            assert client.get(url, buffered=True).mimetype == "image/webp"

    def test_a_javascript_url_of_the_catalogue_is_never_handed_out(self, tmp_path):
        evil = product(1, image_url="javascript:alert(1)")
        publish_products(tmp_path, random_unit_vectors(2), [product(0), evil])
        client = create_app({"index": tmp_path}).test_client()
        answer = ask(client, id="p0")
        assert "javascript" not in answer.text
        assert "javascript" not in client.get("/item/p1").text


class TestFilters:
    def test_a_facet_narrows_and_the_answer_is_exact(self, client, wardrobe):
        snapshot = open_snapshot(wardrobe.generation(wardrobe.current_name()))
        everything = ids(ask(client, id="1000", k=100))
        reds = {p.id for p in snapshot.products.get(range(PRODUCTS)) if p.facts["Colour"] == "Red"}
        narrowed = ids(ask(client, id="1000", k=100, Colour="Red"))
        assert narrowed == [i for i in everything if i in reds]
        assert narrowed

    def test_values_of_a_facet_are_alternatives_and_facets_add_up(self, client):
        answer = ask(client, id="1000", k=100, Colour=["Red", "Blue"], Category="Footwear")
        facts = [result["facts"] for result in answer.json["results"]]
        assert {f["Colour"] for f in facts} == {"Red", "Blue"}
        assert {f["Category"] for f in facts} == {"Footwear"}

    def test_a_value_that_no_product_has_leaves_nothing(self, client):
        assert ids(ask(client, id="1000", Colour="Ultraviolet")) == []

    def test_an_unknown_parameter_is_refused_and_the_facets_are_named(self, client):
        answer = ask(client, id="1000", color="Red")
        assert refusal(answer) == (400, "unknown_parameter")
        assert "'color'" in answer.json["error"]
        assert "Gender, Category, ProductType, Colour" in answer.json["error"]


class TestRefinement:
    """`more` and `less`: examples that move the query."""

    def test_more_moves_the_answer_towards_a_product_and_less_away_from_it(self, tmp_path):
        vectors = random_unit_vectors(200, dimension=8)
        publish_products(tmp_path, vectors)
        client = create_app({"index": tmp_path}).test_client()

        def closeness(**examples):
            rows = [int(i[1:]) for i in ids(ask(client, id="p0", k=20, **examples))]
            return float(np.mean(vectors[rows] @ vectors[7]))

        assert closeness(more="p7") > closeness() > closeness(less="p7")

    def test_answers_are_those_of_the_products_page(self, client):
        for query in ("", "&more=1004&more=1005", "&less=1001", "&more=1004&less=1009&less=1004"):
            page = client.get(f"/api/products/1003?{query}").json["similar"]
            asked = client.get(f"/get_similar?id=1003&k=12{query}").json["results"]
            assert [(r["id"], r["score"]) for r in page] == [(r["id"], r["score"]) for r in asked]

    def test_the_examples_themselves_are_not_among_the_results(self, client):
        found = ids(ask(client, id="1003", k=100, more=["1004", "1005"], less="1006"))
        assert len(found) == PRODUCTS - 4
        assert not {"1003", "1004", "1005", "1006"} & set(found)

    def test_an_upload_can_be_refined_too(self, client):
        photo = {"image": (io.BytesIO(photo_bytes(99)), "photo.png")}
        answer = client.post("/get_similar?more=1004&k=100", data=photo)
        assert "1004" not in ids(answer)

    @pytest.mark.parametrize("name", ["more", "less"])
    def test_an_unknown_example_is_refused_like_an_unknown_id(self, client, name):
        assert refusal(ask(client, id="1003", **{name: "nope"})) == (404, "unknown_product")
        assert refusal(ask(client, id="1003", **{name: LOST})) == (404, "no_photo")

    @pytest.mark.parametrize("name", ["more", "less"])
    def test_no_more_than_twelve_examples(self, client, name):
        many = [str(1004 + number) for number in range(13)]
        assert ids(ask(client, id="1003", **{name: many[:12]}))
        answer = ask(client, id="1003", **{name: many})
        assert refusal(answer) == (400, "bad_request")
        assert f"at most 12 ids as {name}" in answer.json["error"]


class TestCrop:
    def test_a_part_of_the_photo_is_searched_with(self, client):
        left, right = (Image.open(io.BytesIO(photo_bytes(n, (480, 640)))) for n in (3, 20))
        both = Image.new("RGB", (960, 640))
        both.paste(left, (0, 0))
        both.paste(right, (480, 0))
        file = io.BytesIO()
        both.save(file, "PNG")
        for crop, expected in (("0,0,0.5,1", "1003"), ("0.5,0,0.5,1", "1020")):
            photo = {"image": (io.BytesIO(file.getvalue()), "photo.png"), "crop": crop}
            answer = client.post("/get_similar", data=photo)
            assert ids(answer)[0] == expected
            assert answer.json["query"] == {"upload": {"width": 480, "height": 640}}

    @pytest.mark.parametrize("crop", ["1,1,1,1", "0,0,0,1", "nan,0,1,1", "0,0,1", "a,b,c,d"])
    def test_what_is_no_part_of_the_photo_is_refused(self, client, crop):
        photo = {"image": (io.BytesIO(photo_bytes(3)), "photo.png"), "crop": crop}
        assert refusal(client.post("/get_similar", data=photo)) == (400, "bad_crop")

    def test_only_an_upload_has_parts(self, client):
        assert refusal(ask(client, id="1003", crop="0,0,0.5,1")) == (400, "bad_crop")


class TestURLs:
    """Of photos that are not in the catalogue, where the owner has allowed them."""

    def test_where_they_are_allowed_the_photo_is_fetched(self, wardrobe, photo_server):
        photo_server.replies["/dress.png"] = Reply(photo_bytes(3, (480, 640)))
        client = fetching_app(wardrobe).test_client()
        answer = ask(client, image_path=photo_server.url("/dress.png"), k=3)
        assert ids(answer)[0] == "1003"
        assert answer.json["query"] == {"fetched": {"width": 480, "height": 640}}

    def test_addresses_that_are_not_public_are_not_fetched(self, wardrobe, photo_server):
        photo_server.replies["/dress.png"] = Reply(photo_bytes(3))
        client = create_app({"index": wardrobe.root, "url_queries": True}).test_client()
        answer = ask(client, image_path=photo_server.url("/dress.png"))
        assert refusal(answer) == (422, "url_not_fetched")
        assert photo_server.seen == []

    def test_urls_of_the_catalogue_need_no_fetching(self, wardrobe):
        client = create_app({"index": wardrobe.root, "url_queries": True}).test_client()
        for url in ("1003.png", "/item/1003", "/api/products/1003"):
            assert ask(client, image_path=url).json["query"]["id"] == "1003"


class TestBadInput:
    @pytest.mark.parametrize(
        "k", ["0", "-1", "101", "1e9", "NaN", "inf", "abc", "1.5", "٣", "9" * 5000, "1 2"]
    )
    def test_bad_k(self, client, k):
        assert refusal(ask(client, id="1000", k=k)) == (400, "bad_k")

    @pytest.mark.parametrize(
        "body",
        [
            '{"id": "1000", "k": NaN}',
            '{"id": "1000", "k": -1}',
            '{"id": "1000", "k": 2.5}',
            '{"id": "1000", "k": [3, 4]}',
            '{"id": "1000", "k": 3, "k": 4}',
            '{"id": "1000", "k": "many"}',
        ],
    )
    def test_bad_k_in_json(self, client, body):
        answer = client.post("/get_similar", data=body, content_type="application/json")
        assert refusal(answer) == (400, "bad_k")

    def test_repeated_k(self, client):
        assert refusal(ask(client, id="1000", k=["3", "3"])) == (400, "bad_k")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"null",
            b"[1]",
            b'[["id", "1000"]]',
            b'"1000"',
            b"\xff\xfe",
            b"[" * 60_000,
            b'{"id": {"a": 1}}',
            b'{"id": true}',
            b'{"id": "\\ud800"}',
            b'{"image_path": "\\udfff"}',
            b"id=1000",
        ],
    )
    @pytest.mark.parametrize("content_type", ["application/json", None])
    def test_no_json_or_broken_json(self, client, body, content_type):
        answer = client.post("/get_similar", data=body, content_type=content_type)
        assert refusal(answer) == (400, "bad_json")

    @pytest.mark.parametrize("parameters", [{}, {"k": 3}, {"id": ""}, {"image_path": " "}])
    def test_no_query(self, client, parameters):
        assert refusal(ask(client, **parameters)) == (400, "no_query")

    def test_several_queries(self, client):
        both = ask(client, id="1000", image_path="1001.png")
        assert refusal(both) == (400, "several_queries")
        assert refusal(ask(client, id=["1000", "1001"])) == (400, "several_queries")

    @pytest.mark.parametrize("product_id", ["nope", "../1000", "1000\x00", "é" * 300, "' OR 1=1"])
    def test_unknown_id(self, client, product_id):
        assert refusal(ask(client, id=product_id)) == (404, "unknown_product")

    def test_a_product_without_a_photo(self, client):
        assert refusal(ask(client, id=LOST)) == (404, "no_photo")
        assert refusal(ask(client, image_path="gone.png")) == (404, "no_photo")
        assert refusal(ask(client, image_path=f"/item/{LOST}")) == (404, "no_photo")

    def test_a_photoless_product_is_in_no_answer(self, tmp_path):
        lost = {"lost": FailureCode.HTTP_404}
        publish_products(tmp_path, random_unit_vectors(4), photoless=lost)
        client = create_app({"index": tmp_path}).test_client()
        assert sorted(ids(ask(client, id="p0", k=100))) == ["p1", "p2", "p3"]

    @pytest.mark.parametrize(
        "url",
        [
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:22/",
            "file:///etc/passwd",
            "http://elsewhere.test/thumbs/" + "0" * 64 + "-160.webp",
            "http://elsewhere.test/item/1000",
            "http://[broken",
            "/thumbs/" + "0" * 64 + "-160.webp",
            "/static/style.css",
            "ftp://localhost/item/1000",
            "1003.PNG",
        ],
    )
    def test_a_url_that_is_not_in_the_catalogue_is_refused_and_not_fetched(self, client, url):
        assert refusal(ask(client, image_path=url)) == (403, "url_not_in_catalogue")

    def test_a_method_that_is_not_offered(self, client):
        answer = client.delete("/get_similar")
        assert refusal(answer) == (405, "method_not_allowed")
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))

    def test_a_huge_json_body(self, client):
        answer = client.post("/get_similar", json={"id": "x" * 100_000})
        assert refusal(answer) == (413, "too_large")

    def test_a_huge_form_field(self, client):
        answer = client.post(
            "/get_similar",
            data={"id": "x" * (PARSER_BYTES + 1)},
            content_type="multipart/form-data",
        )
        assert refusal(answer) == (413, "too_large")


@pytest.mark.parametrize("filename", ["", '; filename="a.png"'])
def test_a_part_of_a_form_without_a_name_is_no_parameter(client, filename):
    part = f'--b\r\nContent-Disposition: form-data; nom="id"{filename}\r\n\r\n1003\r\n'
    other = part.replace("nom", "name").replace('"id"', '"nothing"')
    answer = client.post(
        "/get_similar",
        data=f"{part}{other}--b--\r\n",
        content_type="multipart/form-data; boundary=b",
    )
    assert refusal(answer) == (400, "unknown_parameter")


@pytest.fixture(scope="module")
def snapshot(wardrobe):
    return open_current(wardrobe)


class TestColour:
    def scores(self, snapshot, row, weight, palette):
        cosines = snapshot.index.ranking(snapshot.index.vector(row)).scores
        return (1 - weight) * cosines + weight * snapshot.palettes.likeness(palette)

    def test_scores_are_a_mean_of_likeness_and_palettes(self, client, snapshot):
        row = snapshot.rows["1003"]
        for weight in (0.2, 0.5, 1):
            expected = self.scores(snapshot, row, weight, snapshot.palettes.of(row))
            answer = ask(client, id="1003", colour=weight, k=100).json["results"]
            assert len(answer) == PRODUCTS - 1
            assert [r["score"] for r in answer] == sorted(
                (r["score"] for r in answer), reverse=True
            )
            for result in answer:
                told = pytest.approx(expected[snapshot.rows[result["id"]]], abs=ROUNDING)
                assert result["score"] == told

    def test_none_is_the_same_as_zero(self, client):
        plain = ask(client, id="1003").json["results"]
        assert ask(client, id="1003", colour=0).json["results"] == plain
        assert ask(client, id="1003", colour=1).json["results"] != plain

    def test_another_colour_is_asked_for_by_its_digits(self, client, snapshot):
        row, palette = snapshot.rows["1003"], palette_of_colour(0x2F, 0x62, 0xC4)
        expected = self.scores(snapshot, row, 0.5, palette)
        answer = ask(client, id="1003", hex="#2F62c4", k=100)
        assert "1003" not in ids(answer)
        assert len(ids(answer)) == PRODUCTS - 1
        for result in answer.json["results"]:
            told = pytest.approx(expected[snapshot.rows[result["id"]]], abs=ROUNDING)
            assert result["score"] == told

    def test_a_colour_alone_finds_what_has_it(self, client, snapshot):
        answer = ask(client, hex="2f62c4", k=5)
        assert answer.json["query"] == {"hex": "2f62c4"}
        likeness = snapshot.palettes.likeness(palette_of_colour(0x2F, 0x62, 0xC4))
        expected = np.lexsort((np.arange(PRODUCTS), -likeness.round(6)))[:5]
        assert ids(answer) == [snapshot.ids[row] for row in expected]
        narrowed = ask(client, hex="2f62c4", Gender="Men", k=100)
        assert {r["facts"]["Gender"] for r in narrowed.json["results"]} == {"Men"}

    def test_a_photo_has_its_own_palette(self, client):
        photo = {
            "image": (io.BytesIO(photo_bytes(3, (480, 640))), "a.png"),
            "colour": "1",
            "k": "1",
        }
        answer = client.post("/get_similar", data=photo)
        assert ids(answer) == ["1003"]
        assert answer.json["results"][0]["score"] > 0.99

    @pytest.mark.parametrize(
        "asked",
        [
            *("id=1003&colour=1.01", "id=1003&colour=-1", "id=1003&colour=nan"),
            *("id=1003&colour=red", "id=1003&colour=.5&colour=.5", "hex=2f62c4&colour=.5"),
            *("hex=2f62c", "hex=2f62c4&hex=2f62c4", "hex=blue", "id=1003&hex=%232f62c4f"),
        ],
    )
    def test_anything_else_is_refused_in_a_sentence(self, client, asked):
        answer = client.get(f"/get_similar?{asked}")
        assert refusal(answer) == (400, "bad_colour")

    def test_words_have_no_colour_but_one_that_is_given(self, reading):
        client = create_app({"index": reading.folder.root}).test_client()
        assert refusal(ask(client, text="a shirt", colour=0.5)) == (400, "bad_colour")
        assert len(ids(ask(client, text="a shirt", hex="2f62c4"))) == 12
