"""Vitrine from Python: the class, and the three functions."""

from __future__ import annotations

import copy
import os
import pickle
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vitrine
from indexer import library
from indexer.build import sole_indexer
from tests.drawings import photo_bytes, picture
from vitrine.catalogue import CatalogueError
from vitrine.encoders import EncoderError
from vitrine.folder import IndexFolder

NUMBERS = range(8)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Photos 0.png … 7.png in the folder photos/ of the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(library._last, "search", None)
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in NUMBERS:
        (folder / f"{number}.png").write_bytes(photo_bytes(number))
    return folder


def searching(**options):
    return library.ImageSimilaritySearch("photos", encoder="handcrafted", **options)


def paths(found):
    return [result["path"] for result in found]


def test_an_indexed_photo_is_its_own_best_answer_with_score_one(photos):
    search = searching()
    for kind in ("cosine", "inverse_distance"):
        found = search.find_similar("photos/3.png", k=5, score=kind)
        assert found[0] == {"path": "photos/3.png", "score": 1.0, "id": "3.png", "title": "3"}
        scores = [result["score"] for result in found]
        assert scores == sorted(scores, reverse=True)
        assert len(set(paths(found))) == 5


def test_scores_are_what_they_are_said_to_be(photos):
    search = searching()
    picture(77).save("query.jpg")
    vectors = search.encoder.encode(
        [
            search.encoder.prepare(Image.open(path).convert("RGB"))
            for path in sorted(photos.iterdir())
        ]
    )
    query = search.encoder.encode([search.encoder.prepare(Image.open("query.jpg"))])[0]
    cosines = {r["id"]: r["score"] for r in search.find_similar("query.jpg", k=8)}
    inverse = {
        r["id"]: r["score"] for r in search.find_similar("query.jpg", 8, score="inverse_distance")
    }
    for number in NUMBERS:
        vector = vectors[number]
        distance = float(((query - vector) ** 2).sum())
        assert cosines[f"{number}.png"] == pytest.approx(float(query @ vector), abs=1e-5)
        assert inverse[f"{number}.png"] == pytest.approx(1 / (1 + distance), abs=1e-5)


def test_the_score_can_be_chosen_once_for_all(photos):
    found = searching(score="inverse_distance").find_similar("photos/0.png", k=8)
    assert min(result["score"] for result in found) >= 0.2


def test_k_is_capped_at_the_size_and_at_least_one(photos):
    search = searching()
    assert len(search.find_similar("photos/0.png", k=1000)) == len(search) == 8
    with pytest.raises(ValueError, match="k is 0"):
        search.find_similar("photos/0.png", k=0)
    with pytest.raises(ValueError, match="must be one of cosine, inverse_distance"):
        search.find_similar("photos/0.png", score="l2")


def test_paths_begin_as_the_folder_was_given(photos):
    for given in ("photos", "photos/", "./photos", str(photos), photos):
        search = library.ImageSimilaritySearch(given, encoder="handcrafted")
        (found,) = search.find_similar(photos / "2.png", k=1)
        assert found["path"] == os.path.join(given, "2.png")  # noqa: PTH118
        assert Path(found["path"]).is_file()


def test_photos_of_any_letter_case_and_in_sub_folders_are_found(photos):
    (photos / "more").mkdir()
    for name in ("A.JPG", "b.Jpeg", "more/c.jpg"):
        picture(len(name) * 11).save(photos / name, "JPEG")
    assert len(searching()) == 11


def test_new_changed_and_deleted_photos_are_noticed(photos):
    first = searching()
    (photos / "new.png").write_bytes(photo_bytes(40))
    (photos / "1.png").unlink()
    (photos / "2.png").write_bytes(photo_bytes(41))
    again = searching()
    assert len(first) == 8
    assert len(again) == 8
    everything = {r["id"] for r in again.find_similar("photos/0.png", k=8)}
    assert everything == {"0.png", "2.png", "3.png", "4.png", "5.png", "6.png", "7.png", "new.png"}
    Path("query.png").write_bytes(photo_bytes(41))
    assert again.find_similar("query.png", k=1)[0]["path"] == "photos/2.png"
    first.refresh()
    assert first.find_similar("query.png", k=1)[0]["path"] == "photos/2.png"


def test_a_second_run_embeds_nothing(photos, monkeypatch):
    searching()
    monkeypatch.setattr("vitrine.encoders.handcrafted.HandcraftedEncoder.encode", None)
    assert len(searching()) == 8


def test_a_photo_of_the_folder_is_added(photos):
    search = searching()
    (photos / "late.png").write_bytes(photo_bytes(50))
    assert search.add_image_to_index("photos/late.png") == "late.png"
    assert search.find_similar("photos/late.png", k=1)[0]["path"] == "photos/late.png"


def test_a_photo_from_elsewhere_is_added_and_stays(photos, tmp_path):
    search = searching()
    elsewhere = tmp_path / "elsewhere.png"
    elsewhere.write_bytes(photo_bytes(51))
    added = search.add_image_to_index(elsewhere)
    assert search.add_image_to_index(elsewhere) == added
    assert len(search) == 9
    (found,) = search.find_similar(elsewhere, k=1)
    assert (found["path"], found["title"], found["score"]) == (str(elsewhere), "elsewhere", 1.0)
    elsewhere.write_bytes(photo_bytes(52))
    assert search.add_image_to_index(elsewhere) == added
    assert len(search) == len(searching()) == 9
    assert searching().find_similar(elsewhere, k=1)[0]["score"] == 1.0


@pytest.mark.parametrize("name", ["photos/note.txt", "photos/broken.jpg", "elsewhere.jpg"])
def test_what_is_no_photo_is_not_added(photos, name):
    search = searching()
    Path(name).write_text("no photo")
    with pytest.raises(library.SearchError, match=f"{Path(name).name}"):
        search.add_image_to_index(name)
    with pytest.raises(FileNotFoundError, match="gone"):
        search.add_image_to_index("gone.jpg")
    assert len(search) == 8


def test_broken_photos_are_left_out_and_named(photos, caplog):
    (photos / "broken.jpg").write_bytes(photo_bytes(1, kind="JPEG")[:200])
    (photos / "empty.png").write_bytes(b"")
    search = searching()
    assert len(search) == 8
    assert search.failed.keys() == {"broken.jpg", "empty.png"}
    assert "2 photos left out" in caplog.text


def test_a_folder_without_photos_says_what_to_do(photos):
    shutil.rmtree(photos)
    photos.mkdir()
    with pytest.raises(CatalogueError, match=r"holds no photos.*Put photos there"):
        searching()
    (photos / "a.jpg").write_text("no photo")
    with pytest.raises(library.SearchError, match=r"Not one photo of photos can be used: .*a\.jpg"):
        searching()
    shutil.rmtree(photos)
    with pytest.raises(CatalogueError, match="There is no"):
        searching()


def test_a_query_that_is_no_photo_is_refused(photos):
    search = searching()
    Path("query.jpg").write_text("<html>")
    with pytest.raises(library.SearchError, match=r"query\.jpg: .*Give a JPEG"):
        search.find_similar("query.jpg")
    with pytest.raises(FileNotFoundError):
        search.find_similar("gone.jpg")


def test_what_the_older_class_left_in_the_index_folder_stays(photos):
    Path("index_data").mkdir()
    for name in ("faiss.index", "image_paths.pkl"):
        Path("index_data", name).write_bytes(b"precious")
    assert len(searching()) == 8
    assert Path("index_data/faiss.index").read_bytes() == b"precious"
    assert Path("index_data/image_paths.pkl").read_bytes() == b"precious"


def test_an_index_folder_among_the_photos_is_no_part_of_them(photos):
    for _ in range(2):
        assert len(searching(index_dir="photos/index_data")) == 8


def test_auto_keeps_the_encoder_of_the_index(photos, monkeypatch):
    searching()
    monkeypatch.setattr(library, "resolve_auto", None)
    assert library.ImageSimilaritySearch("photos").encoder.name == "handcrafted"


def test_an_unknown_encoder_is_refused(photos):
    with pytest.raises(EncoderError, match="no encoder of this name"):
        library.ImageSimilaritySearch("photos", encoder="nonsense")


def test_many_threads_search_one_object_while_it_grows(photos):
    search = searching()
    alone = [search.find_similar(f"photos/{number}.png", k=3) for number in NUMBERS]
    queries = []
    for number in NUMBERS:  # other bytes of the same pictures, so that each is embedded
        picture(number).save(f"query{number}.bmp")
        queries.append(f"query{number}.bmp")
    (photos / "late.png").write_bytes(photo_bytes(60))
    with ThreadPoolExecutor(8) as pool:
        adding = pool.submit(search.add_image_to_index, photos / "late.png")
        found = list(pool.map(lambda query: search.find_similar(query, k=4), queries * 4))
    assert adding.result() == "late.png"
    old = [[path for path in paths(one) if "late" not in path][:3] for one in found]
    assert old == [paths(one) for one in alone] * 4


def test_another_indexer_is_waited_for(photos):
    folder = IndexFolder(Path("index_data"))
    folder.claim()
    with ThreadPoolExecutor(1) as pool:
        with sole_indexer(folder):
            waiting = pool.submit(searching)
            assert not threading.Event().wait(0.1)
            assert not waiting.done()
        assert len(waiting.result(timeout=30)) == 8


def test_nothing_is_printed_where_no_terminal_is(photos, capfd):
    searching()
    assert capfd.readouterr() == ("", "")


def test_the_functions_search_what_was_built_last(photos):
    index = library.build_index("photos", encoder="handcrafted")
    found = library.find_similar_images("photos/5.png", top_k=3)
    assert found[0] == "photos/5.png"
    with Image.open(found[0]) as opened:
        assert opened.size == (96, 128)
    assert found[0].score == 1.0
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
    assert library.find_similar_images("photos/5.png", 3, index=index) == found
    for sent in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert [(x, x.score, x.id) for x in sent] == [(x, x.score, x.id) for x in found]


def test_the_functions_find_the_index_of_an_earlier_process(photos, monkeypatch):
    library.build_index("photos", encoder="handcrafted")
    monkeypatch.setattr(library._last, "search", None)
    assert library.find_similar_images("photos/5.png", 1) == [str(photos / "5.png")]


def test_without_any_index_the_functions_say_what_to_do(photos):
    with pytest.raises(library.SearchError, match="build_index"):
        library.find_similar_images("photos/5.png")


def test_a_prepared_photo_has_a_batch_axis(photos):
    index = library.build_index("photos", encoder="handcrafted")
    prepared = library.preprocess_image("photos/5.png")
    assert prepared.shape[0] == 1
    assert np.allclose(
        index.encoder.encode([prepared[0]])[0],
        index.encoder.encode([index.encoder.prepare(picture(5))])[0],
    )


def test_importing_vitrine_loads_nothing_of_the_indexer():
    code = (
        "import sys, vitrine; "
        "loaded = [m for m in ('indexer', 'numpy', 'faiss', 'torch', 'PIL') if m in sys.modules]; "
        "assert not loaded, loaded; "
        "from vitrine import ImageSimilaritySearch; "
        "assert 'torch' not in sys.modules and 'flask' not in sys.modules; "
        "assert 'indexer.library' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_the_names_that_are_passed_on_exist_and_no_others():
    for name in vitrine.__all__:
        assert getattr(vitrine, name) is getattr(library, name)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = vitrine.nonsense
