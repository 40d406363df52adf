"""A coverage-guided fuzzer of catalogues: `python -m bench.fuzz_catalogue`.

Mutates small tables of every format and encoding, and older programs' lists, guided by what of
our own code each reaches, and looks for an exception, a product that breaks its contract, a
message that no terminal should have, a hang and a growth of memory. What is found is written
into the corpus' folder, and ends the run: mend it, and keep it in tests/vitrine/fuzzed/. Needs
`pip install atheris`, which is built for some versions of Python and of Linux only.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fuzzing import Fuzzer, Mutate

if TYPE_CHECKING:
    from vitrine.catalogue import Catalogue

SECONDS_A_TABLE = 10
MEGABYTES = 1500  # of the whole process
IS_LIST = b"#list\n"
"""An input that begins so is, after that, the list of an older index."""

IS_ANSWER = b"#answer\n"
"""And this what the Parquet reader, a process apart, says of a file: somebody may have broken
into it. To mutate files for it would take a process each, which tests/properties does."""

HEADER = ("ProductId", "ProductTitle", "Colour", "ImageURL")
ROWS = (
    ("1", "Blusa de algodão", "White", "photos/1.jpg"),
    ("2", 'Red, "white"\nand blue', "Red", "https://photos.example/2.jpg?size=3"),
    ("1", "Twice", "", "photos/a photo é.jpg"),
    ("..", "No id", "", ""),
)
WORDS = (
    *(b"ProductId", b"ImageURL", b"ProductTitle", b"articleType", b'"id": ', b'"image": ', b"sep="),
    *(b'"', b'""', b'","', b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b"\0", b"\x1b[31m"),
    *(b"{", b"}", b"[", b"]", b"{}", b"null", b"true", b"NaN", b"1e999", b"-0.0", b"\\ud800"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\xc3\xa7", b"\xe7", b"\x1f\x8b", IS_LIST),
    *(b"..", b"../", b"http://", b"//", b"\\", b"%2e", b"\xe2\x80\xa8", b"\xc2\x85", b"image_0"),
    *(IS_ANSWER, b'"names": [', b'"read": [0, 1]', b'"rows": 1', b'"cause": '),
)
SIGNS = re.compile(rb'([\s,;|:"{}\[\]])')
STYLES = ("id,gender,articleType,baseColour,productDisplayName", "7,Men,Shirts,Blue,Red, blue")


def check(body: bytes) -> None:
    """Read as the indexer does; raises where any promise of it is broken."""
    from indexer.importing.artefacts import OlderIndexError, names_in
    from tests.soundness import check_catalogue, check_error, check_message
    from vitrine.catalogue import CatalogueError, is_text
    from vitrine.fetching import resolve
    from vitrine.sources.parquet import PARQUET

    if body.startswith(IS_LIST):
        try:
            assert all(map(is_text, names_in(body[len(IS_LIST) :], Path("list.txt"))))
        except OlderIndexError as error:
            check_message(str(error))
        return
    if body.startswith(PARQUET):
        return
    try:
        catalogue = _answered(body) if body.startswith(IS_ANSWER) else _read(body)
    except EOFError:
        return
    except CatalogueError as error:
        check_error(error)
        return
    check_catalogue(catalogue)
    for product in catalogue.products:
        resolve(product.image_url, catalogue.base)
        resolve(product.image_url, "https://shop.example/feed/")


def _read(body: bytes) -> Catalogue:
    from vitrine.sources import read_source

    path = Path(tempfile.gettempdir()) / f"fuzzed-catalogue-{os.getpid()}"
    path.write_bytes(body)
    return read_source(path)


def _answered(body: bytes) -> Catalogue:
    from vitrine.catalogue import Catalogue
    from vitrine.sources.parquet import read_answer

    rows = read_answer(io.BytesIO(body[len(IS_ANSWER) :]), {}, "shop.parquet")
    return Catalogue("shop", "/shop", Path("/"), "", rows.products, rows.problems, unit=rows.unit)


def mutated(mutate: Mutate, body: bytes, most: int, number: int) -> bytes:
    """Every other time a whole value, word or sign is another's, is there twice, or is gone."""
    chance = random.Random(number)
    parts = SIGNS.split(body)
    if len(parts) == 1 or chance.random() < 0.5:
        return mutate(body, most)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(parts))
        other = chance.choice([*WORDS, chance.choice(parts), parts[at] * 2, b""])
        parts[at] = other if chance.random() < 0.8 else parts[at] + other
    return b"".join(parts)[:most]


def seeds() -> Iterator[bytes]:
    """Small tables of every format and encoding, and lists."""
    yield from _delimited()
    yield from _typed()
    yield from _answers()
    for names in (["image_0", "image_1"], ["photos/a.jpg", "C:\\photos\\b.jpg"]):
        yield IS_LIST + json.dumps(names).encode()
        yield IS_LIST + "\r\n".join(names).encode()
    yield IS_LIST + b"(lp0\nVa.jpg\np1\na."  # a pickle


def _delimited() -> Iterator[bytes]:
    for separator in ",;\t|":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            file = io.StringIO(newline="")
            writer = csv.writer(file, delimiter=separator, quoting=quoting)
            writer.writerows([HEADER, *ROWS])
            yield file.getvalue().encode()
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        yield file.getvalue().encode(encoding)
    yield f"sep=;\n{';'.join(HEADER)}\n{';'.join(ROWS[0])}\n".encode()
    yield "\n".join([*STYLES, STYLES[1].replace("Red, blue", "Navy")]).encode()
    yield (",".join(HEADER) + '\n1,"open,Red,a.jpg\n2,Shut,"Red,b.jpg\n3,T,C,c.jpg\n').encode()


def _typed() -> Iterator[bytes]:
    items = [dict(zip(HEADER, row, strict=True)) for row in ROWS]
    odd = {"id": 7.0, "image": ["a.jpg", None], "tags": {"fit": ["slim"], "new": True}, "x": None}
    yield "\n".join(map(json.dumps, [*items, odd])).encode()
    yield json.dumps([*items, odd, 3], indent=1).encode()
    yield '{"id": 1e3, "image": "\\ud83d\\ude00.jpg", "t": -0.5}\n{"id": "é", broken\n'.encode()


def _answers() -> Iterator[bytes]:
    names = ["id", "title", "image", "embedded", "price"]
    head = {"names": names, "read": [0, 1, 2, 4], "rows": 2}
    rows = [["1", "Top", ["a.jpg", None], 19.99], [2.0, None, "b.jpg", {"net": None}]]
    yield IS_ANSWER + b"\n".join(map(_line, [head, *rows, {"rows": 2}, ""]))
    yield IS_ANSWER + _line({"cause": "Invalid: \x1b[31m"}) + b"\n"


def _line(value: object) -> bytes:
    return json.dumps(value).encode() if value != "" else b""


def prepare() -> None:
    import indexer.importing.artefacts  # noqa: F401
    import vitrine.fetching
    import vitrine.sources
    import vitrine.sources.parquet  # noqa: F401


FUZZER = Fuzzer(
    name="catalogue",
    check=check,
    prepare=prepare,
    guiding=["vitrine", "indexer.importing"],
    seeds=seeds,
    seconds=SECONDS_A_TABLE,
    megabytes=MEGABYTES,
    words=WORDS,
    mutated=mutated,
)

main = FUZZER.command(__doc__)

if __name__ == "__main__":
    main()
