"""One moves here from the older DINOv2 gallery, and takes its index along."""

from __future__ import annotations

import io
import json

import pytest
from click.testing import CliRunner

from app import create_app
from indexer.__main__ import cli
from tests.checkpoints import small_dinov2
from tests.contracts.older import dinov2_gallery, write_catalogue
from tests.drawings import photo_bytes
from tests.photo_server import PhotoServer, Reply
from vitrine.folder import IndexFolder
from vitrine.snapshot import open_current

PRODUCTS = 24
DEAD = (2, 3, 11)
K = 5


class Moved:
    """The older gallery's home, with what it would answer; and the index imported from it."""

    def __init__(self, home, server):
        self.home = home
        self.server = server
        self.said = ""
        self.checkpoint = small_dinov2(home / "checkpoint")
        rows = []
        for number in range(PRODUCTS):
            if number == 5:  # a broken row: pandas counts it, and our reader skips it
                rows.append("lost,Men")
            if number == 8:  # a blank line: pandas does not count it
                rows.append("")
            if number == 14:  # a second p4 with a photo of its own: it counts, and is skipped here
                server.replies["/again.png"] = Reply(photo_bytes(50, (120, 160)))
                rows.append(f"p4,Men,Apparel,Again,{server.url('/again.png')}")
            photo = f"/{number}.png"
            server.replies[photo] = (
                Reply(b"", 404) if number in DEAD else Reply(photo_bytes(number, (120, 160)))
            )
            rows.append({"ProductId": f"p{number}", "Gender": "Men", "ImageURL": server.url(photo)})
        self.catalogue = home / "fashion.csv"
        write_catalogue(self.catalogue, rows)
        self.index = dinov2_gallery(self.checkpoint, self.catalogue, home)
        self.names = json.loads((home / "image_ids.json").read_text())

    def older_answer(self, row):
        """The ids that the older index itself finds nearest to its row, less that one."""
        _, found = self.index.search(self.index.reconstruct(row)[None], K + 2)
        others = [int(other) for other in found[0] if other not in (row, self.second_p4)]
        return [self.product_of(other) for other in others][:K]

    @property
    def second_p4(self):
        """The row of the older index whose product has been skipped here, as a duplicate."""
        return self.names.index("image_15")

    def product_of(self, row):
        import pandas as pd

        number = int(self.names[row].removeprefix("image_"))
        return pd.read_csv(self.catalogue)["ProductId"][number]

    def imports(self, *options):
        files = [str(self.home / name) for name in ("vector.index", "image_ids.json")]
        where = ["--index", str(self.home / "index")]
        return CliRunner().invoke(cli, ["import", *files, str(self.catalogue), *where, *options])

    @property
    def snapshot(self):
        return open_current(IndexFolder(self.home / "index"))


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    with PhotoServer() as server, pytest.MonkeyPatch.context() as patched:
        patched.setenv("VITRINE_ALLOW_HOST", " ".join(server.endpoints))
        moved = Moved(tmp_path_factory.mktemp("older"), server)
        done = moved.imports("--encoder", str(moved.checkpoint))
        assert done.exit_code == 0, done.output
        moved.said = done.output
        yield moved


@pytest.fixture(scope="module")
def client(moved):
    return create_app({"index": moved.home / "index"}).test_client()


def test_rows_of_the_older_index_are_not_rows_of_the_catalogue(moved):
    numbers = [int(name.removeprefix("image_")) for name in moved.names]
    assert numbers != list(range(len(numbers)))


def test_every_product_has_the_answers_of_the_older_index(moved, client):
    asked = 0
    for row in set(range(len(moved.names))) - {moved.second_p4}:
        answer = client.get(f"/get_similar?id={moved.product_of(row)}&k={K}").get_json()
        ours = [result["id"] for result in answer["results"]]
        assert ours == moved.older_answer(row), moved.names[row]
        asked += 1
    assert asked == PRODUCTS - len(DEAD)


def test_the_older_galleries_own_call_answers_urls_that_it_knows(moved, client):
    url = moved.server.url("/7.png")
    answer = client.post("/get_similar", json={"image_path": url}).get_json()
    assert moved.server.url("/7.png") not in answer["similar_images"]
    assert answer["similar_images"][0].startswith(moved.server.url("/"))


def test_nothing_was_embedded_and_what_was_left_out_is_said(moved):
    assert "0 embedded" in moved.said
    assert "left out: image_15 (line 18): product p4 stands already on line 6" in moved.said
    assert "makes the same vectors: 8 photos embedded anew" in moved.said
    assert "http_404" in moved.said


def test_the_same_photo_uploaded_finds_its_product(moved, client):
    files = {"image": (io.BytesIO(photo_bytes(9, (120, 160))), "a.png")}
    answer = client.post("/get_similar", data=files).get_json()
    assert answer["results"][0]["id"] == "p9"
    assert answer["results"][0]["score"] > 0.9999


def test_a_later_build_embeds_only_new_photos(moved):
    moved.server.replies["/new.png"] = Reply(photo_bytes(99, (120, 160)))
    text = moved.catalogue.read_text()
    try:
        moved.catalogue.write_text(f"{text}new,Men,x,x,{moved.server.url('/new.png')}\n")
        where = ["--index", str(moved.home / "index"), "--encoder", str(moved.checkpoint)]
        done = CliRunner().invoke(cli, ["build", str(moved.catalogue), *where])
        assert "1 embedded" in done.output, done.output
        assert "new" in moved.snapshot.rows
    finally:
        moved.catalogue.write_text(text)
