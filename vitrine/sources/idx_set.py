"""Fashion-MNIST, and other sets of its format, as a catalogue: every picture is a product."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitrine.catalogue import MAX_ID_LENGTH, Catalogue, CatalogueError, Product
from vitrine.idx import MAX_PICTURES, IdxError, Member, check_pictures, read_labels
from vitrine.sources.texts import tidied

FASHION = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
"""The classes of Fashion-MNIST, as its authors call them."""

NAMES_FILE = "labels.txt"
"""Where an owner names the labels of any other set: one name a line, the first is that of 0."""

# Sets of this format have files of the same names. Those of Fashion-MNIST are known by
# their first ten labels, in `train` and `t10k`, or by the folder that they lie in.
_FASHION_BEGINNINGS = (bytes([9, 0, 0, 3, 0, 2, 7, 2, 5, 5]), bytes([9, 2, 1, 1, 6, 1, 4, 6, 5, 7]))
_FASHION_FOLDER = re.compile(r"fashion([-_ ]?mnist)?|.*fashion[-_ ]?mnist.*", re.IGNORECASE)
_MAX_SPLIT = MAX_ID_LENGTH - len(f"-{MAX_PICTURES}")
_FOLDERS_LOOKED_AT = 2  # torchvision puts the files into FashionMNIST/raw

_NAME = re.compile(
    r"(?P<split>.*?)[-_.]?(?P<what>images|labels)[-_.]idx[13]-ubyte(\.gz)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of one split, such as `train`; a set can do without labels."""

    split: str
    images: Path
    labels: Path | None


def split_of(name: str) -> str | None:
    """The split in the name of a file that is called as those of such a set are, else None."""
    match = _NAME.fullmatch(name)
    return match["split"] if match else None


def pairs_among(paths: Iterable[Path]) -> list[Pair]:
    """The splits of a set, out of the files of one folder, those for training first.

    Where a file is there packed and unpacked, the unpacked one counts.
    """
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(paths, key=lambda path: path.name, reverse=True):  # .gz comes first
        match = _NAME.fullmatch(path.name)
        if match:
            found[match["split"], match["what"].lower()] = path
    splits = sorted({split for split, _ in found}, key=lambda split: ("train" not in split, split))
    pairs = []
    for split in splits:
        images = found.get((split, "images"))
        labels = found.get((split, "labels"))
        if images is None:
            raise CatalogueError(
                f"{labels} are the labels of pictures that are not there. Put the file of the "
                f"pictures ({_counterpart(labels)}) beside it."
            )
        pairs.append(Pair(split, images, labels))
    return pairs


def read_idx_set(given: Path, pairs: Sequence[Pair]) -> Catalogue:
    """What `pairs_among` has found in a folder or beside a file, which is `given`.

    An id is the split and the picture's number in it, from 0, such as `train-123`. The
    facts are the split and the label, which has a name where it is known what set this
    is. Raises `CatalogueError` for a file that is not what it says or is called what no id
    may be, and for labels that are not as many as the pictures.
    """
    digest = hashlib.sha256()
    products: list[Product] = []
    is_fashion = False
    for pair in pairs:
        if len(pair.split) > _MAX_SPLIT or not pair.split.isprintable():
            raise CatalogueError(
                f"{pair.images.name!a} has a name that no address can hold. Rename it, and "
                "the file of its labels alike."
            )
        size, labels = _read_pair(pair)
        names = _names(pair, labels)
        is_fashion = is_fashion or names == FASHION
        for path in (pair.images, pair.labels):
            if path:
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
        for number in range(size):
            label = _name_of(labels[number], names) if labels else ""
            products.append(_product(pair, number, label, len(products) + 1))
    home = pairs[0].images.resolve().parent
    return Catalogue(
        name=given.resolve().name,
        location=str(given.resolve()),
        base=home,
        sha256=digest.hexdigest(),
        products=tuple(products),
        kind="Fashion-MNIST" if is_fashion else "a set of pictures in MNIST's format",
        unit="picture",
        is_table=False,
    )


def _read_pair(pair: Pair) -> tuple[int, bytes]:
    """How many pictures there are, and their labels, none where there is no such file."""
    path = pair.images
    try:
        size = check_pictures(pair.images)
        if pair.labels is None:
            return size.count, b""
        path = pair.labels
        labels = read_labels(pair.labels)
    except IdxError as error:
        raise CatalogueError(f"{path} cannot be used: {error}. Fetch the file again.") from None
    except OSError as error:
        raise CatalogueError(f"Cannot read {path}: {error.strerror}.") from None
    if len(labels) != size.count:
        raise CatalogueError(
            f"{pair.labels.name} has {len(labels):,} labels and {pair.images.name} has "
            f"{size.count:,} pictures: they do not belong together. Put the two files of one "
            f"set into {pair.images.parent}, or fetch both again."
        )
    return size.count, labels


def _names(pair: Pair, labels: bytes) -> Sequence[str]:
    """What the labels are called, as far as that is known."""
    told = pair.images.parent / NAMES_FILE
    if told.exists() and labels:
        names = [tidied(line) for line in told.read_text("utf-8", errors="replace").splitlines()]
        if max(labels) >= len(names):
            raise CatalogueError(
                f"{told} names {len(names)} labels, and there is a label {max(labels)} in "
                f"{pair.labels}. Give it a line for each label from 0."
            )
        return names
    folders = pair.images.resolve().parts[:-1][-_FOLDERS_LOOKED_AT:]
    is_called_so = any(_FASHION_FOLDER.fullmatch(part) for part in (*folders, pair.images.name))
    is_fashion = labels.startswith(_FASHION_BEGINNINGS) or is_called_so
    return FASHION if labels and is_fashion and max(labels) < len(FASHION) else ()


def _name_of(label: int, names: Sequence[str]) -> str:
    return names[label] if names else str(label)


def _product(pair: Pair, number: int, label: str, line: int) -> Product:
    where = f"{pair.split or 'picture'} {number}"
    facts = {"Label": label, "Split": pair.split}
    return Product(
        id=where.replace(" ", "-"),
        title=f"{label}, {where}" if label else where,
        image_url=str(Member(pair.images.name, number)),
        facts={name: value for name, value in facts.items() if value},
        line=line,
    )


def _counterpart(labels: Path | None) -> str:
    name = labels.name if labels else ""
    return name.replace("labels", "images").replace("idx1", "idx3")
