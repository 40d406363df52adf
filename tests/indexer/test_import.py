"""`python -m indexer import`: what is taken over, and what is refused with what words."""

from __future__ import annotations

import json
import pickle
import resource
import time
import tracemalloc

import faiss
import numpy as np
import pytest
from click.testing import CliRunner

from indexer.__main__ import cli
from indexer.importing.artefacts import OlderIndexError, is_pickle
from indexer.importing.rows import rows_of
from tests.contracts.older import flat_index
from tests.drawings import photo_bytes
from tests.generations import random_unit_vectors
from tests.photo_server import Reply
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.photos import decode
from vitrine.snapshot import open_current

DINOV2_SMALL = 384


@pytest.fixture
def older(shop):
    """An older gallery's files in the shop's home: 6 products, vectors of no known photo."""

    class Older:
        vectors_file = shop.home / "vector.index"
        names_file = shop.home / "image_ids.json"

        def save(self, vectors, names=None):
            flat_index(self.vectors_file, vectors)
            names = [f"image_{row}" for row in range(len(vectors))] if names is None else names
            self.names_file.write_text(json.dumps(names))

        def imports(self, *options, files=None, check=0):
            files = files or (self.vectors_file, self.names_file, shop.catalogue)
            where = ["--index", str(shop.folder.root)]
            done = CliRunner().invoke(cli, ["import", *map(str, files), *where, *options])
            assert done.exit_code == check, done.output
            if check:
                assert not shop.folder.root.exists(), "nothing is to be written"
            return " ".join(done.output.split())

    shop.offer(range(6))
    shop.write_catalogue()
    older = Older()
    older.save(random_unit_vectors(6, DINOV2_SMALL))
    return older


@pytest.fixture
def embedded():
    """The vectors of the shop's photos by the encoder that needs no download."""
    encoder = HandcraftedEncoder()
    photos = [decode(photo_bytes(number)) for number in range(6)]
    return encoder.encode([encoder.prepare(photo.image) for photo in photos])


def changed(vectors, row, value):
    out = vectors.copy()
    out[row] = value
    return out


@pytest.mark.parametrize(
    ("vectors", "names", "words"),
    [
        (random_unit_vectors(6, 128), None, "vectors of 128 numbers, and dinov2-small makes 384"),
        (changed(random_unit_vectors(6, 384), 4, np.nan), None, "row 4 holds values that are no"),
        (changed(random_unit_vectors(6, 384), 2, np.inf), None, "row 2 holds values that are no"),
        (changed(random_unit_vectors(6, 384), 3, 0), None, "row 3 is a vector of zeros"),
        (random_unit_vectors(6, 384), ["image_0"], "names 1 rows and the index has 6"),
        (random_unit_vectors(2, 384), ["image_1", "image_1"], "names 'image_1' 2 times"),
        (random_unit_vectors(2, 384), ["image_0", "p1"], "holds 'p1' where image_0"),
        (random_unit_vectors(2, 384), ["image_0", "image_01"], "holds 'image_01'"),
        (random_unit_vectors(2, 384), ["image_0", "image_6"], "image_6, and the catalogue has 6"),
        (random_unit_vectors(2, 384), [0, 1], "no list of texts"),
        (random_unit_vectors(2, 384), {"image_0": 1}, "no list of texts"),
        (random_unit_vectors(1, 384), [f"image_1{'0' * 5000}"], "where image_0"),
        (random_unit_vectors(2, 384), ["image_0", "\ud800"], "names '\\ud800', which no file"),
        (random_unit_vectors(2, 384), ["image_0", "a\0"], "names 'a\\x00', which no file"),
        (random_unit_vectors(0, 384), [], "is an empty index"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(older, vectors, names, words):
    older.save(vectors, names)
    assert words in older.imports(check=2)


@pytest.mark.parametrize(
    ("index", "mark"),
    [
        (faiss.IndexHNSWFlat(DINOV2_SMALL, 8), "IHNf"),
        (faiss.IndexIDMap(faiss.IndexFlatL2(DINOV2_SMALL)), "IxMp"),
        (faiss.IndexFlat(DINOV2_SMALL, faiss.METRIC_L1), "IxFl"),
    ],
)
def test_faiss_never_reads_other_than_flat_indexes_of_a_known_metric(
    older, index, mark, monkeypatch
):
    faiss.write_index(index, str(older.vectors_file))
    monkeypatch.setattr(faiss, "deserialize_index", None)
    assert f"of another kind ({mark}), or of another metric" in older.imports(check=2)


@pytest.mark.parametrize("body", [b"", b"IxF2", b"\x89PNG and so on", b"IxF2" + b"\xff" * 60])
def test_what_is_no_faiss_index_is_refused(older, body):
    older.vectors_file.write_bytes(body)
    assert "is no faiss index, or one that was cut short" in older.imports(check=2)


def test_a_cut_index_is_refused(older):
    body = older.vectors_file.read_bytes()
    older.vectors_file.write_bytes(body[:-100])
    assert "cut short" in older.imports(check=2)


@pytest.fixture
def bounded_memory():
    """This process can't have more than 64 GiB of addresses, and says so with MemoryError."""
    were = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**36, were[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, were)


@pytest.mark.parametrize("said", [2**34, 2**36, 2**62])
@pytest.mark.usefixtures("bounded_memory")
def test_no_room_is_made_for_what_an_index_only_says_that_it_holds(older, said):
    body = older.vectors_file.read_bytes()
    at = len(body) - 6 * DINOV2_SMALL * 4 - 8  # how many numbers follow, before they do
    assert int.from_bytes(body[at : at + 8], "little") == 6 * DINOV2_SMALL
    older.vectors_file.write_bytes(body[:at] + said.to_bytes(8, "little") + body[at + 8 :])
    assert "cut short" in older.imports(check=2)


class Trap:
    """Unpickling it would leave a file behind."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return open, (str(self.trace), "w")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ["image_paths.pkl", "image_paths.json"])
def test_a_pickle_is_never_loaded_and_how_to_convert_it_is_said(older, shop, protocol, name):
    trace = shop.home / "loaded"
    path = shop.home / name
    path.write_bytes(pickle.dumps(["a.jpg", Trap(trace)], protocol))
    said = older.imports(files=(older.vectors_file, path), check=2)
    assert "is a pickle" in said
    assert f"json.dump([str(p) for p in pickle.load(open('{name}', 'rb'))]" in said
    older.vectors_file.write_bytes(path.read_bytes())
    assert "faiss.write_index" in older.imports(check=2)
    assert not trace.exists()


def test_the_line_that_converts_a_pickle_does(older, shop, tmp_path):
    import re
    import subprocess
    import sys

    path = shop.home / "image_paths.pkl"
    path.write_bytes(pickle.dumps(["photos/a.jpg", "photos/b.jpg"]))
    said = older.imports(files=(older.vectors_file, path), check=2)
    code = re.search(r'python -c "(.*)" and import', said)[1]
    subprocess.run([sys.executable, "-c", code], cwd=shop.home, check=True)
    converted = json.loads((shop.home / "image_paths.json").read_text())
    assert converted == ["photos/a.jpg", "photos/b.jpg"]


@pytest.mark.parametrize("body", [b"a.jpg\nb.jpg\n", b"[]", b'["a."]', b".", b"", b"a."])
def test_a_list_is_no_pickle(body):
    assert not is_pickle(body)


def test_what_is_told_of_a_file_that_may_be_a_pickle_takes_neither_memory_nor_time():
    tracemalloc.start()
    began = time.process_time()
    try:
        assert not is_pickle(b"(" * 100_000 + b".")
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 6


def test_a_list_that_is_nested_too_deep_is_refused(older):
    older.names_file.write_text("[" * 100_000)
    assert "is no JSON: maximum recursion depth" in older.imports(check=2)


def test_a_name_too_long_for_any_file_is_of_no_photo(older, shop):
    older.save(random_unit_vectors(2, DINOV2_SMALL), ["x" * 300, "a.jpg"])
    files = (older.vectors_file, older.names_file)
    said = older.imports("--encoder", "dinov2-small", files=files, check=2)
    assert "Not one of the 2 photos" in said


def test_missing_files_are_named(older, shop):
    gone = shop.home / "gone.index"
    assert f"There is no {gone}" in older.imports(
        files=(gone, older.names_file, shop.catalogue), check=2
    )


def test_an_index_of_another_encoder_is_refused_with_the_figure(older, embedded):
    older.save(random_unit_vectors(6, embedded.shape[1]))
    said = older.imports("--encoder", "handcrafted", check=2)
    assert "The index is not of this handcrafted: of 6 photos" in said
    assert "6 have another vector in the index (cosines from" in said


def test_rows_that_are_one_off_are_refused(older, embedded):
    older.save(np.roll(embedded, 1, axis=0))
    assert "The index is not of this handcrafted" in older.imports(
        "--encoder", "handcrafted", check=2
    )


def test_an_encoder_at_hand_lends_its_fingerprint_and_embeds_what_is_new(older, shop, embedded):
    older.save(embedded[:5])
    said = older.imports("--encoder", "handcrafted")
    assert "5 vectors taken over" in said
    assert "1 embedded with handcrafted" in said
    snapshot = open_current(shop.folder)
    assert snapshot.manifest.encoder.fingerprint == HandcraftedEncoder().fingerprint
    assert np.allclose(snapshot.index.vectors(), embedded, atol=1e-5)
    assert shop.build().tally.embedded == 0


def test_one_photo_that_has_changed_is_embedded_anew_and_named(older, shop, embedded):
    shop.offer(range(6, 8))
    shop.write_catalogue()
    encoder = HandcraftedEncoder()
    photos = [decode(photo_bytes(number)) for number in (6, 70)]
    more = encoder.encode([encoder.prepare(photo.image) for photo in photos])
    older.save(np.concatenate([embedded, more]))
    said = older.imports("--encoder", "handcrafted")
    assert f"{shop.server.url('/7.png')} has changed since, and is embedded anew" in said
    assert "1 embedded" in said


def test_without_the_encoder_clicks_work_and_nothing_else_is_promised(older, shop):
    vectors = random_unit_vectors(5, DINOV2_SMALL)
    older.save(vectors)
    said = older.imports("--clicks-only")
    assert "Taken over for clicks alone" in said
    snapshot = open_current(shop.folder)
    assert snapshot.manifest.encoder.name == "dinov2-small"
    assert snapshot.manifest.encoder.fingerprint.startswith("imported-")
    assert np.allclose(snapshot.index.vectors(), vectors)
    (photoless,) = snapshot.products.all_photoless()
    assert (photoless.id, photoless.code) == ("p5", "not_embedded")
    assert shop.server.counts["/5.png"] == 0, "what cannot be shown is not fetched"
    assert "Nothing has changed" in older.imports("--clicks-only")


def test_an_encoder_that_is_not_on_this_machine_is_not_downloaded(older, shop, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(shop.home))
    said = older.imports("--encoder", "nobody/nothing-of-this-name")
    assert "nobody/nothing-of-this-name is not on this machine" in said


def test_an_unknown_encoder_is_refused(older):
    assert "no encoder of this name" in older.imports("--encoder", "dinov2-smal", check=2)


def test_photos_that_cannot_be_had_are_photoless_as_in_any_build(older, shop):
    shop.server.replies["/2.png"] = Reply(b"", 404)
    assert "http_404" in older.imports("--clicks-only")
    assert [p.id for p in open_current(shop.folder).products.all_photoless()] == ["p2"]


def test_vectors_of_any_length_are_brought_to_one_with_a_figure(older, shop):
    vectors = random_unit_vectors(6, DINOV2_SMALL) * np.arange(1, 7)[:, None]
    older.save(vectors)
    said = older.imports("--clicks-only")
    assert "not of unit length" in said
    assert "% are among the nearest now" in said
    stored = open_current(shop.folder).index.vectors()
    assert np.allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-5)


def test_of_identical_photos_with_different_vectors_the_first_counts(older, shop):
    shop.server.replies["/3.png"] = shop.server.replies["/1.png"]
    vectors = random_unit_vectors(6, DINOV2_SMALL)
    older.save(vectors)
    said = older.imports("--clicks-only")
    assert "1 photo with the very same bytes as another had another vector" in said
    stored = open_current(shop.folder).index.vectors()
    assert any(np.allclose(stored[3], vectors[first], atol=1e-6) for first in (1, 3))
    assert np.array_equal(stored[1], stored[3])


def test_two_rows_of_one_address_with_different_vectors_are_named(older, shop):
    shop.urls["p3"] = shop.urls["p1"]
    shop.write_catalogue()
    said = older.imports("--clicks-only")
    assert "image_3 (line 5) has a photo that an earlier row names too" in said


def test_an_import_takes_no_larger_index_away_without_a_yes(older, shop):
    older.imports("--clicks-only")
    shop.urls = dict(list(shop.urls.items())[:2])
    shop.write_catalogue()
    older.save(random_unit_vectors(2, DINOV2_SMALL))
    files = map(str, (older.vectors_file, older.names_file, shop.catalogue))
    command = ["import", *files, "--index", str(shop.folder.root), "--clicks-only"]
    refused = CliRunner().invoke(cli, command)
    assert refused.exit_code == 2
    assert "2 of the 6 products" in refused.output
    assert len(open_current(shop.folder)) == 6
    assert CliRunner().invoke(cli, [*command, "--yes"]).exit_code == 0
    assert len(open_current(shop.folder)) == 2


def test_options_that_would_do_nothing_are_refused(older, shop):
    assert "--photos is for a list of paths" in older.imports("--photos", ".", check=2)
    files = (older.vectors_file, older.names_file)
    assert "--map is for a CATALOGUE" in older.imports("--map", "id=sku", files=files, check=2)


def test_json_has_what_was_taken_over(older, shop, embedded):
    older.save(embedded)
    where = ["--index", str(shop.folder.root), "--encoder", "handcrafted", "--json"]
    files = map(str, (older.vectors_file, older.names_file, shop.catalogue))
    done = CliRunner().invoke(cli, ["import", *files, *where])
    facts = json.loads(done.stdout)
    assert (facts["taken_over"], facts["embedded"], facts["left_out"]) == (6, 0, [])
    assert len(facts["sample"]) == 6
    assert min(facts["sample"]) > 0.9999


# Rows, as pandas counts them.

CASES = {
    "blank lines": "a,b,c\n\n1,2,3\n   \n4,5,6\n",
    "rows of commas": "a,b,c\n,,\n1,2,3\n",
    "short rows": "a,b,c\n1\n1,2,3\n",
    "long rows": "a,b,c\n1,2,3\n1,2,3,4\n1,2,3\n",
    "a long row after a short one": "a,b,c\n1,2\n1,2,3,4\n1,2,3\n",
    "rows of several lines": 'a,b,c\n1,"x\ny",3\n4,5,6\n',
    "two quotes not closed": 'a,b,c\n1,"x,3\n4,"5,6\n7,8,9\n',
    "carriage returns": "a,b,c\r\n1,2,3\r\n\r\n4,5,6\r\n",
    "semicolons": "a;b;c\n1;2,5;3\n4;5;6\n",
    "commas at the ends": "a,b,c\n1,2,3,\n4,5,6,\n",
    "a byte-order mark": "\ufeffa,b\n1,2\n",
    "blank lines first": "\n\na,b\n1,2\n",
    "a quote within": 'a,b\n1,5" pipe\n2,3\n',
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_rows_are_counted_as_pandas_counts_them(tmp_path, text):
    import pandas as pd

    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode())
    separator = ";" if ";" in text else ","
    frame = pd.read_csv(path, sep=separator, index_col=False, dtype=str, on_bad_lines="skip")
    rows = rows_of(path)
    lines = text.replace("\r\n", "\n").split("\n")
    assert len(rows.lines) == len(frame)
    firsts = [lines[line - 1].split(separator)[0] for line in rows.lines]
    assert firsts == [value if isinstance(value, str) else "" for value in frame.iloc[:, 0]]


def test_a_quote_that_is_never_closed_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('a,b,c\n1,"x,3\n4,5,6\n7,8,9\n')
    with pytest.raises(OlderIndexError, match="pandas cannot read"):
        rows_of(path)
