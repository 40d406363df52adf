"""A user of the `POST /fashion` service over `styles.csv`: their script, our server."""

from __future__ import annotations

import base64
import io
import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from click.testing import CliRunner
from PIL import Image

from app import create_app
from indexer.__main__ import cli
from tests.drawings import picture
from tests.gallery.conftest import served
from vitrine.folder import IndexFolder
from vitrine.settings import Settings
from vitrine.snapshot import open_current

HEADER = (
    "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
    "productDisplayName"
)
COUNT = 24

SCRIPT = """
import base64, sys
import requests

address, photo = sys.argv[1:]
with open(photo, "rb") as f:
    answer = requests.post(address + "/fashion", files={"image": f}).json()
for i in range(6):
    with open(f"similar{i}.png", "wb") as f:
        f.write(base64.b64decode(answer["images"][str(i)]))
    print(answer["captions"][str(i)])
    print("--")
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Their data set: `styles.csv`, some rows with stray commas, beside `images/{id}.jpg`."""
    home = tmp_path_factory.mktemp("fashion")
    (home / "images").mkdir()
    rows = []
    for number in range(COUNT):
        facts = (
            f"{number},Men,Apparel,Topwear,{('Shirts', 'Tops')[number % 2]},Navy,Fall,2011,Casual"
        )
        title = f"Shirt {number}, with a comma" if number % 8 == 7 else f"Shirt {number}"
        rows.append(f"{facts},{title}")
        picture(number, (240, 320)).save(home / "images" / f"{number}.jpg")
    (home / "styles.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    done = CliRunner().invoke(
        cli, [str(home / "styles.csv"), "--encoder", "handcrafted", "--index", str(home / "index")]
    )
    assert done.exit_code == 0, done.output
    return home


@pytest.fixture(scope="module")
def address(home):
    settings = Settings(index=home / "index")
    with served(create_app(settings), settings) as address:
        yield address


def test_their_script_gets_six_pictures_and_captions(home, address, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, address, str(home / "images" / "4.jpg")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    captions = done.stdout.split("--\n")[:6]
    assert len(captions) == 6
    for caption in captions:
        title, *facts = caption.splitlines()
        assert title.startswith("Shirt ")
        assert facts[0] == "gender: Men"
        assert "baseColour: Navy" in facts
    for number in range(6):
        with Image.open(tmp_path / f"similar{number}.png") as similar:
            assert similar.format == "PNG"
            similar.load()


def test_the_same_photo_comes_first(home, address):
    photo = (home / "images" / "4.jpg").read_bytes()
    answer = requests.post(f"{address}/fashion", files={"image": photo}, timeout=30).json()
    first = Image.open(io.BytesIO(base64.b64decode(answer["images"]["0"]))).convert("RGB")
    own = Image.open(home / "images" / "4.jpg").convert("RGB").resize(first.size)
    difference = sum(abs(a - b) for a, b in zip(own.tobytes(), first.tobytes(), strict=True))
    assert difference / len(own.tobytes()) < 8


def test_no_row_with_a_stray_comma_shifts_another(home):
    snapshot = open_current(IndexFolder(home / "index"))
    for product in snapshot.products.get(range(len(snapshot))):
        assert product.image_url == f"images/{product.id}.jpg"
        assert product.facts["articleType"] == ("Shirts", "Tops")[int(product.id) % 2]


def test_a_transparent_upload_is_a_photo_like_any_other(address):
    body = io.BytesIO()
    transparent = picture(3, (200, 300)).convert("RGBA")
    transparent.putalpha(128)
    transparent.save(body, "PNG")
    answer = requests.post(f"{address}/fashion", files={"image": body.getvalue()}, timeout=30)
    assert answer.status_code == 200
    assert set(answer.json()["images"]) == set("012345")


def test_two_users_at_once_each_get_their_own_answer(home, address):
    numbers = [random.Random(seed).randrange(COUNT) for seed in range(16)]

    def ask(number):
        photo = (home / "images" / f"{number}.jpg").read_bytes()
        return requests.post(f"{address}/fashion", files={"image": photo}, timeout=60).json()

    alone = {number: json.dumps(ask(number)) for number in set(numbers)}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ask, numbers))
    assert [json.dumps(answer) for answer in together] == [alone[number] for number in numbers]


def test_the_users_photos_are_left_where_they_are(home):
    assert sorted(int(path.stem) for path in (home / "images").iterdir()) == list(range(COUNT))
