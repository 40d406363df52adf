"""The owner's page, its CSV and its JSON twin: what is indexed, what failed, what to do."""

from __future__ import annotations

import csv
import io
import re
import shlex
from dataclasses import replace
from html import unescape

import pytest

from app import create_app
from gallery.causes import CAUSES
from indexer.build import sole_indexer
from indexer.commands import command_of
from indexer.publishing import publish
from tests.gallery.conftest import LOST, PRODUCTS
from tests.generations import contents_of, product, publish_products, random_unit_vectors
from vitrine.failures import FailureCode
from vitrine.folder import IndexFolder
from vitrine.products import PhotolessProduct
from vitrine.snapshot import EncoderFacts


def facts(page):
    """The page's terms and what stands beside them."""
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return {term: re.sub("<[^>]+>", "", words).strip() for term, words in found}


def table(client, **headers):
    answer = client.get("/about-index/failures.csv", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def gallery_without(tmp_path, *photoless, encoder="handcrafted"):
    """A gallery of 3 products, and of these that are without their photos."""
    folder = IndexFolder(tmp_path / "index")
    folder.generations.mkdir(parents=True)
    facts_of_it = EncoderFacts(name=encoder, fingerprint="f" * 64)
    contents = contents_of([product(n) for n in range(3)], encoder=facts_of_it)
    publish(folder, replace(contents, photoless=photoless), random_unit_vectors(3))
    return create_app({"index": folder.root}).test_client()


def lost(product_id, code=FailureCode.HTTP_404, **changes):
    plain = PhotolessProduct(product_id, f"Lost {product_id}", "http://photos.test/1", {}, code)
    return replace(plain, **changes)


class TestPage:
    def test_it_says_what_is_indexed_with_what_and_when(self, client, wardrobe):
        page = client.get("/about-index")
        assert page.status_code == 200
        manifest_name = wardrobe.current_name()
        found = facts(page.text)
        assert found["Catalogue"] == "fashion.csv"
        assert found["Usable rows"] == str(PRODUCTS + 1)
        assert found["Skipped rows"] == "0"
        assert found["Products with a photo"] == str(PRODUCTS)
        assert found["Products without a photo"] == "1"
        assert found["Encoder"] == "handcrafted"
        assert re.fullmatch("[0-9a-f]{12}", found["Fingerprint"])
        assert (found["Index"], found["Recall"]) == ("flat", "100%")
        assert found["Generation"] == manifest_name
        assert found["Older generations kept"] == "0"
        for name in ("Gender", "Category", "ProductType", "Colour"):
            assert f'href="/values/{name}"' in page.text

    def test_it_says_what_failed_why_and_what_to_do(self, client):
        page = client.get("/about-index").text
        cause = CAUSES[FailureCode.NO_FILE]
        assert str(cause.words) in page
        assert str(cause.remedy) in page
        assert f'<a href="/item/{LOST}" dir="auto">Lost shirt</a>' in page

    def test_page_and_twin_have_the_same_contents(self, tmp_path):
        gone = [lost(f"g{n}") for n in range(5)]
        client = gallery_without(tmp_path, *gone, lost("dns", FailureCode.DNS))
        page, twin = client.get("/about-index").text, client.get("/api/index").json
        rows = re.findall(
            r'<th scope="row">([^<]*) <code>(\w+)</code></th>\s*'
            r"<td>(\d+) products?</td>\s*<td>([^<]*)</td>",
            unescape(page),
        )
        assert [
            (f["cause"], f["code"], str(f["products"]), f["remedy"]) for f in twin["failures"]
        ] == [
            (cause, code, count, remedy.replace("&#39;", "'"))
            for cause, code, count, remedy in rows
        ]
        assert [(f["code"], f["products"]) for f in twin["failures"]] == [
            ("http_404", 5),
            ("dns", 1),
        ]
        named = [
            example["title"] for failure in twin["failures"] for example in failure["examples"]
        ]
        assert named == ["Lost g0", "Lost g1", "Lost g2", "Lost dns"]
        for failure in twin["failures"]:
            for example in failure["examples"]:
                assert f'<a href="{example["page_url"]}" dir="auto">{example["title"]}</a>' in page
        assert facts(page)["Products without a photo"] == str(twin["photoless"]) == "6"
        assert f'type="application/json" href="{twin["url"]}"' in page
        assert client.get(twin["page_url"]).text == page
        assert client.get(twin["failures_url"]).mimetype == "text/csv"

    def test_where_nothing_failed_it_says_so(self, tmp_path):
        client = gallery_without(tmp_path)
        assert "Every photo of the catalogue is indexed." in client.get("/about-index").text
        assert client.get("/api/index").json["failures"] == []

    def test_older_generations_are_named(self, tmp_path):
        first = publish_products(tmp_path, random_unit_vectors(3))
        publish_products(tmp_path, random_unit_vectors(4))
        client = create_app({"index": tmp_path}).test_client()
        assert client.get("/api/index").json["older_generations"] == [first.name]
        assert facts(client.get("/about-index").text)["Older generations kept"] == first.name

    def test_it_says_whether_the_index_is_being_made_right_now(self, tmp_path):
        publish_products(tmp_path, random_unit_vectors(3))
        client = create_app({"index": tmp_path}).test_client()
        words = "It is being brought up to date right now."
        with sole_indexer(IndexFolder(tmp_path)):
            assert words in client.get("/about-index").text
            assert client.get("/api/index").json["indexing"] is True
            assert client.get("/healthz").json["indexing"] is True
        assert words not in client.get("/about-index").text
        assert client.get("/healthz").json["indexing"] is False

    def test_when_is_written_as_the_reader_writes_it(self, client):
        times = {
            re.search("<time[^>]*>([^<]*)</time>", page)[1]
            for page in (
                client.get("/about-index", headers={"Accept-Language": language}).text
                for language in ("en", "pt-BR")
            )
        }
        assert len(times) == 2

    def test_without_an_index_it_says_which_command_makes_one(self, tmp_path):
        answer = create_app({"index": tmp_path / "none"}).test_client().get("/about-index")
        assert answer.status_code == 503
        assert "python -m indexer" in answer.text


class TestCommand:
    @pytest.mark.parametrize(
        ("encoder", "named"), [("handcrafted", "handcrafted"), ("/srv/secret/my model", "ENCODER")]
    )
    def test_it_is_one_of_the_indexers_own_and_keeps_the_encoder(self, tmp_path, encoder, named):
        client = gallery_without(tmp_path, encoder=encoder)
        command = client.get("/api/index").json["command"]
        assert command in client.get("/about-index").text
        python, m, module, name, *arguments = shlex.split(command)
        assert (python, m, module, name) == ("python", "-m", "indexer", "build")
        context = command_of("build").make_context("build", arguments)
        assert context.params["catalogues"] == ("CATALOGUE",)
        assert context.params["encoder"] == named
        assert str(context.params["folder"]) == "INDEX"

    def test_of_the_default_index_the_folder_need_not_be_named(self, wardrobe, monkeypatch):
        monkeypatch.setattr("gallery.context.Gallery.has_default_index", True)
        client = create_app({"index": wardrobe.root}).test_client()
        command = client.get("/api/index").json["command"]
        assert command == "python -m indexer build CATALOGUE --encoder handcrafted"
        assert "INDEX stands for" not in client.get("/about-index").text


class TestTable:
    def test_it_has_every_product_without_its_photo(self, tmp_path):
        client = gallery_without(
            tmp_path,
            *(lost(f"g{n}", title="Gone, “really”") for n in range(20)),
            lost("x", FailureCode.HTTP_403, image_url="photos/x.jpg"),
        )
        header, *rows = table(client)
        assert header == ["id", "title", "image_url", "code", "remedy"]
        assert len(rows) == 21
        remedy = str(CAUSES[FailureCode.HTTP_404].remedy)
        assert ["g7", "Gone, “really”", "http://photos.test/1", "http_404", remedy] in rows
        assert rows[-1][2:4] == ["photos/x.jpg", "http_403"]

    def test_a_spreadsheet_offers_to_save_it(self, client):
        disposition = client.get("/about-index/failures.csv").headers["Content-Disposition"]
        assert disposition == "attachment; filename=failures.csv"

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
    def test_what_a_spreadsheet_would_run_is_text(self, tmp_path, start):
        formula = f"{start}HYPERLINK(1)"
        client = gallery_without(tmp_path, lost(formula, title=formula, image_url=formula))
        body = client.get("/about-index/failures.csv").data.decode("utf-8-sig")
        (row,) = list(csv.reader(io.StringIO(body, newline="")))[1:]
        assert row[:3] == [f"'{formula}"] * 3


def test_no_path_of_the_server_is_shown(tmp_path):
    references = [
        "/srv/secret/1.jpg",
        "file:///srv/secret/2.jpg",
        "FILE:/srv/secret/3.jpg",
        "C:\\srv\\secret\\4.jpg",
        "\\\\srv\\secret\\5.jpg",
    ]
    client = gallery_without(
        tmp_path,
        *(lost(f"g{n}", image_url=reference) for n, reference in enumerate(references)),
        encoder="/srv/secret/model",
    )
    rows = table(client)[1:]
    assert [row[2] for row in rows] == [f"{number}.jpg" for number in range(1, 6)]
    for path in ("/about-index", "/about-index/failures.csv", "/api/index", "/api/products/g0"):
        text = client.get(path).text
        assert "secret" not in text
        assert str(tmp_path) not in text


def test_every_cause_has_its_words():
    assert set(CAUSES) == set(FailureCode)
    for cause in CAUSES.values():
        for words in (cause.words, cause.remedy):
            assert re.fullmatch(r"[A-Z].*\.", str(words))


def test_markup_in_the_catalogue_stays_text(tmp_path):
    evil = "<script>alert(1)</script>"
    client = gallery_without(tmp_path, lost(evil, title=evil))
    assert "<script>alert" not in client.get("/about-index").text
