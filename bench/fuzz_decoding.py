"""A coverage-guided fuzzer of decoding: `python -m bench.fuzz_decoding`.

Mutates small photos of every format, guided by what of Pillow's and our own code each
reaches, and looks for an exception, a photo that breaks its contract, a crash, a hang and a
growth of memory. What is found is written into the corpus' folder, and ends the run: mend
it, and keep it in tests/vitrine/fuzzed/. Needs `pip install atheris`, which is built for
some versions of Python and of Linux only.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from bench.fuzzing import Fuzzer, Mutate

MAX_PIXELS = 1_000_000
SECONDS_A_PHOTO = 10
MEGABYTES = 1500  # of the whole process
PNG = b"\x89PNG\r\n\x1a\n"


def check(body: bytes) -> None:
    """Decode as the indexer does; raises where any promise of it is broken."""
    from vitrine.failures import Failure
    from vitrine.photos import decode, dominant_colour, thumbnail_widths, thumbnails

    photo = decode(body, MAX_PIXELS)
    if isinstance(photo, Failure):
        assert photo.message
        assert "\n" not in photo.message, photo.message
        return
    assert photo.image.mode == "RGB"
    assert photo.image.info == {}
    assert 0 < photo.image.width <= photo.width
    assert 0 < photo.image.height <= photo.height
    assert photo.width * photo.height <= MAX_PIXELS
    assert tuple(sorted(thumbnails(photo))) == thumbnail_widths(photo.width)
    assert len(dominant_colour(photo.image)) == 7


def mutated(mutate: Mutate, body: bytes, most: int, _: int) -> bytes:
    return with_right_sums(mutate(body, most))[:most]


def with_right_sums(body: bytes) -> bytes:
    """A PNG with its chunks' sums set right, so that mutations get past; others as they are."""
    if not body.startswith(PNG):
        return body
    kept, start = [PNG], len(PNG)
    while start + 12 <= len(body):
        length = int.from_bytes(body[start : start + 4], "big")
        chunk = body[start + 4 : start + 8 + length]
        kept += [body[start : start + 4], chunk, struct.pack(">I", zlib.crc32(chunk))]
        start += 12 + length
    return b"".join(kept)


def seeds() -> list[bytes]:
    """Small photos of every format and mode."""
    from PIL import Image

    gradient = Image.linear_gradient("L").resize((24, 20))
    colour = Image.merge("RGB", (gradient, gradient.rotate(90).resize((24, 20)), gradient))
    clear = colour.copy()
    clear.putalpha(gradient)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    frames: dict[str, Any] = {"save_all": True, "append_images": [colour.rotate(180)]}
    ways: list[tuple[Image.Image, str, dict[str, Any]]] = [
        (colour, "TIFF", frames),
        (colour, "JPEG", {"exif": exif}),
        (colour, "JPEG", {"progressive": True, "comment": b"words"}),
        (colour.convert("CMYK"), "JPEG", {}),
        (gradient, "JPEG", {}),
        (colour, "MPO", frames),
        (colour, "PNG", {"exif": exif}),
        (clear, "PNG", {}),
        (clear.convert("LA"), "PNG", {}),
        (colour.quantize(7), "PNG", {"transparency": 2}),
        (gradient.convert("1"), "PNG", {}),
        (gradient.convert("I;16"), "PNG", {}),
        (colour, "PNG", frames),
        (clear, "WEBP", {"exif": exif}),
        (colour, "WEBP", {"lossless": True}),
        (colour, "WEBP", frames),
        (colour.quantize(7), "GIF", {"transparency": 2, "comment": b"words"}),
        (colour, "GIF", frames),
        (colour, "BMP", {}),
        (colour.quantize(7), "BMP", {}),
        (colour, "TIFF", {"exif": exif}),
        (gradient.convert("F"), "TIFF", {}),
        (gradient.convert("I"), "TIFF", {}),
        *((colour, "TIFF", {"compression": way}) for way in ("tiff_lzw", "tiff_deflate", "jpeg")),
        (gradient.convert("1"), "TIFF", {"compression": "group4"}),
        (colour, "AVIF", {"exif": exif}),
        (clear, "AVIF", {}),
    ]
    photos = []
    for image, format, options in ways:
        file = io.BytesIO()
        image.save(file, format, **options)
        photos.append(file.getvalue())
    return photos


def prepare() -> None:
    import PIL.Image

    import vitrine.photos  # noqa: F401

    PIL.Image.init()  # imports the decoders, which are to be instrumented too


FUZZER = Fuzzer(
    name="decoding",
    check=check,
    prepare=prepare,
    guiding=["PIL", "vitrine.photos", "vitrine.excess"],
    seeds=seeds,
    seconds=SECONDS_A_PHOTO,
    megabytes=MEGABYTES,
    mutated=mutated,
)

main = FUZZER.command(__doc__)

if __name__ == "__main__":
    main()
