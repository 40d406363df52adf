"""From a catalogue to a generation, over a real server that does not always behave."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from indexer import reconciling
from indexer.build import sole_indexer
from indexer.ledger import Ledger
from tests.checkpoints import small_clip, small_dinov2
from tests.drawings import photo_bytes, picture
from tests.indexer.conftest import QUICK, Counting
from tests.photo_server import Reply
from vitrine.encoders import load_encoder
from vitrine.encoders.handcrafted import HandcraftedEncoder, Recipe
from vitrine.failures import FailureCode
from vitrine.folder import FolderError
from vitrine.photos import thumbnail_widths
from vitrine.products import Order


def expected_vectors(numbers):
    """What the encoder says of these drawings, each by itself."""
    encoder = HandcraftedEncoder()
    return np.stack([encoder.encode([encoder.prepare(picture(n))])[0] for n in numbers])


def assert_every_row_is_right(snapshot, numbers):
    assert list(snapshot.ids) == [f"p{n}" for n in numbers]
    cosines = (snapshot.index.vectors() * expected_vectors(numbers)).sum(axis=1)
    assert cosines.min() > 0.99999


def test_three_dead_urls_of_three_hundred_shift_no_other_product(shop):
    shop.offer(range(300))
    dead = {7, 150, 299}
    for number in dead:
        shop.server.replies[f"/{number}.png"] = Reply(b"gone", 404)
    outcome = shop.build()
    assert outcome.indexed == 297
    assert outcome.causes == {FailureCode.HTTP_404: 3}
    assert {f.product.id for f in outcome.failed} == {f"p{n}" for n in dead}
    assert_every_row_is_right(shop.snapshot(), [n for n in range(300) if n not in dead])
    assert (shop.progress.total, shop.progress.good) == (300, 297)


def test_a_second_run_asks_conditionally_and_publishes_nothing(shop):
    shop.offer(range(12))
    first = shop.build()
    again = shop.build()
    assert again.generation is None
    assert again.indexed == 12
    assert again.tally.downloaded == again.tally.embedded == 0
    assert all("If-None-Match" in seen.headers for seen in shop.server.seen)
    assert len(shop.server.seen) == 12
    assert shop.folder.generation_names() == [first.generation]


def test_every_unchanged_photo_is_noted_also_the_last_few(shop, monkeypatch):
    monkeypatch.setattr(reconciling, "UNCHANGED_AT_ONCE", 5)
    shop.offer(range(12))
    shop.build()
    shop.build()
    with Ledger(shop.folder.ledger) as ledger:
        assert {download.run for download in ledger.downloads().values()} == {2}


def test_what_dies_asks_again_only_about_unchanged_photos_that_were_not_noted_yet(
    shop, monkeypatch
):
    monkeypatch.setattr(reconciling, "UNCHANGED_AT_ONCE", 5)
    shop.offer(range(12))
    shop.build()

    def die(progress: Counting, count: int) -> None:
        progress.good += count
        if progress.good == 8:
            raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Counting, "done", die)
        with pytest.raises(MemoryError):
            shop.build()
    shop.build()
    assert len(shop.server.seen) == 12 - 5


def test_only_what_is_new_or_changed_is_downloaded_and_embedded(shop):
    shop.offer(range(10))
    shop.build()
    shop.serve(3, photo_bytes(103))  # another photo at the same address
    shop.urls["p4"] = shop.server.url("/104.png")  # another address
    shop.serve(104, photo_bytes(104))
    shop.offer(range(10, 11))  # a new product
    del shop.urls["p0"]  # one that has gone
    outcome = shop.build()
    assert (outcome.tally.downloaded, outcome.tally.embedded) == (3, 3)
    snapshot = shop.snapshot()
    assert list(snapshot.ids) == [f"p{n}" for n in range(1, 11)]
    expected = expected_vectors([1, 2, 103, 104, 5, 6, 7, 8, 9, 10])
    assert (snapshot.index.vectors() * expected).sum(axis=1).min() > 0.99999


def test_what_is_new_is_fetched_while_the_rest_is_asked_about(shop):
    shop.offer(range(60))
    shop.build()
    shop.offer(range(60, 63))
    shop.build(limits=replace(QUICK, workers=1))
    asked = [seen.path for seen in shop.server.seen]
    assert len(asked) == 63
    assert [asked.index(f"/{number}.png") for number in range(60, 63)] == [0, 21, 42]


def test_a_changed_title_is_published_without_a_download(shop):
    shop.offer(range(4))
    shop.build()
    shop.urls = dict(reversed(shop.urls.items()))
    outcome = shop.build()
    assert outcome.generation is not None
    assert outcome.tally.downloaded == 0
    assert_every_row_is_right(shop.snapshot(), [3, 2, 1, 0])


def test_identical_photos_are_embedded_once_and_all_their_products_indexed(shop):
    shop.offer(range(3))
    shop.serve(2, photo_bytes(1))  # the same photo at another address
    shop.urls["twin"] = shop.urls["p0"]  # the same address under another product
    outcome = shop.build()
    assert outcome.indexed == 4
    assert outcome.tally.embedded == 2
    assert shop.server.counts["/0.png"] == 1
    vectors = shop.snapshot().index.vectors()
    assert np.array_equal(vectors[1], vectors[2])
    assert np.array_equal(vectors[0], vectors[3])


def test_another_encoder_downloads_nothing_and_the_first_ones_vectors_are_kept(shop):
    shop.offer(range(5))
    shop.build()
    other = HandcraftedEncoder(Recipe(cells=4))
    outcome = shop.build(other)
    assert (outcome.tally.downloaded, outcome.tally.embedded) == (0, 5)
    assert shop.snapshot().manifest.encoder.fingerprint == other.fingerprint
    assert shop.snapshot().index.dimension == other.dimension
    assert shop.build().tally.embedded == 0
    assert_every_row_is_right(shop.snapshot(), range(5))


class PatientEncoder(HandcraftedEncoder):
    """Embeds nothing until so many photos are in the index folder."""

    def __init__(self, folder, count):
        super().__init__()
        self.folder = folder
        self.count = count

    def encode(self, prepared):
        ends = time.monotonic() + 60
        while len([*self.folder.root.glob("photos/*/*")]) < self.count:
            assert time.monotonic() < ends, "nothing is fetched while the encoder is at work"
            time.sleep(0.01)
        return super().encode(prepared)


def test_photos_are_fetched_and_decoded_while_others_are_embedded(shop):
    encoder = PatientEncoder(shop.folder, 2 * HandcraftedEncoder().batch_size)
    shop.offer(range(3 * encoder.batch_size))
    assert shop.build(encoder).tally.embedded == 3 * encoder.batch_size


def test_one_transformer_after_another_sends_for_no_photo_again(shop, tmp_path):
    shop.offer(range(5))
    first = load_encoder(str(small_dinov2(tmp_path / "dinov2")))
    second = load_encoder(str(small_clip(tmp_path / "clip")))
    outcome = shop.build(first)
    assert (outcome.tally.downloaded, outcome.tally.embedded) == (5, 5)
    assert not shop.snapshot().manifest.encoder.reads_text
    shop.server.sent_bytes.clear()
    outcome = shop.build(second)
    assert (outcome.tally.downloaded, outcome.tally.embedded) == (0, 5)
    assert all("If-None-Match" in seen.headers for seen in shop.server.seen)
    assert shop.server.sent_bytes.total() == 0
    manifest = shop.snapshot().manifest
    assert (manifest.encoder.name, manifest.encoder.fingerprint) == (
        second.name,
        second.fingerprint,
    )
    assert manifest.encoder.reads_text
    assert shop.snapshot().index.dimension == second.dimension
    # The first one's vectors are kept, and the way back costs nothing.
    outcome = shop.build(first)
    assert (outcome.tally.downloaded, outcome.tally.embedded) == (0, 0)
    assert shop.server.sent_bytes.total() == 0


def test_all_dead_publishes_nothing_and_leaves_the_old_generation(shop):
    shop.offer(range(5))
    first = shop.build()
    shop.urls = {f"p{n}": shop.server.url(f"/dead-{n}.png") for n in range(5)}
    outcome = shop.build()
    assert outcome.is_total_failure
    assert outcome.generation is None
    assert shop.folder.current_name() == first.generation
    assert_every_row_is_right(shop.snapshot(), range(5))


def test_all_dead_from_the_start_publishes_nothing(shop):
    shop.urls = {"p1": shop.server.url("/404"), "p2": "photos/none.png"}
    outcome = shop.build()
    assert outcome.is_total_failure
    assert outcome.causes == {FailureCode.HTTP_404: 1, FailureCode.NO_FILE: 1}
    assert shop.folder.current_name() is None


def test_a_photo_that_dies_later_keeps_its_last_good_copy(shop):
    shop.offer(range(5))
    shop.build()
    shop.server.replies["/2.png"] = Reply(b"gone", 404)
    outcome = shop.build()
    assert outcome.kept == {"p2"}
    assert outcome.causes == {FailureCode.HTTP_404: 1}
    assert outcome.indexed == 5
    assert_every_row_is_right(shop.snapshot(), range(5))
    # Even under another encoder, whose vector is made from that copy.
    assert shop.build(HandcraftedEncoder(Recipe(cells=4))).indexed == 5


def test_what_is_no_photo_fails_with_its_code_and_is_asked_for_again(shop):
    shop.offer(range(4))
    whole = photo_bytes(1, kind="JPEG")
    shop.serve(0, b"<html>not found</html>", content_type="application/octet-stream")
    shop.serve(1, whole[: len(whole) // 2])
    shop.serve(2, b"")
    outcome = shop.build()
    assert {f.product.id: f.failure.code for f in outcome.failed} == {
        "p0": FailureCode.NOT_AN_IMAGE,
        "p1": FailureCode.TRUNCATED,
        "p2": FailureCode.EMPTY,
    }
    assert_every_row_is_right(shop.snapshot(), [3])
    assert shop.snapshot().products.photoless("p1").code is FailureCode.TRUNCATED
    for number in range(3):
        shop.serve(number, photo_bytes(number))
    assert shop.build().indexed == 4
    assert_every_row_is_right(shop.snapshot(), range(4))


def test_local_photos_are_read_beside_the_catalogue_and_never_outside(shop):
    (shop.home / "photos").mkdir()
    for number in range(3):
        (shop.home / "photos" / f"{number}.png").write_bytes(photo_bytes(number))
        shop.urls[f"p{number}"] = f"photos/{number}.png"
    shop.urls["out"] = "../secret.png"
    shop.urls["file"] = "file:///etc/passwd"
    outcome = shop.build()
    assert outcome.causes == {FailureCode.OUTSIDE_CATALOGUE: 1, FailureCode.BAD_URL: 1}
    assert_every_row_is_right(shop.snapshot(), range(3))
    assert shop.build().generation is None


def test_thumbnails_lie_beside_the_index_and_are_made_again_when_lost(shop):
    shop.serve(1, photo_bytes(1, (1200, 1600)))
    shop.urls["p1"] = shop.server.url("/1.png")
    shop.build()
    (product,) = shop.snapshot().products.get([0])
    assert (product.width, product.height) == (1200, 1600)
    paths = [shop.folder.thumbnail(product.sha256, w) for w in thumbnail_widths(1200)]
    assert len(paths) == 3
    for path in paths:
        with Image.open(path) as thumbnail:
            assert thumbnail.format == "WEBP"
    paths[1].unlink()
    assert shop.build().tally.embedded == 0
    assert paths[1].exists()


def test_a_download_lost_from_the_folder_is_fetched_again(shop):
    shop.offer(range(3))
    shop.build()
    shop.folder.photo(shop.snapshot().products.get([1])[0].sha256).unlink()
    assert shop.build().tally.downloaded == 1


def test_a_download_or_thumbnail_that_a_power_cut_left_empty_is_had_again(shop):
    shop.offer(range(3))
    shop.build()
    products = shop.snapshot().products.get([0, 1])
    photo = shop.folder.photo(products[0].sha256)
    thumbnail = shop.folder.thumbnail(products[1].sha256, thumbnail_widths(products[1].width)[0])
    before = [path.read_bytes() for path in (photo, thumbnail)]
    for path in (photo, thumbnail):
        path.write_bytes(b"")
    assert shop.build().tally.downloaded == 1
    assert [path.read_bytes() for path in (photo, thumbnail)] == before


def test_what_a_killed_indexer_was_writing_is_cleared_away_and_nothing_else(shop):
    shop.offer(range(1))
    shop.build()
    (photo,) = (shop.folder.root / "photos").glob("*/*")
    mine = shop.folder.root / ".keep"
    mine.touch()
    left = [
        path.with_name(".unfinished-abc") for path in (photo, shop.folder.root / "current", mine)
    ]
    for path in left:
        path.touch()
    shop.folder.holder.touch()  # its holder died
    shop.build()
    assert [path for path in left if path.exists()] == []
    assert mine.exists()
    assert photo.exists()


def test_progress_counts_every_photo_once_whatever_becomes_of_it(shop):
    shop.offer(range(6))
    shop.urls["twin"] = shop.urls["p0"]
    shop.server.replies["/1.png"] = Reply(b"", 403)
    shop.serve(2, b"no photo")
    shop.serve(3, photo_bytes(4))
    for _ in range(2):
        shop.build()
        assert shop.progress.total == 6
        assert shop.progress.good == 4
        assert shop.progress.bad == {FailureCode.HTTP_403: 1, FailureCode.NOT_AN_IMAGE: 1}


def test_the_ledger_holds_each_vector_once(shop):
    shop.offer(range(5))
    shop.build()
    encoder = HandcraftedEncoder()
    with Ledger(shop.folder.ledger) as ledger:
        assert len(ledger.embedded(encoder.fingerprint)) == 5


def test_two_indexers_at_once_are_refused_by_name(shop):
    shop.folder.claim()
    with (
        sole_indexer(shop.folder),
        pytest.raises(FolderError, match=r"is being written by process \d+ on "),
        sole_indexer(shop.folder),
    ):
        pass
    with sole_indexer(shop.folder):
        pass


def an_indexer(folder):
    """A second process that holds the folder until it reads a line, or is killed."""
    code = (
        "import sys; from pathlib import Path; from indexer.build import sole_indexer\n"
        "from vitrine.folder import IndexFolder\n"
        "with sole_indexer(IndexFolder(Path(sys.argv[1]))): print('held', flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("ends", ["finished", "killed"])
def test_a_folder_is_being_indexed_for_as_long_as_another_process_lives_and_holds_it(shop, ends):
    assert not shop.folder.is_being_indexed()
    shop.folder.claim()
    assert not shop.folder.is_being_indexed()
    with an_indexer(shop.folder) as process:
        assert shop.folder.is_being_indexed()
        assert shop.folder.is_being_indexed()
        with (
            pytest.raises(FolderError, match=f"process {process.pid} on "),
            sole_indexer(shop.folder),
        ):
            pass
        if ends == "killed":
            process.kill()
        else:
            process.communicate("\n")
        process.wait(timeout=10)
    assert shop.folder.holder.exists() == (ends == "killed")
    assert not shop.folder.is_being_indexed()
    with sole_indexer(shop.folder):
        assert shop.folder.is_being_indexed()
    assert not shop.folder.is_being_indexed()


def test_asking_whether_a_folder_is_being_indexed_never_stops_an_indexer(shop):
    shop.folder.claim()
    seen, over = set(), threading.Event()

    def ask():
        while not over.is_set():
            seen.add(shop.folder.is_being_indexed())

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(200):
            with sole_indexer(shop.folder):
                assert shop.folder.is_being_indexed()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert seen == {True, False}


def ids_in(snapshot, order):
    return [snapshot.ids[row] for row in snapshot.products.in_order(order)]


def test_the_newest_products_are_those_first_published_with_a_photo_last(shop):
    shop.offer(range(3))
    shop.urls["late"] = shop.server.url("/late.png")
    shop.build()
    assert ids_in(shop.snapshot(), Order.NEWEST) == ["p2", "p1", "p0"]
    shop.urls = {"first": shop.urls["p0"], **shop.urls}
    shop.build()
    assert ids_in(shop.snapshot(), Order.NEWEST) == ["first", "p2", "p1", "p0"]
    shop.server.replies["/late.png"] = Reply(photo_bytes(9))
    del shop.urls["p1"]
    shop.build()
    assert ids_in(shop.snapshot(), Order.NEWEST) == ["late", "first", "p2", "p0"]


def test_what_was_published_by_a_run_killed_just_then_is_noted_by_the_next(shop):
    shop.offer(range(2))
    shop.build()
    with sqlite3.connect(shop.folder.ledger) as db:
        db.execute("DELETE FROM product WHERE id = 'p1'")
    db.close()
    assert shop.build().generation is None
    with Ledger(shop.folder.ledger) as ledger:
        noted = ledger.first_seen()
    assert noted["p0"] < noted["p1"]
    assert shop.build().generation is None
    with Ledger(shop.folder.ledger) as ledger:
        assert ledger.first_seen() == noted


def test_a_failed_build_notes_no_product(shop):
    shop.urls = {"p1": shop.server.url("/404")}
    shop.build()
    with Ledger(shop.folder.ledger) as ledger:
        assert ledger.first_seen() == {}


def test_a_generation_of_an_older_vitrine_is_published_anew_from_what_there_is(shop):
    shop.offer(range(4))
    first = shop.build().generation
    manifest = shop.folder.generation(first) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format_version": 1}))
    outcome = shop.build()
    assert outcome.generation not in (None, first)
    assert (outcome.tally.downloaded, outcome.tally.embedded) == (0, 0)
    assert_every_row_is_right(shop.snapshot(), range(4))
    assert shop.build().generation is None


def test_a_photo_that_turns_bad_at_its_address_keeps_its_last_good_copy(shop):
    shop.offer(range(3))
    shop.build()
    shop.serve(1, b"<html>gone</html>")  # a soft 404: status 200, and no photo
    for _ in range(2):
        outcome = shop.build()
        assert outcome.kept == {"p1"}
        assert outcome.causes == {FailureCode.NOT_AN_IMAGE: 1}
        assert_every_row_is_right(shop.snapshot(), range(3))
    shop.serve(1, photo_bytes(101))
    assert shop.build().tally.embedded == 1


def test_a_stored_photo_that_was_damaged_is_not_embedded_as_if_it_were_sound(shop):
    shop.offer(range(3))
    shop.build()
    sha256 = shop.snapshot().products.get([1])[0].sha256
    shop.folder.photo(sha256).write_bytes(photo_bytes(99))
    other = HandcraftedEncoder(Recipe(cells=4))
    assert shop.build(other).causes == {FailureCode.TRUNCATED: 1}
    assert shop.build(other).indexed == 3


def test_a_damaged_generation_is_published_anew(shop):
    shop.offer(range(3))
    first = shop.build().generation
    path = shop.folder.generation(first) / "image_ids.json"
    path.write_text("[]")
    assert shop.build().generation not in (None, first)
    assert_every_row_is_right(shop.snapshot(), range(3))


def test_links_that_were_lost_come_back_even_if_nothing_changed(shop):
    shop.offer(range(2))
    shop.build()
    (shop.folder.root / "vector.index").unlink()
    assert shop.build().generation is None
    assert (shop.folder.root / "vector.index").exists()
