"""`evaluate` as an owner meets it: tables, JSON, pictures, comparisons, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from indexer.__main__ import cli
from indexer.build import sole_indexer
from indexer.ledger import Ledger
from tests.checkpoints import small_dinov2
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.snapshot import open_current


@pytest.fixture
def evaluate(shop):
    """Run `evaluate` on the shop's index, or another; its exit status checked."""

    def evaluate(*arguments: str, status: int = 0, index=None):
        where = ["--index", str(index or shop.folder.root)]
        done = CliRunner().invoke(cli, ["evaluate", *arguments, *where])
        assert done.exit_code == status, done.output
        return done

    return evaluate


@pytest.fixture
def indexed(shop):
    shop.offer(range(12))
    shop.build()
    return shop


@pytest.fixture
def several(tmp_path):
    """An index of 60 products with kinds, colours, and no photos at hand."""
    publish_products(tmp_path / "several", random_unit_vectors(60))
    return tmp_path / "several"


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    return small_dinov2(tmp_path_factory.mktemp("checkpoints") / "small")


def facts(done):
    return json.loads(done.stdout)


def test_a_table_says_what_it_measured_and_what_it_means(evaluate, several):
    said = evaluate(index=several).stdout
    lines = [line.split() for line in said.splitlines()]
    assert ["same", "P@1", "P@5", "P@10", "mAP", "products"] in lines
    labels = [words[: words.index("60") - 8] for words in lines if words[-1:] == ["60"]]
    assert labels == [["ProductType"], ["Colour"], ["ProductType", "+", "Colour"]]
    assert sum(words[:2] == ["by", "chance"] for words in lines) == 3
    assert "95% interval" in said
    assert "Every class:" in said


def test_json_has_all_figures_with_chance_and_interval_and_every_class(evaluate, several):
    told = facts(evaluate("--by", "Colour", "-k", "3", "-k", "1", "--json", index=several))
    (by,) = told["by"]
    (result,) = by["results"]
    assert (told["products"], told["queries"], by["queries"]) == (60, 60, 60)
    assert by["chance"]["precision"] == pytest.approx(11 / 59)
    assert set(result["precision"]) == {"1", "3"}
    assert 0 < result["precision"]["3"]["value"] < 1
    assert 0 < result["mean_average_precision"]["margin"] < 0.3
    assert {each["class"]: each["queries"] for each in result["classes"]} == dict.fromkeys(
        ("Red", "Blue", "Green", "White", "Black"), 12
    )


def test_colour_counts_as_much_as_is_asked_for(evaluate, shop):
    shop.offer(range(20))
    shop.build()
    told = facts(evaluate("--by", "Colour", "--colour", "0.5", "--colour", "1", "--json"))
    names = [subject["name"] for subject in told["subjects"]]
    assert names == ["handcrafted", "handcrafted, colour 0.5", "handcrafted, colour 1"]
    assert len({subject["fingerprint"] for subject in told["subjects"]}) == 1
    snapshot = open_current(shop.folder)
    palettes = np.stack([snapshot.palettes.of(row) for row in range(20)])
    likeness = palettes @ palettes.T - 2 * np.eye(20)
    colours = np.array([p.facts["Colour"] for p in snapshot.products.all()])
    hits = colours[likeness.argmax(axis=1)] == colours
    (by,) = told["by"]
    found = {result["name"]: result["precision"]["1"]["value"] for result in by["results"]}
    assert found["handcrafted, colour 1"] == pytest.approx(hits.mean())
    refused = evaluate("--colour", "1.5", status=2)
    assert "1.5 is not in the range" in refused.stderr


def test_a_pair_of_facets_must_agree_in_both(evaluate, several):
    told = facts(evaluate("--by", "ProductType+Colour", "--json", index=several))
    assert told["by"][0]["facets"] == ["ProductType", "Colour"]
    assert told["by"][0]["chance"]["precision"] == pytest.approx(2 / 59)


def test_a_facet_of_which_every_product_is_alone_leaves_the_others_their_figures(
    evaluate, tmp_path
):
    publish_products(tmp_path / "small", random_unit_vectors(10))
    wanted = ("--by", "ProductType+Colour", "--by", "Colour")
    said = evaluate(*wanted, index=tmp_path / "small").stdout
    assert "by ProductType + Colour: 10 products alone in their class" in said
    void, other = facts(evaluate(*wanted, "--json", index=tmp_path / "small"))["by"]
    assert (void["queries"], void["results"], void["chance"]) == (0, [], None)
    assert other["queries"] == 10


def test_every_class_of_a_facet_is_shown_worst_first(evaluate, several):
    said = evaluate("--by", "Colour", "--per-class", "ProductType", index=several).stdout
    shown = said[said.index("Every class") :].splitlines()[3:]
    assert {line.split()[0] for line in shown} == {"Shirts", "Tops", "Dresses", "Shoes"}
    averages = [float(line.split("±")[1].split()[1]) for line in shown]
    assert averages == sorted(averages)


def test_a_large_catalogue_is_asked_for_some_products_and_says_so(evaluate, several):
    said = evaluate("--queries", "25", "--by", "Colour", index=several).stdout
    assert "Asked for 25 of them" in said
    told = [
        evaluate("--queries", "25", "--by", "Colour", "--json", index=several).stdout
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert json.loads(told[0])["queries"] == 25


def test_identical_photos_are_no_hits_unless_asked_for(evaluate, shop):
    shop.offer(range(9))
    for number in range(3):  # each of the same colour as its double: three colours in turn
        shop.urls[f"double{number}"] = shop.urls[f"p{number}"]
    shop.build()
    plain = facts(evaluate("--json"))
    kept = facts(evaluate("--json", "--with-identical"))
    first = [told["by"][0]["results"][0]["precision"]["1"]["value"] for told in (plain, kept)]
    assert first[1] > first[0]
    assert (plain["identical_photos"], kept["identical_photos"]) == ("left out", "ranked")


def test_failures_are_drawn_as_queries_beside_their_neighbours(evaluate, indexed, tmp_path):
    said = evaluate("--figure", str(tmp_path / "failures.png"))
    assert "failures.png" in said.stderr
    with Image.open(tmp_path / "failures.png") as picture:
        width, height = 150, 200
        top = 20 + 19 + 12 + 14 + 6  # below the title and the first row's heading
        frames = [
            picture.crop(
                (20 + n * (width + 12) + 5, top + 5, 20 + n * (width + 12) + 145, top + 195)
            )
            for n in range(7)
        ]
        edges = {picture.getpixel((20 + n * (width + 12), top + height // 2)) for n in range(7)}
    assert all(np.asarray(frame.convert("L")).std() > 10 for frame in frames)
    assert (207, 34, 46) in edges  # at least one neighbour is marked as wrong
    assert picture.width == 2 * 20 + 7 * width + 6 * 12


def test_another_encoder_is_judged_by_the_stored_photos_and_once_embedded(
    evaluate, indexed, checkpoint
):
    indexed.server.seen.clear()
    arguments = ("--encoder", "handcrafted", "--encoder", str(checkpoint), "--json")
    told = facts(evaluate(*arguments))
    assert [each["name"] for each in told["subjects"]] == ["handcrafted", "small"]
    own, other = told["by"][0]["results"]
    difference = other["difference"]["mean_average_precision"]
    assert difference["value"] == pytest.approx(
        other["mean_average_precision"]["value"] - own["mean_average_precision"]["value"]
    )
    assert difference["margin"] > 0
    assert not indexed.server.seen
    fingerprint = told["subjects"][1]["fingerprint"]
    with Ledger(indexed.folder.ledger) as ledger:
        assert len(ledger.embedded(fingerprint)) == 12
    for photo in (indexed.folder.root / "photos").rglob("*"):
        if photo.is_file():
            photo.unlink()  # what has been embedded needs no photo any more
    assert facts(evaluate(*arguments))["by"] == told["by"]
    assert "difference" in evaluate("--encoder", str(checkpoint)).stdout


def test_a_photo_that_is_damaged_or_lost_is_left_out_everywhere(evaluate, indexed, checkpoint):
    products = indexed.snapshot().products.get([2, 7])
    indexed.folder.photo(products[0].sha256).write_bytes(b"damaged")
    indexed.folder.photo(products[1].sha256).unlink()
    done = evaluate("--encoder", str(checkpoint))
    assert "10 products of 12 that all of them have" in done.stdout
    assert "2 products left out everywhere" in done.stderr
    assert "the stored copy is damaged" in done.stderr
    assert "the stored copy of the photo is missing" in done.stderr


def test_what_another_process_writes_is_not_written_too(evaluate, indexed, checkpoint):
    with sole_indexer(indexed.folder):
        said = evaluate("--encoder", str(checkpoint), status=2).stderr
        assert "is being written by process" in said
        evaluate()  # but it may be read
    evaluate("--encoder", str(checkpoint))
    with sole_indexer(indexed.folder):
        evaluate("--encoder", str(checkpoint))  # and so may what is made already


def test_two_indexes_are_compared_by_the_products_that_both_have(evaluate, several, tmp_path):
    others = [product(number) for number in range(59, 9, -1)]  # in another order, some missing
    publish_products(tmp_path / "other", random_unit_vectors(50, seed=5), others)
    told = facts(evaluate("--against", str(tmp_path / "other"), "--json", index=several))
    assert told["products"] == 50
    assert [each["name"] for each in told["subjects"]] == [
        "handcrafted in several",
        "handcrafted in other",
    ]
    theirs = facts(evaluate("--json", index=tmp_path / "other"))
    for mine, alone in zip(told["by"], theirs["by"], strict=True):
        expected = alone["results"][0]["mean_average_precision"]["value"]
        assert mine["results"][1]["mean_average_precision"]["value"] == pytest.approx(expected)
    strangers = [product(number) for number in range(100, 110)]
    publish_products(tmp_path / "strange", random_unit_vectors(10), strangers)
    said = evaluate("--against", str(tmp_path / "strange"), index=several, status=2).stderr
    assert "0 products that all of them have" in said


def test_what_cannot_be_measured_is_refused_in_words(evaluate, indexed, several, tmp_path):
    assert "no facet 'Size'; there are: Colour." in evaluate("--by", "Size", status=2).stderr
    assert "no facet 'Size'" in evaluate("--by", "Colour+Size", status=2).stderr
    said = evaluate("--encoder", "no-such-encoder", status=2).stderr
    assert "no encoder of this name" in said
    assert "no index in" in evaluate("--against", str(tmp_path / "none"), status=2).stderr
    one_value = [product(number, facts={"Season": "Summer"}) for number in range(6)]
    publish_products(tmp_path / "one-value", random_unit_vectors(6), one_value)
    said = evaluate("--by", "Season", index=tmp_path / "one-value", status=2).stderr
    assert "all products have the same Season" in said
    said = evaluate(index=tmp_path / "one-value", status=2).stderr
    assert "No facet has two values" in said
    bare = [product(number, facts={}) for number in range(6)]
    publish_products(tmp_path / "bare", random_unit_vectors(6), bare)
    assert "has no facet" in evaluate(index=tmp_path / "bare", status=2).stderr
    publish_products(tmp_path / "single", random_unit_vectors(1))
    said = evaluate(index=tmp_path / "single", status=2).stderr
    assert "There is 1 product" in said


def test_thumbnails_that_are_there_are_not_made_again(indexed, evaluate, checkpoint):
    thumbnails = [p for p in (indexed.folder.root / "thumbs").rglob("*") if p.is_file()]
    before = {path: path.stat().st_mtime_ns for path in thumbnails}
    evaluate("--encoder", str(checkpoint))
    assert {path: path.stat().st_mtime_ns for path in thumbnails} == before
    assert len(before) == 12
