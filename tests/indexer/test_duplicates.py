"""Photos that are nearly the same: which copies are found, and what is no copy."""

from __future__ import annotations

import io
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from indexer import duplicates
from indexer.amending import Addition, add_photos, remove_products
from indexer.build import sole_indexer
from indexer.duplicates import FINE, THRESHOLD, _View, near_copies
from indexer.groups import Kind, groups_of
from indexer.ledger import Ledger
from indexer.likeness import differences
from indexer.reconciling import Silent
from indexer.sketches import Sketch
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.search import folded

SIZE = (300, 400)


def garment(number: int, colour: tuple[int, int, int] | None = None) -> Image.Image:
    """A drawn garment on white, as sharp as a photo; its cut and print follow from the number."""
    chance = random.Random(number)
    drawn = tuple(chance.randrange(30, 200) for _ in range(3))
    ink = colour or drawn
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    waist, sleeve = chance.randrange(60, 110), chance.randrange(120, 330)
    draw.polygon([(110, 60), (190, 60), (300 - waist, 370), (waist, 370)], fill=ink)
    draw.polygon([(110, 60), (20, sleeve), (60, sleeve + 20), (125, 140)], fill=ink)
    draw.polygon([(190, 60), (280, sleeve), (240, sleeve + 20), (175, 140)], fill=ink)
    for _ in range(4):
        x, y, r = chance.randrange(115, 185), chance.randrange(100, 340), chance.randrange(8, 22)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=tuple(255 - c for c in ink))
    return image.filter(ImageFilter.GaussianBlur(1))


def encoded(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    body = io.BytesIO()
    image.save(body, kind, **options)
    return body.getvalue()


def cropped(image: Image.Image, across: int, down: int) -> Image.Image:
    return image.crop((across, down, image.width - across, image.height - down))


def signed(image: Image.Image) -> Image.Image:
    image = image.copy()
    ImageDraw.Draw(image).text((12, 370), "shop.example", fill="#999999", font_size=16)
    return image


COPIES = {
    "jpeg": lambda i: encoded(i, "JPEG", quality=30),
    "webp": lambda i: encoded(i, "WEBP", quality=50),
    "half": lambda i: encoded(i.resize((150, 200)), "JPEG", quality=85),
    "larger": lambda i: encoded(i.resize((450, 600)), "JPEG", quality=85),
    "cropped": lambda i: encoded(cropped(i, 9, 12), "JPEG", quality=85),
    "white border": lambda i: encoded(ImageOps.expand(i, 15, "white")),
    "black border": lambda i: encoded(ImageOps.expand(i, 15, "black")),
    "darker": lambda i: encoded(ImageEnhance.Brightness(i).enhance(0.9)),
    "brighter": lambda i: encoded(ImageEnhance.Brightness(i).enhance(1.05)),
    "signed": lambda i: encoded(signed(i)),
}


def stock(shop, photos: dict[str, bytes]) -> None:
    """Add products with these photos to the shop's catalogue."""
    for number, (product_id, body) in enumerate(photos.items()):
        shop.serve(number, body)
        shop.urls[product_id] = shop.server.url(f"/{number}.png")


def forget(shop, *tables: str) -> None:
    """As if the ledger were of an older Vitrine."""
    with closing(sqlite3.connect(shop.folder.ledger)) as db, db:
        for table in tables:
            db.execute(f"DROP TABLE {table}")


def grouped(shop) -> list[list[str]]:
    snapshot = shop.snapshot()
    groups = groups_of(snapshot, snapshot.products.near_copies)
    return [[member.product.id for member in group.members] for group in groups]


def test_altered_copies_are_grouped_with_their_photo_and_nothing_else_is(shop):
    photos = {f"g{n}": encoded(garment(n)) for n in range(12)}
    altered = {f"{name} {n}": alter(garment(n)) for n in range(3) for name, alter in COPIES.items()}
    stock(shop, photos | altered)
    shop.build()
    assert grouped(shop) == [[f"g{n}", *(f"{name} {n}" for name in COPIES)] for n in range(3)]


def test_what_only_looks_alike_is_not_grouped(shop):
    stock(
        shop,
        {
            "one": encoded(garment(3)),
            "another colour": encoded(garment(3, (40, 90, 190))),
            "a third": encoded(garment(3, (190, 90, 40))),
            "mirrored": encoded(ImageOps.mirror(garment(3))),
            "another cut": encoded(garment(4, (40, 90, 190))),
        },
    )
    shop.build()
    assert grouped(shop) == []


def test_a_small_thing_on_much_white_is_told_from_one_of_another_colour(shop):
    def ring(colour: str) -> bytes:
        image = Image.new("RGB", SIZE, "white")
        ImageDraw.Draw(image).ellipse([135, 185, 165, 215], outline=colour, width=6)
        return encoded(image)

    stock(shop, {"gold": ring("#c9a227"), "silver": ring("#a9b0b6"), "red": ring("#b3202a")})
    shop.build()
    assert grouped(shop) == []


def test_a_chain_of_small_steps_is_no_group(shop):
    # Each step changes hue by the same few levels, which brightness can't make up for.
    steps = [encoded(garment(5, (190 - 4 * n, 60, 60 + 4 * n))) for n in range(6)]
    stock(shop, {f"s{n}": body for n, body in enumerate(steps)})
    shop.build()
    snapshot = shop.snapshot()
    groups = groups_of(snapshot, snapshot.products.near_copies)
    assert len(groups) > 1
    assert all(member.difference <= THRESHOLD for group in groups for member in group.members)
    sketches = np.stack(
        [Sketch.of(garment(5, (190 - 4 * n, 60, 60 + 4 * n))).views[0] for n in range(6)]
    )
    assert (differences(sketches[:-1], sketches[1:]) <= THRESHOLD).all(), "each is near the next"
    assert differences(sketches[:1], sketches[-1:])[0] > THRESHOLD


def test_a_first_is_the_first_of_the_catalogue_and_identical_files_stand_in_its_group(shop):
    copy = COPIES["jpeg"](garment(1))
    stock(
        shop,
        {
            "alone": encoded(garment(7)),
            "first": encoded(garment(1)),
            "copy": copy,
            "twin": encoded(garment(1)),
            "copy's twin": copy,
        },
    )
    shop.build()
    snapshot = shop.snapshot()
    (group,) = groups_of(snapshot, snapshot.products.near_copies)
    assert [(m.product.id, m.kind) for m in group.members] == [
        ("first", Kind.SAME),
        ("copy", Kind.NEARLY),
        ("twin", Kind.SAME),
        ("copy's twin", Kind.NEARLY),
    ]
    near = [m.difference for m in group.members if m.kind is Kind.NEARLY]
    assert near[0] == near[1] > 0
    tiles = folded(snapshot, np.arange(5))
    assert tiles.rows.tolist() == [0, 1]
    assert (tiles.sizes.tolist(), tiles.identical.tolist()) == ([1, 4], [1, 2])


def test_of_many_copies_all_join_one_group_across_blocks(shop, monkeypatch):
    monkeypatch.setattr("indexer.duplicates.BLOCK", 4)
    bodies = {f"q{q}": encoded(garment(2), "JPEG", quality=q) for q in range(50, 80, 2)}
    others = {f"g{n}": encoded(garment(n)) for n in range(20, 32)}
    stock(shop, bodies | others)
    shop.build()
    assert grouped(shop) == [list(bodies)]


class TestAmending:
    @pytest.fixture
    def stocked(self, shop):
        stock(shop, {f"g{n}": encoded(garment(n)) for n in range(5)})
        shop.build()
        assert grouped(shop) == []
        return shop

    def add(self, shop, tmp_path, **photos: bytes):
        paths = []
        for name, body in photos.items():
            paths.append(tmp_path / f"{name}.jpg")
            paths[-1].write_bytes(body)
        with sole_indexer(shop.folder):
            add_photos(shop.folder, [Addition(path) for path in paths], HandcraftedEncoder())

    def remove(self, shop, *ids: str):
        with sole_indexer(shop.folder):
            remove_products(shop.folder, ids)

    def test_an_added_copy_folds_and_a_removed_one_unfolds(self, stocked, tmp_path):
        self.add(stocked, tmp_path, copy=COPIES["cropped"](garment(2)))
        assert grouped(stocked) == [["g2", "copy"]]
        self.remove(stocked, "copy")
        assert grouped(stocked) == []

    def test_without_their_first_copies_group_around_the_next(self, stocked, tmp_path):
        self.add(stocked, tmp_path, a=COPIES["jpeg"](garment(2)), b=COPIES["webp"](garment(2)))
        assert grouped(stocked) == [["g2", "a", "b"]]
        self.remove(stocked, "g2")
        assert grouped(stocked) == [["a", "b"]]

    def test_what_was_added_groups_as_if_it_had_always_been_there(self, stocked, tmp_path):
        self.add(stocked, tmp_path, copy=COPIES["half"](garment(0)))
        near = stocked.snapshot().products.near_copies
        forget(stocked, "sketch", "comparison")
        with Ledger(stocked.folder.ledger) as ledger:
            products = stocked.snapshot().products.all()
            anew = near_copies(stocked.folder, ledger, products, Silent().comparing)
        assert tuple(anew) == near != ()


class TestKept:
    """What has been worked out once is in the ledger."""

    @pytest.fixture
    def stocked(self, shop):
        stock(shop, {"a": encoded(garment(1)), "b": COPIES["jpeg"](garment(1))})
        shop.build()
        return shop

    def again(self, shop, threshold: float = THRESHOLD):
        with Ledger(shop.folder.ledger) as ledger:
            products = shop.snapshot().products.all()
            return near_copies(shop.folder, ledger, products, Silent().comparing, threshold)

    def test_no_pair_is_compared_twice(self, stocked, monkeypatch):
        def never(*_: Sequence[object]):
            raise AssertionError("compared again")

        monkeypatch.setattr("indexer.duplicates.differences", never)
        monkeypatch.setattr("indexer.duplicates.Sketch.of", never)
        assert tuple(self.again(stocked)) == stocked.snapshot().products.near_copies

    def test_no_photo_is_decoded_twice(self, shop, monkeypatch):
        def never(*_: object):
            raise AssertionError("decoded again")

        monkeypatch.setattr("indexer.duplicates.decode", never)
        stock(shop, {"a": encoded(garment(1)), "b": COPIES["jpeg"](garment(1))})
        shop.build()
        assert grouped(shop) == [["a", "b"]]

    def test_what_another_measure_worked_out_is_not_believed(self, stocked, monkeypatch):
        before = self.again(stocked)
        with Ledger(stocked.folder.ledger) as ledger:
            ledger.record_comparisons(dict.fromkeys([self.pair(stocked)], 99.0))
        assert self.again(stocked) == []
        monkeypatch.setattr("indexer.ledger.MEASURE", 0)
        assert self.again(stocked) == before

    def pair(self, shop) -> tuple[str, str]:
        one, other = shop.snapshot().products.all()
        return one.sha256, other.sha256

    def test_a_lower_threshold_leaves_less(self, stocked):
        (copy,) = self.again(stocked)
        assert self.again(stocked, copy.difference) == [copy]
        assert self.again(stocked, copy.difference - 0.01) == []

    def test_a_photo_that_is_missing_is_like_no_other(self, stocked):
        for path in stocked.folder.root.glob("photos/*/*"):
            path.unlink()
        forget(stocked, "sketch")
        assert self.again(stocked) == []


class TestDifferences:
    def test_nothing_differs_from_itself(self):
        views = Sketch.of(garment(1)).views
        assert differences(views, views) == pytest.approx([0, 0], abs=1e-3)

    def test_they_are_the_same_either_way_and_whatever_is_compared_beside(self):
        ones = np.stack([Sketch.of(garment(n)).views[0] for n in range(6)])
        others = np.stack([Sketch.of(cropped(garment(n), 6, 8)).views[0] for n in range(6)])
        together = differences(ones, others)
        assert differences(others, ones).tolist() == together.tolist()
        alone = [differences(ones[n : n + 1], others[n : n + 1])[0] for n in range(6)]
        assert alone == together.tolist()

    def test_empty_pictures_of_two_colours_differ(self):
        plain = np.stack(
            [Sketch.of(Image.new("RGB", (90, 120), c)).views[0] for c in ("white", "#c33")]
        )
        assert differences(plain[:1], plain[1:])[0] > 50


def test_among_very_many_the_same_are_found_as_by_comparing_all(monkeypatch):
    chance = np.random.default_rng(0)
    firsts = chance.normal(128, 40, size=(4000, FINE)).astype(np.float32)
    copies = firsts[::8] + chance.normal(0, 2, size=(500, FINE)).astype(np.float32)
    others = chance.normal(128, 40, size=(500, FINE)).astype(np.float32)

    def found() -> list[tuple[int, int]]:
        view = _View(radius=3.5, most=len(firsts))
        for start in range(0, len(firsts), 128):
            view.add(firsts[start : start + 128])
        near = view.near(np.concatenate([copies, others]))
        return sorted((row, first) for row, first in near.tolist())

    by_comparing_all = found()
    assert by_comparing_all == [(copy, 8 * copy) for copy in range(500)]
    monkeypatch.setattr(duplicates, "LISTED", 500)
    assert found() == by_comparing_all
