"""Every command of the documentation runs as it is written."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.docs.reader import PRODUCTS, ROOT, STYLES, Reader, blocks
from vitrine.sources import read_source

PAGES = [
    page
    for page in sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
    if blocks(page)
]

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None, reason="the documentation speaks to the gallery with curl"
)


@pytest.fixture
def reader(tmp_path):
    with Reader(tmp_path) as reader:
        yield reader


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_runs_as_written(page, reader):
    done = reader.types("\n".join(blocks(page)))
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    assert "Traceback" not in done.stderr


def test_a_reader_notices_a_command_that_fails(reader):
    assert reader.types(".venv/bin/python -m indexer build data/no.csv\necho on").returncode == 2
    assert reader.types("curl http://127.0.0.1:5000/").returncode != 0
    assert reader.types("make run\ncurl http://127.0.0.1:5000/get_similar?id=no").returncode != 0


def test_a_reader_is_served_what_was_indexed(reader):
    done = reader.types("make run\ncurl 'http://127.0.0.1:5000/healthz'")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["products"] == PRODUCTS


def test_a_readers_own_catalogues_are_what_the_pages_say(reader):
    styles = read_source(reader.home / "my" / "styles")
    assert (len(styles.products), styles.problems) == (STYLES, ())
    assert styles.products[-1].title == "Tank Top, Navy"
    fashion = read_source(reader.home / "my" / "fashion-mnist")
    assert fashion.kind == "Fashion-MNIST"
    assert {product.facts["Split"] for product in fashion.products} == {"train", "t10k"}
