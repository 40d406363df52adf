"""Search in words: what photos show, where the encoder reads words; else titles and facts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app import create_app
from gallery.browsing import MAX_TEXT
from gallery.refusals import Refusal
from gallery.uploads import RETRY_SECONDS, UploadEncoder
from tests.gallery.conftest import PAGE_SIZE, PRODUCTS, TWINS
from tests.gallery.test_live import wait_for
from tests.gallery.test_pages import Links, links, shown_range, tiles
from tests.generations import publish_products, random_unit_vectors
from vitrine import index_encoder
from vitrine.encoders.base import EncoderError, TextEncoder
from vitrine.encoders.registry import load_encoder
from vitrine.photos import Photo
from vitrine.snapshot import EncoderFacts, open_snapshot

ROUNDING = 2e-6  # scores have six decimals
NOTICE = (
    "Words can&#39;t be compared with photos now. "
    "They were searched for in titles and facts instead."
)


class Counted:
    """An encoder that remembers what it read."""

    def __init__(self, encoder):
        self._encoder = encoder
        self.read = []

    def encode_texts(self, texts):
        self.read += texts
        return self._encoder.encode_texts(texts)

    def __getattr__(self, name):
        return getattr(self._encoder, name)


@pytest.fixture(scope="module")
def app(reading):
    return create_app({"index": reading.folder.root, "page_size": PAGE_SIZE})


@pytest.fixture
def snapshot(reading):
    return open_snapshot(reading.folder.generation(reading.folder.current_name()))


@pytest.fixture
def titles(wardrobe):
    """A client of a gallery whose encoder reads no words."""
    return create_app({"index": wardrobe.root, "page_size": PAGE_SIZE}).test_client()


@pytest.fixture
def broken(reading, monkeypatch):
    """One whose encoder can't be loaded."""

    def load(name):
        raise EncoderError("no weights in /srv/secret/models")

    monkeypatch.setattr(index_encoder, "load_encoder", load)
    return create_app({"index": reading.folder.root, "page_size": PAGE_SIZE}).test_client()


def ask(client, **parameters):
    return client.get("/get_similar", query_string=parameters)


def ids(answer):
    assert answer.status_code == 200, answer.json
    return [result["id"] for result in answer.json["results"]]


def refusal(answer):
    assert set(answer.json) == {"error", "code", "status"}
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.json["code"]


def reader_of(reading) -> TextEncoder:
    encoder = load_encoder(str(reading.checkpoint))
    assert isinstance(encoder, TextEncoder)
    return encoder


def library_scores(reading, text):
    """What the library's own model says of the words and every photo, (products,)."""
    import torch
    from transformers import AutoProcessor, CLIPModel

    model = CLIPModel.from_pretrained(reading.checkpoint).eval()
    processor = AutoProcessor.from_pretrained(reading.checkpoint, backend="pil")
    photos = [Image.open(reading.home / f"{1000 + n}.png").convert("RGB") for n in range(PRODUCTS)]
    inputs = processor(
        text=[text], images=photos, return_tensors="pt", padding=True, truncation=True
    )
    with torch.inference_mode():
        output = model(**inputs)
    return (output.text_embeds @ output.image_embeds.T)[0].numpy()


class TestGetSimilar:
    @pytest.mark.parametrize("text", ["red dress", "blue shoes", "Kleid für den Sommer", "👗"])
    def test_scores_are_the_librarys_own_products_of_text_and_image_features(
        self, client, reading, text
    ):
        expected = library_scores(reading, text)
        answer = ask(client, text=text, k=100)
        found = [int(product_id) - 1000 for product_id in ids(answer)]
        scores = np.array([result["score"] for result in answer.json["results"]])
        assert sorted(found) == list(range(PRODUCTS))
        assert np.allclose(scores, expected[found], atol=1e-4)
        # Photos that differ by less may stand either way round.
        assert (np.diff(expected[found]) <= 1e-4).all()
        assert expected.max() - expected.min() > 0.05

    def test_the_order_is_exactly_that_of_the_matrix_product(self, client, reading, snapshot):
        encoder = reader_of(reading)
        exact = snapshot.index.vectors() @ encoder.encode_texts(["red dress"])[0]
        order = np.argsort(-np.round(exact.astype(np.float64), 6), kind="stable")
        answer = ask(client, text="red dress", k=100)
        assert ids(answer) == [snapshot.ids[row] for row in order]

    def test_the_query_is_said_back_and_the_answer_is_like_any_other(self, client):
        answer = ask(client, text="  red \t dress ", k=2).json
        assert answer["query"] == {"text": "red dress"}
        assert set(answer) == {"query", "similar_images", "results", "encoder", "took_ms"}
        assert len(answer["results"]) == len(answer["similar_images"]) == 2
        assert answer["encoder"] == "clip"

    def test_it_may_be_posted(self, client):
        expected = ids(ask(client, text="red dress"))
        for sent in ({"json": {"text": "red dress"}}, {"data": {"text": "red dress"}}):
            assert ids(client.post("/get_similar", **sent)) == expected

    def test_facets_and_examples_work_as_with_any_query(self, client):
        everything = ids(ask(client, text="red dress", k=100))
        red = ask(client, text="red dress", k=100, Colour="Red")
        assert {result["facts"]["Colour"] for result in red.json["results"]} == {"Red"}
        assert ids(red) == [i for i in everything if i in set(ids(red))]
        liked = ids(ask(client, text="red dress", k=100, more=everything[-1]))
        assert everything[-1] not in liked
        assert liked != everything[:-1]

    def test_the_inverse_distance_is_there_too(self, client):
        (best,) = ask(client, text="red dress", k=1, score="inverse_distance").json["results"]
        assert best["score"] == pytest.approx(1 / (1 + best["distance"]), abs=ROUNDING)

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ("text=dress&id=1003", (400, "several_queries")),
            ("text=dress&text=shoes", (400, "several_queries")),
            ("text=", (400, "no_query")),
            ("text=%20", (400, "no_query")),
            ("text=" + "x" * (MAX_TEXT + 1), (400, "bad_request")),
            ("text=dress&k=0", (400, "bad_k")),
            ("text=dress&crop=0,0,1,1", (400, "bad_crop")),
        ],
    )
    def test_what_is_no_one_query_in_words_is_refused(self, client, asked, expected):
        assert refusal(client.get(f"/get_similar?{asked}")) == expected

    @pytest.mark.parametrize("text", ["x" * MAX_TEXT, "a " * 90, "\x00", "!!!", "é" * MAX_TEXT])
    def test_any_text_up_to_the_limit_is_read(self, client, text):
        assert len(ids(ask(client, text=text, k=3))) == 3

    def test_an_encoder_without_a_text_half_is_told_with_what_to_do(self, titles):
        answer = ask(titles, text="red dress")
        assert refusal(answer) == (422, "no_text_half")
        assert "/api/products?q=" in answer.json["error"]
        assert answer.json["error"].endswith(
            "Run: python -m indexer build CATALOGUE --encoder clip-vit-b32 --index FOLDER"
        )

    def test_an_encoder_that_cannot_be_loaded_is_told_without_paths(self, broken, caplog):
        answer = ask(broken, text="red dress")
        assert refusal(answer) == (503, "encoder_unavailable")
        assert "titles and facts" in answer.json["error"]
        assert "secret" not in answer.text
        assert "no weights in /srv/secret/models" in caplog.text

    def test_an_index_of_another_version_of_it_is_a_mismatch(self, tmp_path, reading):
        facts = EncoderFacts(name=str(reading.checkpoint), fingerprint="0" * 64, reads_text=True)
        publish_products(tmp_path, random_unit_vectors(5), encoder=facts)
        client = create_app({"index": tmp_path}).test_client()
        assert refusal(ask(client, text="dress")) == (503, "encoder_mismatch")
        assert NOTICE in client.get("/?q=thing").text

    def test_an_encoder_that_no_longer_reads_words_is_a_mismatch(self, tmp_path):
        encoder = load_encoder("handcrafted")
        facts = EncoderFacts(name="handcrafted", fingerprint=encoder.fingerprint, reads_text=True)
        publish_products(tmp_path, random_unit_vectors(5, encoder.dimension), encoder=facts)
        client = create_app({"index": tmp_path}).test_client()
        assert refusal(ask(client, text="dress")) == (503, "encoder_mismatch")


class TestRanking:
    """The grid with words: every product, by what its photo shows."""

    def test_all_products_are_ranked_as_by_get_similar_identical_photos_folded(self, client):
        expected = ids(ask(client, text="red dress", k=100))
        seen, url = [], "/?q=red+dress"
        while url:
            page = links(client, url)
            seen += [href.removeprefix("/item/") for href in page.tiles]
            url = page.by_text.get("Next")
        assert seen == [product_id for product_id in expected if product_id != TWINS[1]]
        assert shown_range(client, "/?q=red+dress").endswith(f" of {PRODUCTS}")

    def test_scores_are_on_the_tiles_and_in_the_twin(self, client):
        page = client.get("/?q=red+dress").text
        scores = re.findall(r"Similarity </span>(-?[\d.]+)", page[: page.index("</main>")])
        twin = client.get("/api/products?q=red+dress").json
        expected = {
            r["id"]: r["score"] for r in ask(client, text="red dress", k=100).json["results"]
        }
        assert [p["score"] for p in twin["products"]] == [
            expected[p["id"]] for p in twin["products"]
        ]
        assert scores == [f"{p['score']:.2f}" for p in twin["products"]]
        assert len(scores) == PAGE_SIZE
        assert {p["score"] for p in client.get("/api/products").json["products"]} == {None}

    def test_facets_narrow_the_ranking_and_keep_its_order(self, client):
        everything = ids(ask(client, text="red dress", k=100))
        found = client.get("/api/products?q=red+dress&ProductType=Shoes").json
        assert found["total"] == len(found["products"]) == 7
        assert [p["id"] for p in found["products"]] == [
            i for i in everything if i in {p["id"] for p in found["products"]}
        ]
        colours = next(f for f in found["facets"] if f["name"] == "Colour")
        assert sum(value["count"] for value in colours["values"]) == 7

    def test_the_heading_says_so_and_no_word_is_marked(self, client):
        page = client.get("/?q=red+dress").text
        assert "Best matches first" in page
        assert "<mark>" not in page
        assert "<title>“red dress” · Vitrine</title>" in page

    def test_there_is_no_other_order(self, client):
        assert tiles(client, "/?q=red+dress&sort=title") == tiles(client, "/?q=red+dress")
        answer = client.get("/api/products?q=red+dress&sort=title").json
        assert answer["sorts"] == []
        assert answer["url"] == "/api/products?q=red+dress"
        assert 'class="sorts"' not in client.get("/?q=red+dress&sort=title").text

    def test_the_chip_gives_the_words_up(self, client):
        page = links(client, "/?q=red+dress&Colour=Red")
        assert page.by_text["Remove “red dress”"] == "/?Colour=Red"
        assert page.by_text["Remove Red"] == "/?q=red+dress"

    def test_only_facets_can_leave_nothing_and_only_they_are_ways_out(self, client):
        page = client.get("/?q=red+dress&Colour=Red&Colour=Ultraviolet&Category=Nothing")
        ways = client.get("/api/products?q=red+dress&Colour=Ultraviolet").json["ways"]
        assert "Nothing is all of this at once" in page.text
        assert [(way["label"], way["count"]) for way in ways] == [("Colour: Ultraviolet", 30)]
        assert ways[0]["url"] == "/api/products?q=red+dress"

    def test_values_of_a_facet_lead_back_to_the_ranking(self, client):
        page = links(client, "/values/Colour?q=red+dress")
        assert page.by_text["Back to the products"] == "/?q=red+dress"
        assert page.by_text["Red6"] == "/?q=red+dress&Colour=Red"

    def test_every_address_of_the_page_is_one_of_its_twin(self, client):
        page = client.get("/?q=red+dress&Colour=Red&Colour=Blue&page=2").text
        link = re.search(r'<link rel="alternate" type="application/json" href="([^"]+)"', page)
        twin = client.get(link[1].replace("&amp;", "&")).json
        assert tiles(client, "/?q=red+dress&Colour=Red&Colour=Blue&page=2") == [
            product["id"] for product in twin["products"]
        ]
        assert twin["page_url"] == "/?q=red+dress&Colour=Red&Colour=Blue&page=2"

    @pytest.mark.parametrize("text", ["!!!", "*", " ", "%00"])
    def test_what_has_no_word_in_it_ranks_nothing(self, client, text):
        assert "All products" in client.get(f"/?q={text}").text

    def test_a_long_text_is_cut(self, client):
        long = "red " * 100
        twin = client.get("/api/products", query_string={"q": long}).json
        assert len(twin["chosen"][0]["label"]) <= MAX_TEXT + 2

    def test_a_new_generation_is_ranked_anew(self, tmp_path, reading):
        encoder = reader_of(reading)
        facts = EncoderFacts(name=encoder.name, fingerprint=encoder.fingerprint, reads_text=True)
        app = create_app({"index": tmp_path, "reload_seconds": 0})
        seen = []
        for seed in (1, 2):
            vectors = random_unit_vectors(9, encoder.dimension, seed)
            snapshot = publish_products(tmp_path, vectors, encoder=facts)
            wait_for(app.test_client(), snapshot.name)
            exact = vectors @ encoder.encode_texts(["dress"])[0]
            seen.append(tiles(app.test_client(), "/?q=dress"))
            assert seen[-1] == [f"p{row}" for row in np.argsort(-exact)]
        assert seen[0] != seen[1]


class TestScope:
    def test_one_can_switch_to_titles_and_facts_and_back(self, client):
        photos = links(client, "/?q=red+dress&Colour=Red")
        assert photos.by_text["Photos"] == "/?q=red+dress&Colour=Red"
        assert photos.by_text["Titles and facts"] == "/?q=red+dress&scope=titles&Colour=Red"
        page = client.get(photos.by_text["Titles and facts"])
        assert Links(page.text).by_text["Photos"] == "/?q=red+dress&Colour=Red"
        assert re.search('aria-current="true">Titles and facts<', page.text)
        assert "Matching products" in page.text

    def test_titles_are_searched_as_ever_there(self, client, titles):
        for query in ("q=whi+sho", "q=number+17", "q=red&sort=title&Gender=Women"):
            url = f"/?{query}&scope=titles"
            assert tiles(client, url) == tiles(titles, f"/?{query}")
            assert shown_range(client, url) == shown_range(titles, f"/?{query}")
        page = client.get("/?q=whi+sho&scope=titles").text
        assert "<mark>Whi</mark>te <mark>Sho</mark>es number 3" in page
        assert "Similarity" not in page[: page.index("</main>")]

    def test_its_links_stay_in_scope(self, client):
        page = links(client, "/?q=number&scope=titles&page=2")
        assert page.by_text["Next"] == "/?q=number&scope=titles&page=3"
        assert page.by_text["By title"] == "/?q=number&scope=titles&sort=title"
        assert page.by_text["Remove “number”"] == "/"

    def test_the_form_stays_in_scope_without_scripts(self, client):
        page = client.get("/?q=red&scope=titles").text
        assert '<input type="hidden" form="words" name="scope" value="titles">' in page
        assert 'name="scope"' not in client.get("/?q=red").text

    def test_the_twin_offers_the_same(self, client):
        answer = client.get("/api/products?q=red+dress&scope=titles").json
        assert answer["scopes"] == [
            {
                "scope": "photos",
                "label": "Photos",
                "chosen": False,
                "url": "/api/products?q=red+dress",
            },
            {
                "scope": "titles",
                "label": "Titles and facts",
                "chosen": True,
                "url": "/api/products?q=red+dress&scope=titles",
            },
        ]
        assert client.get("/api/products").json["scopes"] == []

    @pytest.mark.parametrize("scope", ["nonsense", "", "PHOTOS", "photos"])
    def test_what_is_no_scope_is_passed_over(self, client, scope):
        assert tiles(client, f"/?q=red+dress&scope={scope}") == tiles(client, "/?q=red+dress")
        twin = client.get(f"/api/products?q=red+dress&scope={scope}").json
        assert twin["url"] == "/api/products?q=red+dress"

    def test_the_box_says_where_it_searches(self, client):
        assert 'placeholder="Search photos in words"' in client.get("/").text
        assert 'placeholder="Search photos in words"' in client.get("/item/1003").text
        assert 'placeholder="Search titles and facts"' in client.get("/?scope=titles").text

    def test_it_says_so_in_portuguese(self, client, titles):
        portuguese = {"Accept-Language": "pt-BR"}
        for asked, words in (
            (client, "Buscar fotos com palavras"),
            (titles, "Buscar em títulos e dados"),
        ):
            assert f'placeholder="{words}"' in asked.get("/", headers=portuguese).text

    def test_without_a_text_half_there_is_no_choice_and_the_box_says_so(self, titles):
        for url in ("/?q=red", "/?q=red&scope=photos", "/?q=red&scope=titles"):
            page = titles.get(url).text
            assert 'placeholder="Search titles and facts"' in page
            assert 'class="scopes"' not in page
            assert tiles(titles, url) == tiles(titles, "/?q=red")
            assert titles.get(f"/api{url.replace('/', '/products')}").json["scopes"] == []

    def test_the_owner_is_told_where_words_are_searched_for(self, client, titles):
        assert client.get("/api/index").json["encoder"]["reads_text"] is True
        assert "Photos, titles and facts" in client.get("/about-index").text
        assert titles.get("/api/index").json["encoder"]["reads_text"] is False
        assert "Photos, titles and facts" not in titles.get("/about-index").text


class TestEncoder:
    @pytest.fixture
    def counted(self, reading, monkeypatch):
        loaded = []

        def load(name):
            loaded.append(Counted(load_encoder(name)))
            return loaded[-1]

        monkeypatch.setattr(index_encoder, "load_encoder", load)
        app = create_app({"index": reading.folder.root, "page_size": PAGE_SIZE})
        return app.test_client(), loaded

    def test_it_is_loaded_by_the_first_words_that_rank_photos_and_never_before(self, counted):
        client, loaded = counted
        for path in (
            "/",
            "/?Colour=Red",
            "/?q=red&scope=titles",
            "/get_similar?id=1003",
            "/item/1003",
        ):
            assert client.get(path).status_code == 200
        assert client.get("/healthz").json["encoder_loaded"] is False
        assert loaded == []
        assert client.get("/?q=red").status_code == 200
        assert client.get("/healthz").json["encoder_loaded"] is True
        assert len(loaded) == 1

    def test_words_are_read_once_for_all_pages_filters_and_the_twin(self, counted):
        client, loaded = counted
        for path in (
            "/?q=red+dress",
            "/?q=red+dress&page=2",
            "/?q=++red+dress+&Colour=Red",
            "/values/Colour?q=red+dress",
            "/api/products?q=red+dress",
            "/get_similar?text=red+dress",
        ):
            assert client.get(path).status_code == 200
        assert loaded[0].read == ["red dress"]

    def test_where_it_cannot_be_loaded_titles_are_searched_and_the_page_says_why(
        self, broken, titles
    ):
        page = broken.get("/?q=whi+sho")
        assert page.status_code == 200
        assert NOTICE in page.text
        assert tiles(broken, "/?q=whi+sho") == tiles(titles, "/?q=whi+sho")
        assert "<mark>Whi</mark>te" in page.text
        assert "Matching products" in page.text
        assert NOTICE not in broken.get("/?q=whi+sho&scope=titles").text
        assert NOTICE not in broken.get("/").text

    def test_its_twin_says_so_too(self, broken):
        answer = broken.get("/api/products?q=whi+sho").json
        assert answer["notice"] == NOTICE.replace("&#39;", "'")
        assert answer["total"] == 2
        assert {product["score"] for product in answer["products"]} == {None}
        assert broken.get("/api/products?q=whi+sho&scope=titles").json["notice"] is None

    def test_nothing_found_then_says_what_to_give_up(self, broken):
        page = broken.get("/?q=number+17&Category=Footwear").text
        assert NOTICE in page
        assert Links(page).by_text["“number 17” 7 products"] == "/?Category=Footwear"

    def test_it_is_tried_again_only_after_a_while(self, reading, snapshot):
        now, tried = [1000.0], []

        def load(facts):
            tried.append(facts)
            if len(tried) == 1:
                raise EncoderError("no network")
            return load_encoder(facts.name)

        encoder = UploadEncoder(load, clock=lambda: now[0])
        facts = snapshot.manifest.encoder
        for _ in range(3):
            with pytest.raises(Exception, match="encoder_unavailable"):
                encoder.text_vector("red dress", facts)
        assert len(tried) == 1
        now[0] += RETRY_SECONDS
        assert encoder.text_vector("red dress", facts).shape == (snapshot.index.dimension,)
        assert len(tried) == 2


# Runtimes


def test_a_photo_is_embedded_without_torch_where_the_encoder_has_been_converted(reading):
    program = f"""if True:
        import io, sys
        from app import create_app
        from tests.drawings import photo_bytes
        client = create_app({{"index": {str(reading.folder.root)!r}}}).test_client()
        photo = (io.BytesIO(photo_bytes(7, (480, 640))), "photo.png")
        answer = client.post("/get_similar", data={{"image": photo}}).json
        heavy = {{"torch", "transformers"}} & set(sys.modules)
        print(sorted(result["id"] for result in answer["results"][:2]), heavy)
    """
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout.decode().strip() == f"{sorted(TWINS)} set()"


def test_words_that_come_after_the_checkpoint_has_gone_are_refused_in_words(reading, tmp_path):
    checkpoint = Path(shutil.copytree(reading.checkpoint, tmp_path / "clip"))
    uploads = UploadEncoder(lambda facts: load_encoder(facts.name))
    fingerprint = load_encoder(str(checkpoint)).fingerprint
    wanted = EncoderFacts(name=str(checkpoint), fingerprint=fingerprint)
    photo = Photo(image=Image.new("RGB", (9, 9)), width=9, height=9, format="PNG")
    assert len(uploads.vector(uploads.prepared(photo, wanted))) > 0
    shutil.rmtree(checkpoint)
    with pytest.raises(Refusal, match="encoder_unavailable"):
        uploads.text_vector("red shoe", wanted)
