"""A reader who types in what a page says, in a fresh copy of the project.

The copy has the first products of the demo catalogue and no index, and the reader has
what the pages speak of: a `photo.jpg`, and in `my/` a catalogue of their own, `shop.csv`
with `photos/`; `styles/`, the data set of `styles.csv` with `images/{id}.jpg`, one row of
which has a stray comma; and the four files of `fashion-mnist/`. All of it is small.

Some things are not done as written, since they would take minutes: `make run` indexes and
serves with the environment that runs the tests, `make test` does nothing, and serving goes
on in the background, at a free port, until something else is served or the page has been
read. No hub answers, so `auto` is the encoder without a download.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path

from PIL import Image

from tests.idx_files import FASHION_BEGINS, write_split

ROOT = Path(__file__).parents[2]
PRODUCTS, OWN_PRODUCTS, STYLES, TEST_PICTURES = 40, 20, 16, 10
SECONDS = 300.0  # far more than any page takes; a command that waits for ever ends
CODE = ("app.py", "babel.cfg", "gallery", "indexer", "static", "templates", "tests", "vitrine")

# What `styles.csv` calls its columns, and what they are called here; the demo catalogue
# has no season and no year.
STYLES_COLUMNS = {
    "id": "ProductId",
    "gender": "Gender",
    "masterCategory": "Category",
    "subCategory": "SubCategory",
    "articleType": "ProductType",
    "baseColour": "Colour",
    "season": "",
    "year": "",
    "usage": "Usage",
    "productDisplayName": "ProductTitle",
}

# `app.py` goes on in the background, once it answers; everything else runs as it is.
PYTHON = """#!/bin/bash
case " $* " in
  *" app.py "*) ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
[ -f "$READERS_LOG.pid" ] && kill "$(cat "$READERS_LOG.pid")" && sleep 0.5
VITRINE_PORT=$READERS_PORT setsid "$REAL_PYTHON" "$@" >>"$READERS_LOG" 2>&1 </dev/null &
echo $! >"$READERS_LOG.pid"
for _ in $(seq 600); do
  "$REAL_CURL" -s -o /dev/null "http://127.0.0.1:$READERS_PORT/healthz" && exit 0
  kill -0 $! 2>/dev/null || break
  sleep 0.1
done
cat "$READERS_LOG" >&2
exit 1
"""

# An answer that refuses is a command that fails.
CURL = """#!/bin/bash
exec "$REAL_CURL" --silent --show-error --fail-with-body "$@"
"""

MAKE = """#!/bin/bash
CATALOGUE=data/fashion.csv
for word in "$@"; do
  case "$word" in *=*) export "${word?}" ;; esac
done
case "$1" in
  run) .venv/bin/python -m indexer build "$CATALOGUE" && .venv/bin/python app.py ;;
  test) ;;
  *) echo "A reader of the documentation does not run make $1 in a test." >&2; exit 1 ;;
esac
"""


def blocks(page: Path) -> list[str]:
    """The page's commands: its blocks that are marked as `sh`, in order."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def write_styles(home: Path, data: Path) -> None:
    """The first products of a `fashion.csv` as `styles.csv` and JPEG files, as people have them.

    The last row has the facts of the first, and a comma in its title that nobody quoted.
    """
    with (data / "fashion.csv").open(encoding="utf-8", newline="") as file:
        products = list(csv.DictReader(file))[:STYLES]
    last = products[0] | {"ProductId": products[-1]["ProductId"], "ProductTitle": "Tank Top, Navy"}
    products[-1] = last | {"ImageURL": products[-1]["ImageURL"]}
    added = {"season": "Summer", "year": "2012"}
    rows = [
        ",".join(added.get(name) or product[ours] for name, ours in STYLES_COLUMNS.items())
        for product in products
    ]
    (home / "images").mkdir(parents=True)
    (home / "styles.csv").write_text("\n".join([",".join(STYLES_COLUMNS), *rows, ""]), "utf-8")
    for product in products:
        with Image.open(data / product["ImageURL"]) as photo:
            photo.convert("RGB").save(home / "images" / f"{product['ProductId']}.jpg")


class Reader:
    """Use it with `with`: what the page has started is stopped at the end."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._tools = home / ".tools"
        self._log = home / ".served.log"

    def __enter__(self) -> Reader:
        for name in CODE:
            (self.home / name).symlink_to(ROOT / name)
        data = self.home / "data"
        (data / "photos").mkdir(parents=True)
        lines = (ROOT / "data" / "fashion.csv").read_text(encoding="utf-8").splitlines(True)
        photos = [line.rsplit(",", 1)[1].strip() for line in lines[1 : PRODUCTS + 1]]
        (data / "fashion.csv").write_text("".join(lines[: PRODUCTS + 1]), encoding="utf-8")
        for photo in photos:
            (data / photo).write_bytes(_small(photo))
        own = self.home / "my"
        shutil.copytree(data / "photos", own / "photos")
        (own / "shop.csv").write_text("".join(lines[: OWN_PRODUCTS + 1]), encoding="utf-8")
        write_styles(own / "styles", data)
        write_split(own / "fashion-mnist", "train", FASHION_BEGINS)
        write_split(own / "fashion-mnist", "t10k", range(TEST_PICTURES), first=len(FASHION_BEGINS))
        with Image.open(data / photos[0]) as picture:
            picture.convert("RGB").save(self.home / "photo.jpg")
        _program(self.home / ".venv" / "bin" / "python", PYTHON)
        _program(self._tools / "make", MAKE)
        _program(self._tools / "curl", CURL)
        return self

    def __exit__(self, *_: object) -> None:
        pid = Path(f"{self._log}.pid")
        if pid.exists():
            subprocess.run(["kill", pid.read_text().strip()], check=False, capture_output=True)

    def types(self, commands: str) -> subprocess.CompletedProcess[str]:
        """Run a page's commands in one shell, which stops at the first that fails."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        script = "set -euo pipefail\n" + commands.replace("127.0.0.1:5000", f"127.0.0.1:{port}")
        # What a page puts in the background ends with its shell.
        script = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + script
        names = ("HOME", "LANG", "TMPDIR", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.home,
            env={name: os.environ[name] for name in names if name in os.environ}
            | {
                "PATH": f"{self._tools}:{os.environ['PATH']}",
                "REAL_PYTHON": sys.executable,
                "REAL_CURL": shutil.which("curl") or "curl",
                "READERS_PORT": str(port),
                "READERS_LOG": str(self._log),
                "HF_ENDPOINT": "http://127.0.0.1:9",  # the port of "discard": nobody answers
                "HF_HUB_CACHE": str(self.home / ".hub"),
                "PYTHONWARNINGS": "ignore",
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@cache
def _small(photo: str) -> bytes:
    """A photo of the demo catalogue in a quarter of its size: reading it is not the point here."""
    buffer = io.BytesIO()
    with Image.open(ROOT / "data" / photo) as picture:
        picture.reduce(4).save(buffer, "WEBP")
    return buffer.getvalue()


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
