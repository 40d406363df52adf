"""The recipe of the compact encoder, on a few drawn photos."""

from __future__ import annotations

import csv
import dataclasses
import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image, ImageDraw

from training.__main__ import main
from training.augmentation import Augmentation, augmented, patched
from training.examples import SIDE, examples_of
from training.learning import Learner, Recipe, side_of
from training.network import embedded, untaught
from vitrine.encoders import load_encoder
from vitrine.sources import read_source

COLUMNS = ("id", "gender", "masterCategory", "subCategory", "articleType", "baseColour", "usage")
TYPES, COLOURS = ("Hats", "Socks"), ("Red", "Blue")
UNCHANGED = Augmentation(1, 1, 0, 0, 0, 0, 0, 0, 0)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Where other tests run beside these, threads of one step wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def draw(kind, colour, number):
    """A hat is wide and a sock tall; no two are the same."""
    image = Image.new("RGB", (60, 80), "white")
    size = (40, 15) if kind == "Hats" else (15, 50)
    left, top = 5 + number % 10, 10 + number % 7
    box = (left, top, left + size[0], top + size[1])
    ImageDraw.Draw(image).rectangle(box, fill=colour.lower())
    return image


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """64 products, one without a photo and one without a colour; a styles.csv."""
    home = tmp_path_factory.mktemp("shop")
    (home / "images").mkdir()
    rows = []
    for number in range(64):
        kind, colour = TYPES[number % 2], COLOURS[number // 2 % 2]
        rows.append([str(number), "Men", "Accessories", "Wear", kind, colour, "Casual"])
        draw(kind, colour, number).save(home / "images" / f"{number}.jpg")
    rows[8][5] = ""
    (home / "images" / "9.jpg").unlink()
    with (home / "styles.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return home / "styles.csv"


@pytest.fixture(scope="module")
def examples(catalogue):
    return examples_of(
        read_source(catalogue), ["articleType", "baseColour", "articleType+baseColour"]
    )


def recipe(**changes):
    labels = {"articleType": 1.0, "baseColour": 1.0}
    small = {"labels": labels, "epochs": 2, "batch": 16, "first_side": 32, "side": 32}
    return Recipe(**{**small, "patched": 0.0, **changes})


def test_products_without_a_photo_or_a_label_are_left_out(examples):
    assert examples.pixels.shape == (62, 3, SIDE, SIDE)
    assert examples.labels["articleType"].values == 2
    assert examples.labels["articleType+baseColour"].values == 4
    assert len(examples.labels["baseColour"].codes) == len(examples.is_validation) == 62


def test_who_is_kept_aside_depends_on_the_id_alone(catalogue, examples):
    assert 0 < examples.is_validation.sum() < 31
    with catalogue.open() as file:
        header, *rows = csv.reader(file)
    copy = catalogue.with_name("fewer.csv")
    with copy.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows[20:]])
    fewer = examples_of(read_source(copy), ["articleType"])
    assert fewer.is_validation.equal(examples.is_validation[18:])


def test_a_backdrop_is_what_is_white_out_to_the_edge(tmp_path):
    (tmp_path / "images").mkdir()
    image = Image.new("RGB", (SIDE, SIDE), "white")
    ImageDraw.Draw(image).rectangle((20, 20, 100, 100), fill="red")
    ImageDraw.Draw(image).rectangle((40, 40, 60, 60), fill="white")
    image.save(tmp_path / "images" / "1.png")
    (tmp_path / "c.csv").write_text("id,kind,ImageURL\n1,a,images/1.png\n")
    (backdrop,) = examples_of(read_source(tmp_path / "c.csv"), ["kind"]).backdrops[:, 0].numpy()
    assert backdrop[:20].all()
    assert not backdrop[20:101, 20:101].any()


def test_what_is_changed_by_nothing_is_the_photo_or_its_mirror_image(examples):
    torch.manual_seed(0)
    chosen = torch.arange(8)
    seen = augmented(examples, chosen, SIDE, UNCHANGED)
    photos = examples.pixels[chosen].float() / 255
    is_same, is_mirrored = (
        [torch.allclose(*pair, atol=0.01) for pair in zip(seen, expected, strict=True)]
        for expected in (photos, photos.flip(3))
    )
    assert all(same or mirrored for same, mirrored in zip(is_same, is_mirrored, strict=True))
    assert any(is_mirrored)
    assert not all(is_mirrored)


def test_photos_are_changed_each_in_its_own_way_and_by_seed(examples):
    chosen = torch.zeros(8, dtype=torch.int64)

    def seen(seed):
        torch.manual_seed(seed)
        return augmented(examples, chosen, 48, Augmentation(backdrops=1, holes=1))

    assert seen(0).shape == (8, 3, 48, 48)
    assert seen(0).equal(seen(0))
    assert not seen(0).equal(seen(1))
    assert len({photo.numpy().tobytes() for photo in seen(0)}) == 8
    assert seen(0).min() >= 0
    assert seen(0).max() <= 1


def test_a_patch_is_that_of_the_other_photo_and_its_share_is_told():
    torch.manual_seed(0)
    pixels = torch.arange(4.0)[:, None, None, None].expand(4, 3, 40, 40)
    others = torch.tensor([3, 0, 1, 2])
    shares = []
    for _ in range(200):
        seen, share = patched(pixels, others)
        is_other = seen == others[:, None, None, None]
        assert torch.logical_or(is_other, seen == pixels).all()
        assert is_other.float().mean((1, 2, 3)).tolist() == pytest.approx([share] * 4)
        rows, columns = np.nonzero(is_other[0, 0].numpy())
        if len(rows):
            assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1), "no rectangle"
        shares.append(share)
    assert min(shares) < 0.1
    assert max(shares) > 0.9
    assert np.mean(shares) == pytest.approx(0.5, abs=0.08)


def test_it_learns_from_patched_photos_too(examples):
    *_, last = Learner(examples, recipe(epochs=12, patched=1.0)).epochs()
    assert last.found.among_all["articleType"] > 0.9


def test_another_backdrop_leaves_the_product_as_it_is(examples):
    torch.manual_seed(0)
    how = dataclasses.replace(UNCHANGED, backdrops=1)
    seen = augmented(examples, torch.arange(20), SIDE, how)
    red_or_blue = (seen.amax(1) - seen.amin(1) > 0.9).float().mean((1, 2))
    product = 1 - examples.backdrops[:20].float().mean((1, 2, 3))
    assert np.allclose(red_or_blue, product, atol=0.1)
    corners = seen[:, :, 0, 0]
    assert len(np.unique(corners.numpy().round(2), axis=0)) > 10


def test_vectors_are_of_unit_length_whatever_the_side():
    network = untaught().eval()
    for side in (32, 96, 113):
        vectors = embedded(network, torch.rand(3, 3, side, side))
        assert vectors.shape == (3, network.config.dimension)
        assert torch.allclose(vectors.norm(dim=1), torch.ones(3))


def test_photos_grow_from_small_to_large():
    growing = recipe(first_side=32, side=64, growing=0.5, epochs=8)
    sides = [side_of(growing, epoch) for epoch in range(1, 9)]
    assert sides == [32, 40, 48, 56, 64, 64, 64, 64]


def test_it_learns_what_the_labels_say(examples):
    learner = Learner(examples, recipe(epochs=12, averaging=0.8))
    first, *_, last = learner.epochs()
    assert last.loss < 0.6 * first.loss
    assert first.found is None
    assert last.found is not None
    assert last.found.among_all["articleType+baseColour"] > 0.9


def test_it_learns_to_know_photos_again_without_any_label(examples):
    weightless = recipe(labels={}, epochs=12, averaging=0.8, itself=1.0)
    first, *_, last = Learner(examples, weightless).epochs()
    assert last.loss < 0.9 * first.loss


def test_the_same_seed_gives_the_same_weights(examples):
    def weights(seed):
        learner = Learner(examples, recipe(seed=seed))
        list(learner.epochs())
        return learner.network.embed.weight

    assert torch.allclose(weights(0), weights(0), atol=1e-6)
    assert not torch.allclose(weights(0), weights(1), atol=1e-2)


def test_the_command_writes_weights_log_and_recipe(catalogue, tmp_path):
    out = tmp_path / "out"
    done = CliRunner().invoke(main, [str(catalogue), str(out), "--epochs", "1"])
    assert done.exit_code == 0, done.output
    encoder = load_encoder(str(out))
    assert encoder.encode([encoder.prepare(draw("Hats", "Red", 1))]).shape == (1, 128)
    assert "2 products are left out" in done.output
    assert (out / "model.safetensors").stat().st_size < 4e6
    with (out / "log.csv").open() as file:
        (line,) = csv.DictReader(file)
    assert line["epoch"] == "1"
    assert 0 <= float(line["aside articleType"]) <= 1
    with Image.open(out / "curve.png") as curve:
        assert curve.width > 600
    assert json.loads((out / "recipe.json").read_text())["labels"]["articleType"] == 1.2


def test_a_catalogue_without_the_labels_is_refused_in_words(tmp_path):
    (tmp_path / "c.csv").write_text("id,ImageURL\n1,1.jpg\n")
    done = CliRunner().invoke(main, [str(tmp_path / "c.csv"), str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "no product has a readable photo in its folder and the facts articleType" in done.output
    assert not (tmp_path / "out").exists()
