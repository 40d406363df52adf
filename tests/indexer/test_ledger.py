"""The ledger remembers everything that was done, and refuses what is not its own."""

from __future__ import annotations

import os
import sqlite3

import numpy as np
import pytest

from indexer import ledger as ledger_module
from indexer.ledger import Ledger, PhotoFacts
from tests.generations import random_unit_vectors
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Validators
from vitrine.folder import FolderError

GONE = Failure(FailureCode.HTTP_404, "http://photos.test/1.jpg: 404")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with Ledger(path) as ledger:
        yield ledger


def test_records_outlive_the_process_that_made_them(path):
    validators = Validators(etag='"1"', last_modified=None)
    with Ledger(path) as ledger:
        run = ledger.begin_run("shop.csv")
        ledger.record_download("http://a/1", "a" * 64, validators, run)
        ledger.record_photos(
            {
                "a" * 64: PhotoFacts(480, 640, "#ffffff"),
                "b" * 64: Failure(FailureCode.NOT_AN_IMAGE, "HTML"),
            }
        )
        ledger.record_vectors("print", ["a" * 64], random_unit_vectors(1))
    with Ledger(path) as ledger:
        download = ledger.downloads()["http://a/1"]
        assert (download.sha256, download.validators) == ("a" * 64, validators)
        assert ledger.photos() == {
            "a" * 64: PhotoFacts(480, 640, "#ffffff"),
            "b" * 64: Failure(FailureCode.NOT_AN_IMAGE, "HTML"),
        }
        assert ledger.embedded("print") == {"a" * 64}
        assert ledger.embedded("another") == set()


def test_it_can_be_read_where_nobody_may_write(path, monkeypatch):
    with Ledger(path) as ledger:
        ledger.record_failure("http://a/1", GONE, ledger.begin_run("shop.csv"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Ledger(path) as ledger:
        assert ledger.failures() == [("http://a/1", GONE)]
        assert list(path.parent.iterdir()) == [path], "nothing is written beside it"
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            ledger.begin_run("other.csv")


def test_vectors_come_back_bit_by_bit_in_the_order_asked_for(ledger):
    vectors = random_unit_vectors(3)
    ledger.record_vectors("print", ["a", "b", "c"], vectors)
    found = np.stack(list(ledger.vectors("print", ["c", "a", "c"])))
    assert np.array_equal(found, vectors[[2, 0, 2]])
    with pytest.raises(KeyError):
        list(ledger.vectors("other", ["a"]))


def test_a_failure_is_noted_and_the_last_good_download_stays_known(ledger):
    run = ledger.begin_run("shop.csv")
    ledger.record_download("http://a/1", "a" * 64, Validators(etag='"1"'), run)
    ledger.record_failure("http://a/1", GONE, run)
    download = ledger.downloads()["http://a/1"]
    assert (download.sha256, download.failure) == ("a" * 64, GONE)
    ledger.record_unchanged(["http://a/1"], run)
    assert ledger.downloads()["http://a/1"].failure is None


def test_a_failure_of_something_never_had_has_no_photo(ledger):
    ledger.record_failure("http://a/1", GONE, ledger.begin_run("shop.csv"))
    assert ledger.downloads()["http://a/1"].sha256 is None


def test_an_interrupted_run_is_taken_up_again_and_a_finished_one_is_not(ledger):
    first = ledger.begin_run("shop.csv")
    assert ledger.begin_run("shop.csv") == first
    ledger.finish_run(first)
    assert ledger.begin_run("shop.csv") != first


def test_another_catalogue_or_another_day_begins_a_new_run(ledger, monkeypatch):
    first = ledger.begin_run("shop.csv")
    other = ledger.begin_run("other.csv")
    assert other != first
    assert ledger.begin_run("shop.csv") not in (first, other)
    monkeypatch.setattr(ledger_module, "RESUME_SECONDS", -1)
    latest = ledger.begin_run("shop.csv")
    assert ledger.begin_run("shop.csv") != latest


def test_a_product_keeps_the_time_at_which_it_was_first_published(ledger):
    ledger.record_published(["a", "b"], 100.0)
    ledger.record_published(["b", "c"], 200.0)
    assert ledger.first_seen() == {"a": 100.0, "b": 100.0, "c": 200.0}


def test_a_ledger_from_before_products_were_noted_goes_on_working(path):
    with Ledger(path) as ledger:
        ledger.record_vectors("print", ["a" * 64], random_unit_vectors(1))
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE product")
    db.close()
    with Ledger(path) as ledger:
        assert ledger.first_seen() == {}
        assert ledger.embedded("print") == {"a" * 64}
        ledger.record_published(["a"], 100.0)
    with Ledger(path) as ledger:
        assert ledger.first_seen() == {"a": 100.0}


def test_another_programs_database_is_refused(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE precious (x)")
    db.close()
    with pytest.raises(FolderError, match="no ledger of Vitrine"):
        Ledger(path)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
    db.close()


def test_a_file_that_is_no_database_is_refused(path):
    path.write_text("dear diary " * 1000)
    with pytest.raises(FolderError, match="no ledger of Vitrine"):
        Ledger(path)


def test_a_newer_ledger_is_refused(path):
    Ledger(path).__exit__(None, None, None)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(FolderError, match="newer Vitrine"):
        Ledger(path)


def test_a_ledger_whose_making_was_cut_short_is_made_again(path):
    path.touch()
    with Ledger(path) as ledger:
        assert ledger.downloads() == {}


def test_what_fails_half_way_is_undone_and_the_ledger_goes_on(ledger):
    def half():
        yield "p1"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        ledger.record_published(half(), at=1.0)
    assert ledger.first_seen() == {}
    with pytest.raises(sqlite3.Error):
        ledger.record_comparisons({("a", "b"): 1.0, ("a", "c"): object()})
    assert ledger.comparison("a", "b") is None
    ledger.record_published(["p2"], at=2.0)
    assert ledger.first_seen() == {"p2": 2.0}
