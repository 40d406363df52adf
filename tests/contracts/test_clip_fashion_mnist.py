"""A user of the CLIP notebook over Fashion-MNIST: the page's commands, and its own results."""

from __future__ import annotations

import gzip
import io
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from app import create_app
from indexer.__main__ import cli
from tests.checkpoints import small_clip
from tests.drawings import picture
from tests.hub import cached, client_of
from tests.idx_files import FASHION_BEGINS, write_split
from vitrine.encoders import REGISTRY
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.figures import GAP, MARGIN, TITLE_SIZE
from vitrine.sources.idx_set import FASHION

PAGE = Path(__file__).parents[2] / "docs" / "moving" / "clip-fashion-mnist.md"
CLIP = REGISTRY["clip-vit-b32"]
CELL = 160  # the width of a photo in the figure
K = 5
TRAIN, TEST = [*FASHION_BEGINS, *range(10), 4, 4], [9, 2, 1, 1, 6, 1]
TOLERANCE = 2e-5


class Notebook:
    """What the notebook computes: CLIP's image features, normalised, and their cosines."""

    def __init__(self, checkpoint, files):
        import torch
        from transformers import AutoTokenizer, CLIPImageProcessorPil, CLIPModel

        self.torch = torch
        self.model = CLIPModel.from_pretrained(checkpoint, local_files_only=True).eval()
        self.processor = CLIPImageProcessorPil.from_pretrained(checkpoint, local_files_only=True)
        self.tokenizer = AutoTokenizer.from_pretrained(checkpoint, local_files_only=True)
        self.pictures, self.ids = [], []
        for split in ("train", "t10k"):
            with gzip.open(files / f"{split}-images-idx3-ubyte.gz") as file:
                pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
            self.pictures += [Image.fromarray(each).convert("RGB") for each in pixels]
            self.ids += [f"{split}-{number}" for number in range(len(pixels))]
        self.features = self.of_pictures(self.pictures)

    def of_pictures(self, pictures):
        inputs = self.processor(pictures, return_tensors="pt")
        with self.torch.inference_mode():
            return unit(self.model.get_image_features(**inputs))

    def of_words(self, words):
        inputs = self.tokenizer([words], return_tensors="pt")
        with self.torch.inference_mode():
            return unit(self.model.get_text_features(**inputs))

    def nearest(self, query):
        """Ids and cosines of the `K` nearest, best first."""
        cosines = self.features @ query[0]
        return [(self.ids[row], cosines[row]) for row in np.argsort(-cosines, kind="stable")[:K]]


def unit(features):
    rows = np.asarray(getattr(features, "pooler_output", features))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Home:
    """A folder with the data set, a photo, and CLIP in the cache of the hub's client."""

    def __init__(self, folder):
        self.folder = folder
        self.checkpoint = small_clip(folder / "clip")
        cached(folder, self.checkpoint, CLIP.hub_id, CLIP.revision)
        self.files = folder / "my" / "fashion-mnist"
        write_split(self.files, "train", TRAIN)
        write_split(self.files, "t10k", TEST, first=len(TRAIN))
        picture(3, (300, 400)).save(folder / "photo.jpg")

    def types(self, command):
        """A command of the page, run in this folder and this process; what it said."""
        arguments = shlex.split(command)
        assert arguments[:3] == [".venv/bin/python", "-m", "indexer"]
        with pytest.MonkeyPatch.context() as patch, client_of(self.folder):
            patch.chdir(self.folder)
            done = CliRunner().invoke(cli, arguments[3:])
        assert done.exit_code == 0, done.output
        return done.stdout if "--json" in arguments else done.output


def command_of_page(beginning):
    """The one command of the page that begins like this."""
    (command,) = re.findall(rf"^{re.escape(beginning)}.*", PAGE.read_text("utf-8"), re.MULTILINE)
    return command


BUILD = command_of_page(".venv/bin/python -m indexer build my/fashion-mnist --encoder clip-vit-b32")
SEARCH = command_of_page(".venv/bin/python -m indexer search photo.jpg")
WORDS = command_of_page(".venv/bin/python -m indexer search --text")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("notebook"))
    assert f"{len(TRAIN) + len(TEST)} embedded with clip-vit-b32" in home.types(BUILD)
    return home


@pytest.fixture(scope="module")
def notebook(home):
    notebook = Notebook(home.checkpoint, home.files)
    cosines = notebook.features @ notebook.features.T
    assert np.sort(cosines, axis=1)[:, -2].max() < 1 - TOLERANCE, "two pictures are the same"
    return notebook


@pytest.fixture(scope="module")
def expected(home, notebook):
    with Image.open(home.folder / "photo.jpg") as photo:
        nearest = notebook.nearest(notebook.of_pictures([photo.convert("RGB")]))
    scores = [score for _, score in nearest]
    assert -np.diff(scores).max() > TOLERANCE, "rounding could change the order"
    return nearest


def check(found, expected):
    assert [each["id"] for each in found] == [product_id for product_id, _ in expected]
    scores = [each["score"] for each in found]
    assert scores == pytest.approx([score for _, score in expected], abs=TOLERANCE)


def test_a_picture_finds_what_the_notebook_finds_best_first(home, expected):
    found = json.loads(home.types(f"{SEARCH} --json"))
    check(found, expected)
    labels = dict(zip([f"train-{n}" for n in range(len(TRAIN))], TRAIN, strict=True))
    labels |= {f"t10k-{n}": label for n, label in enumerate(TEST)}
    for each in found:
        assert each["facts"]["Label"] == FASHION[labels[each["id"]]]


def test_the_figure_shows_the_query_and_then_the_five_nearest_best_first(home, notebook, expected):
    home.types(SEARCH)
    with Image.open(home.folder / "similar.png") as opened:
        figure = opened.convert("RGB")
    assert figure.width == 2 * MARGIN + (1 + K) * CELL + K * GAP
    top = MARGIN + TITLE_SIZE + GAP + (round(CELL * 4 / 3) - CELL) // 2

    def shown(column):
        left = MARGIN + column * (CELL + GAP)
        # Less the frame; a picture of the set is a square in it.
        cell = figure.crop((left + 3, top + 3, left + CELL - 3, top + CELL - 3))
        return np.asarray(cell.convert("L").resize((28, 28)), dtype=float)

    greys = np.stack([np.asarray(each.convert("L"), dtype=float) for each in notebook.pictures])
    for column, (product_id, _) in enumerate(expected, start=1):
        nearest = np.abs(greys - shown(column)).mean(axis=(1, 2)).argmin()
        assert notebook.ids[nearest] == product_id
    height = round(CELL * 4 / 3)
    with Image.open(home.folder / "photo.jpg") as photo:
        query = np.asarray(photo.resize((CELL, height)), dtype=float)
    top = MARGIN + TITLE_SIZE + GAP
    beside = np.asarray(figure.crop((MARGIN, top, MARGIN + CELL, top + height)), dtype=float)
    assert np.abs(beside - query).mean() < 10


def test_an_upload_to_the_gallery_finds_the_same(home, expected):
    with client_of(home.folder):
        client = create_app({"index": home.folder / "data" / "fashion-mnist"}).test_client()
        files = {"image": (io.BytesIO((home.folder / "photo.jpg").read_bytes()), "photo.jpg")}
        answer = client.post("/get_similar", data=files | {"k": str(K)}).get_json()
    check(answer["results"], expected)


def test_a_picture_of_the_set_is_its_own_best_result(home, notebook):
    notebook.pictures[7].save(home.folder / "seven.png")
    found = json.loads(home.types(SEARCH.replace("photo.jpg", "seven.png") + " --json"))
    check(found, notebook.nearest(notebook.features[7:8]))
    assert found[0]["id"] == "train-7"


def test_words_find_what_the_notebooks_clip_would(home, notebook):
    check(
        json.loads(home.types(f"{WORDS} --json")),
        notebook.nearest(notebook.of_words(shlex.split(WORDS)[5])),
    )
    assert (home.folder / "boots.png").stat().st_size > 0


def test_a_second_start_embeds_nothing(home, monkeypatch):
    def encode(*_):
        raise AssertionError("a picture was embedded again")

    monkeypatch.setattr(TransformerEncoder, "encode", encode)
    said = home.types(BUILD)
    assert "0 embedded with clip-vit-b32" in said
    assert f"Nothing has changed: {len(TRAIN) + len(TEST)} products" in said
