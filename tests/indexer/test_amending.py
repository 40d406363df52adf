"""Adding, removing and restoring by hand: at once, lastingly, and all or nothing."""

from __future__ import annotations

import numpy as np
import pytest

from indexer import amending
from indexer.amending import (
    Addition,
    AmendmentError,
    add_photos,
    remove_products,
    restore_products,
)
from indexer.build import sole_indexer
from indexer.ledger import Ledger
from tests.drawings import photo_bytes
from tests.indexer.conftest import QUICK
from tests.photo_server import Reply
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.failures import FailureCode
from vitrine.folder import FolderError
from vitrine.photos import thumbnail_widths
from vitrine.search import similar_to_product
from vitrine.snapshot import verify


class OtherEncoder(HandcraftedEncoder):
    """The same descriptors under another fingerprint, as after a change of the encoder."""

    name = "other"
    fingerprint = "0" * 64


@pytest.fixture
def stocked(shop):
    """A shop of four products, one of them without its photo, built."""
    shop.offer(range(4))
    shop.urls["gone"] = shop.server.url("/404")
    shop.build()
    return shop


@pytest.fixture
def photo(tmp_path):
    """A photo on this machine, in a place of its own."""

    def write(number: int, name: str | None = None):
        path = tmp_path / "desk" / (name or f"new{number}.png")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(photo_bytes(number))
        return path

    return write


def add(shop, *photos, encoder=None, replaces=False, **words):
    additions = [p if isinstance(p, Addition) else Addition(p, **words) for p in photos]
    shop.folder.claim()
    with sole_indexer(shop.folder):
        embedding = encoder or HandcraftedEncoder()
        return add_photos(shop.folder, additions, embedding, QUICK, replaces=replaces)


def remove(shop, *ids):
    with sole_indexer(shop.folder):
        return remove_products(shop.folder, ids)


def restore(shop, *ids):
    with sole_indexer(shop.folder):
        return restore_products(shop.folder, ids)


def state(shop):
    """All that must not change where something is refused."""
    with Ledger(shop.folder.ledger) as ledger:
        return shop.folder.current_name(), ledger.amendments()


def check(shop):
    snapshot = shop.snapshot()
    assert [c for c in verify(shop.folder.generation(snapshot.name)) if c.problem] == []
    return snapshot


def test_an_added_photo_is_found_like_any_other_though_hosts_and_catalogue_are_gone(stocked, photo):
    stocked.server.replies.clear()
    stocked.server.seen.clear()
    stocked.catalogue.unlink()
    outcome = add(stocked, photo(2), id="twin", title="A twin", facts={"Colour": "Red"})
    snapshot = check(stocked)
    assert stocked.server.seen == []
    assert (outcome.generation, outcome.ids) == (snapshot.name, ("twin",))
    assert (outcome.indexed, outcome.by_hand, outcome.held_out) == (5, 1, 0)
    assert snapshot.ids == ("p0", "p1", "p2", "p3", "twin")
    assert [p.id for p in snapshot.products.all_photoless()] == ["gone"]
    best = similar_to_product(snapshot, snapshot.rows["p2"], 1)[0]
    assert (snapshot.ids[best.row], best.score) == ("twin", 1.0)
    (twin,) = snapshot.products.get([4])
    assert (twin.title, twin.image_url, twin.facts) == ("A twin", "new2.png", {"Colour": "Red"})
    assert stocked.folder.photo(twin.sha256).read_bytes() == photo_bytes(2)
    for width in thumbnail_widths(twin.width):
        assert stocked.folder.thumbnail(twin.sha256, width).exists()


def test_a_photo_of_the_web_is_fetched_once(stocked):
    stocked.serve(9, photo_bytes(9))
    stocked.server.seen.clear()
    add(stocked, stocked.server.url("/9.png"))
    assert [seen.path for seen in stocked.server.seen] == ["/9.png"]
    (product,) = check(stocked).products.get([4])
    assert (product.id, product.image_url) == ("9", stocked.server.url("/9.png"))
    stocked.build()
    assert "/9.png" not in stocked.server.counts


def test_what_was_added_outlives_its_original_and_every_build(stocked, photo):
    path = photo(7)
    add(stocked, path)
    path.unlink()
    outcome = stocked.build()
    assert outcome.generation is None
    assert (outcome.by_hand, outcome.wanted, outcome.indexed) == (1, 5, 5)
    assert {f.product.id for f in outcome.failed} == {"gone"}
    stocked.urls.pop("p1")
    stocked.build()
    assert check(stocked).ids == ("p0", "p2", "p3", "new7")


def test_another_encoder_embeds_what_was_added_from_our_copy(stocked, photo):
    path = photo(7)
    add(stocked, path)
    path.unlink()
    outcome = stocked.build(OtherEncoder())
    assert outcome.tally.embedded == 5
    assert "new7" in check(stocked).ids
    with pytest.raises(AmendmentError, match="made with other, and not by handcrafted"):
        add(stocked, photo(8))


def test_a_lost_copy_is_reported_and_can_be_added_again(stocked, photo):
    add(stocked, photo(7), photo(8))
    sha256 = stocked.snapshot().products.get([4])[0].sha256
    stocked.folder.photo(sha256).unlink()
    assert stocked.build().generation is None
    outcome = stocked.build(OtherEncoder())
    assert outcome.causes[FailureCode.NO_FILE] == 1
    assert stocked.progress.bad[FailureCode.NO_FILE] == 1
    assert check(stocked).ids == ("p0", "p1", "p2", "p3", "new8")
    add(stocked, photo(9), encoder=OtherEncoder())
    assert check(stocked).ids == ("p0", "p1", "p2", "p3", "new8", "new9")
    assert {p.id for p in stocked.snapshot().products.all_photoless()} == {"gone", "new7"}
    add(stocked, photo(7), encoder=OtherEncoder())
    assert "new7" in check(stocked).ids


def test_what_was_added_gives_way_in_one_step_where_it_is_to_be_replaced(stocked, photo):
    add(stocked, Addition(photo(7), id="new"))
    published = len(stocked.folder.generation_names())
    before = state(stocked)
    broken = photo(8, "broken.png")
    broken.write_bytes(b"no photo")
    for path, taken, why in (
        (photo(8), "p1", "there already"),
        (photo(8), "gone", "there already"),
        (broken, "new", "no photo"),
    ):
        with pytest.raises(AmendmentError, match=why):
            add(stocked, Addition(path, id=taken), replaces=True)
        assert state(stocked) == before
    add(stocked, Addition(photo(8), id="new"), replaces=True)
    assert len(stocked.folder.generation_names()) == published + 1
    (product,) = check(stocked).products.get([4])
    assert stocked.folder.photo(product.sha256).read_bytes() == photo_bytes(8)


def test_many_are_published_once(stocked, photo):
    before = len(stocked.folder.generation_names())
    outcome = add(stocked, *(photo(number) for number in range(10, 40)))
    assert len(stocked.folder.generation_names()) == before + 1
    assert outcome.by_hand == 30
    assert check(stocked).ids[4:] == tuple(f"new{number}" for number in range(10, 40))


def test_a_removed_product_stays_out_and_is_not_even_asked_for(stocked):
    outcome = remove(stocked, "p1", "gone")
    assert (outcome.indexed, outcome.held_out) == (3, 2)
    assert check(stocked).ids == ("p0", "p2", "p3")
    assert stocked.snapshot().products.all_photoless() == []
    built = stocked.build()
    assert (built.generation, built.wanted, built.held_out) == (None, 3, 2)
    assert "/1.png" not in stocked.server.counts
    stocked.offer(range(4, 5))
    stocked.build()
    assert check(stocked).ids == ("p0", "p2", "p3", "p4")


def test_a_restored_product_is_back_at_once_where_it_was(stocked):
    generation = stocked.snapshot().manifest.content
    remove(stocked, "p2", "p0", "gone")
    stocked.server.replies.clear()
    stocked.catalogue.unlink()
    outcome = restore(stocked, "gone", "p0", "p2")
    assert (outcome.awaited, outcome.held_out) == (frozenset(), 0)
    assert check(stocked).ids == ("p0", "p1", "p2", "p3")
    assert stocked.snapshot().manifest.content == generation


def test_a_restored_product_without_a_vector_awaits_the_next_build(stocked):
    remove(stocked, "p1")
    stocked.build(OtherEncoder())
    outcome = restore(stocked, "p1")
    assert (outcome.generation, outcome.awaited) == (None, frozenset({"p1"}))
    stocked.build(OtherEncoder())
    assert check(stocked).ids == ("p0", "p1", "p2", "p3")


def test_the_catalogue_takes_over_what_it_names_itself(stocked, photo):
    add(stocked, photo(7), id="p4", title="By hand")
    stocked.offer(range(4, 5))
    outcome = stocked.build()
    assert outcome.by_hand == 0
    snapshot = check(stocked)
    assert snapshot.products.get([snapshot.rows["p4"]])[0].title == "Thing p4"
    add(stocked, photo(8))
    assert check(stocked).products.get([snapshot.rows["p4"]])[0].title == "Thing p4"
    stocked.urls.pop("p4")
    assert stocked.build().by_hand == 2
    assert check(stocked).products.get([4])[0].title == "By hand"


def test_removing_what_the_catalogue_has_taken_over_keeps_both_out(stocked, photo):
    add(stocked, photo(7), id="p4")
    stocked.offer(range(4, 5))
    stocked.build()
    remove(stocked, "p4")
    stocked.build()
    assert "p4" not in check(stocked).ids


def test_a_photo_by_hand_may_stand_for_a_product_that_was_removed(stocked, photo):
    remove(stocked, "p1")
    add(stocked, photo(7), id="p1", title="A better photo")
    assert check(stocked).ids == ("p0", "p2", "p3", "p1")
    stocked.build()
    assert check(stocked).ids == ("p0", "p2", "p3", "p1")
    add(stocked, photo(8))
    assert check(stocked).ids == ("p0", "p2", "p3", "p1", "new8")
    remove(stocked, "p1")
    stocked.build()
    assert check(stocked).ids == ("p0", "p2", "p3", "new8")


def test_a_product_added_and_removed_leaves_nothing_behind(stocked, photo):
    before = state(stocked)[1]
    content = stocked.snapshot().manifest.content
    add(stocked, photo(7))
    remove(stocked, "new7")
    assert state(stocked)[1] == before
    assert check(stocked).manifest.content == content


def test_the_first_photos_begin_an_index_and_a_catalogue_may_join_later(shop, photo):
    outcome = add(shop, photo(1), photo(2))
    assert (outcome.indexed, outcome.by_hand) == (2, 2)
    assert check(shop).manifest.catalogue.rows == 0
    shop.offer(range(3))
    shop.build()
    assert check(shop).ids == ("p0", "p1", "p2", "new1", "new2")


def test_a_fact_by_hand_is_counted_in_its_facet_and_may_make_a_new_one(stocked, photo):
    add(stocked, photo(7), photo(8), facts={"Colour": "Mauve", "Shelf": "3"})
    facets = {facet.name: facet for facet in check(stocked).products.facets}
    assert set(facets) == {"Colour", "Shelf"}
    assert "Mauve" in facets["Colour"].values
    stocked.build()
    assert {facet.name for facet in check(stocked).products.facets} == set(facets)


def test_the_newest_come_first(stocked, photo):
    add(stocked, photo(7))
    assert check(stocked).products.in_order("newest")[0] == 4


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda shop, photo: add(shop, photo(7), id="p1"), "p1: there already"),
        (lambda shop, photo: add(shop, photo(7), id="gone"), "gone: there already"),
        (lambda shop, photo: add(shop, photo(7), photo(7)), "would both be product new7"),
        (lambda shop, photo: add(shop, photo(7), id=" "), "no product id"),
        (lambda shop, photo: add(shop, photo(7), photo(8).parent / "no.png"), "no.png: No such"),
        (lambda shop, photo: add(shop, shop.catalogue), "shop.csv: the file is no photo"),
        (lambda shop, photo: add(shop, shop.server.url("/404")), "/404: HTTP 404"),
        (lambda shop, photo: add(shop, shop.server.url("/")), "no product id"),
        (lambda shop, photo: add(shop), "no photo to add"),
        (lambda shop, photo: remove(shop), "no product to remove"),
        (lambda shop, photo: remove(shop, "p0", "nobody"), "nobody: no product of this index"),
        (lambda shop, photo: remove(shop, "p0", "p1", "p2", "p3"), "No product with a photo"),
        (lambda shop, photo: restore(shop, "p0"), "p0: not held out"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(stocked, photo, asked, words):
    before = state(stocked)
    with pytest.raises(AmendmentError, match=words):
        asked(stocked, photo)
    assert state(stocked) == before


def test_an_unreadable_photo_among_good_ones_adds_none_and_each_failure_is_named(stocked, photo):
    bad = [photo(number) for number in range(20, 27)]
    for path in bad:
        path.write_bytes(photo_bytes(1)[:200])
    with pytest.raises(AmendmentError) as caught:
        add(stocked, photo(7), *bad)
    assert str(bad[0]) in str(caught.value)
    assert "and 2 more" in str(caught.value)
    assert check(stocked).ids == ("p0", "p1", "p2", "p3")


def test_what_is_held_out_already_is_said_so(stocked):
    remove(stocked, "p1")
    with pytest.raises(AmendmentError, match="p1: held out already"):
        remove(stocked, "p1")


def test_a_publishing_that_fails_leaves_no_amendment(stocked, photo, monkeypatch):
    before = state(stocked)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(amending, "publish", full)
    for asked in (lambda: add(stocked, photo(7)), lambda: remove(stocked, "p1")):
        with pytest.raises(OSError, match="No space"):
            asked()
        assert state(stocked) == before


def test_what_a_killed_run_had_noted_but_not_published_can_be_added_again(
    stocked, photo, monkeypatch
):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(amending, "publish", killed)
        patched.setattr(Ledger, "record_amendments", _only_once(Ledger.record_amendments))
        with pytest.raises(Killed):
            add(stocked, photo(7))
    assert list(state(stocked)[1].added) == ["new7"]
    assert "new7" not in stocked.snapshot().ids
    add(stocked, photo(7), title="Again")
    assert check(stocked).products.get([4])[0].title == "Again"


def _only_once(record):
    calls = []

    def once(self, amendments):
        calls.append(amendments)
        if len(calls) == 1:
            record(self, amendments)

    return once


def test_vectors_that_the_ledger_lacks_are_taken_from_the_published_index(stocked, photo):
    before = stocked.snapshot().index.vectors()
    with Ledger(stocked.folder.ledger) as ledger:
        ledger._db.execute("DELETE FROM vector")
    add(stocked, photo(7))
    assert np.array_equal(check(stocked).index.vectors()[:4], before)


def test_an_interrupted_build_goes_on_though_photos_were_added_between(stocked, photo):
    stocked.server.replies["/5.png"] = Reply(photo_bytes(5))
    with Ledger(stocked.folder.ledger) as ledger:
        run = ledger.begin_run(str(stocked.catalogue.resolve()))
        ledger.record_unchanged([stocked.server.url(f"/{n}.png") for n in range(4)], run)
    add(stocked, photo(7), stocked.server.url("/5.png"))
    stocked.build()
    assert stocked.server.counts == {"/404": 1}


def test_what_another_process_writes_to_is_left_alone(stocked, photo):
    with sole_indexer(stocked.folder), pytest.raises(FolderError, match="is being written"):
        add(stocked, photo(7))
