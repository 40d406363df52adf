"""Files that are small and take a decoder long, or much memory: told before they are decoded."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import time
import zlib

import pytest
from PIL import Image, JpegImagePlugin

from vitrine.excess import MAX_SCANS, MAX_SEGMENTS, jpeg_excess
from vitrine.failures import Failure, FailureCode
from vitrine.photos import MAX_SIDE, Photo, decode


def saved(image: Image.Image, format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg_of_scans(scans: int, side: int = 64, before: bytes = b"") -> bytes:
    """A grey progressive JPEG with as many scans, each of which says that nothing changes."""
    blocks = (side // 8) ** 2
    runs = -(-blocks // 32767)  # of blocks, the longest that there are: a bit, then 14 more
    bits = ("0" + "1" * 14) * runs
    bits += "1" * (-len(bits) % 8)
    run = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return (
        b"\xff\xd8"
        + before
        + segment(0xDB, b"\0" + b"\1" * 64)
        + segment(0xC2, struct.pack(">BHHBBBB", 8, side, side, 1, 1, 0x11, 0))
        + segment(0xC4, b"\x00" + bytes([1]) + bytes(15) + b"\x00")
        + segment(0xC4, b"\x10" + bytes([1]) + bytes(15) + b"\xe0")
        + segment(0xDA, b"\1\1\0\0\0\0")
        + bytes(-(-blocks // 8))
        + (segment(0xDA, b"\1\1\0\1\x3f\0") + run) * (scans - 1)
        + b"\xff\xd9"
    )


def tiff_of_one_pixel(tile: int) -> bytes:
    """A TIFF of one black pixel in a tile of these sides, in pixels."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(tile)) for _ in range(tile)) + packer.flush()
    tags = {256: 1, 257: 1, 258: 8, 259: 8, 262: 1, 277: 1, 322: tile, 323: tile}
    start = 8 + 2 + 12 * (len(tags) + 2) + 4
    tags |= {324: start, 325: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + entries + bytes(4) + data


def is_too_costly(body: bytes) -> bool:
    result = decode(body)
    return isinstance(result, Failure) and result.code is FailureCode.UNDECODABLE


# Scans


def test_a_jpeg_of_too_many_scans_is_refused_at_once() -> None:
    # Each scan takes some 6 ms: with no limit, 30 seconds.
    body = jpeg_of_scans(5000, side=8000)
    assert len(body) < 1_000_000
    began = time.process_time()
    failure = decode(body)
    assert time.process_time() - began < 1
    assert failure == Failure(
        FailureCode.UNDECODABLE, f"decoding it takes too long: it has more than {MAX_SCANS} scans"
    )


def test_the_limit_on_scans_is_judged_to_the_scan() -> None:
    assert isinstance(decode(jpeg_of_scans(MAX_SCANS)), Photo)
    assert is_too_costly(jpeg_of_scans(MAX_SCANS + 1))


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(segment(0xE1, b"Exif\0\0" + bytes(200)), id="metadata"),
        pytest.param(segment(0xFE, jpeg_of_scans(2)), id="a picture in a comment"),
        pytest.param(b"\xff" * 1000, id="fill bytes"),
        pytest.param(b"\xff\xd0\xff\xd9", id="markers out of place"),
        pytest.param(segment(0xFE, b"") + b"junk", id="what is no marker"),
    ],
)
def test_scans_are_counted_whatever_comes_before_them(before: bytes) -> None:
    assert is_too_costly(jpeg_of_scans(MAX_SCANS + 1, before=before))


def test_what_is_no_scan_of_the_photo_is_not_counted() -> None:
    many = jpeg_of_scans(MAX_SCANS + 1)
    plain = saved(Image.new("RGB", (64, 64), "red"), "JPEG")
    assert isinstance(decode(plain + many), Photo)  # such as a film behind its first picture
    hidden = jpeg_of_scans(2, before=segment(0xE2, many))  # such as a preview
    assert isinstance(decode(hidden), Photo)


# Metadata


def test_exif_in_a_million_pieces_is_refused_at_once() -> None:
    # Joined one by one: with no limit, this takes minutes.
    body = b"\xff\xd8" + segment(0xE1, b"Exif\0\0ab") * 1_000_000
    began = time.process_time()
    assert is_too_costly(body)
    assert time.process_time() - began < 1


def test_pieces_cannot_be_hidden_from_the_count() -> None:
    pieces = segment(0xE1, b"Exif\0\0ab") * (MAX_SEGMENTS + 1)
    assert is_too_costly(b"\xff\xd8\xff\xd9" + pieces)  # behind an end that Pillow goes past
    assert is_too_costly(b"\xff\xd8\xff\xf0" + pieces)  # in what Pillow takes for a lone marker
    assert is_too_costly(b"\xff\xd8\xff\xe0\0\0" + pieces)  # after a length that is none
    assert is_too_costly(b"\xff\xd8\xff\xc8" + pieces)


def test_pillow_and_the_count_agree_on_which_markers_stand_alone() -> None:
    """Else one could be told to skip what the other reads."""
    alone = {m & 0xFF for m, (_, _, handler) in JpegImagePlugin.MARKER.items() if handler is None}
    pieces = segment(0xE1, b"Exif\0\0ab") * (MAX_SEGMENTS + 1)
    for marker in sorted(alone):
        assert jpeg_excess(b"\xff\xd8\xff" + bytes([marker]) + pieces), hex(marker)


def test_a_photo_with_as_much_metadata_as_there_may_be_is_read() -> None:
    image = Image.new("RGB", (16, 16), "red")
    profile = bytes(4_000_000)  # in 62 pieces
    body = saved(image, "JPEG", icc_profile=profile, xmp=bytes(60_000), comment=bytes(60_000))
    assert isinstance(decode(body), Photo)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


ZIPPED = zlib.compress(bytes(200_000_000), 9)
ANCILLARY = {
    "zTXt": chunk(b"zTXt", b"Comment\0\0" + ZIPPED),
    "iTXt": chunk(b"iTXt", b"Comment\0\1\0\0\0" + ZIPPED),
    "iCCP": chunk(b"iCCP", b"profile\0\0" + ZIPPED),
    "many zTXt": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000))) * 200,
    "many iTXt": chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(1_000_000))) * 200,
}


def png(extra: bytes) -> bytes:
    plain = saved(Image.new("RGB", (1, 1), "red"), "PNG")
    return plain[:33] + extra + plain[33:]


MEASURED = """if True:
    import sys
    from pathlib import Path
    from vitrine.photos import decode
    def highest():
        return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    body = sys.stdin.buffer.read()
    before = highest()
    result = decode(body)
    print(getattr(result, "code", "photo"), highest() - before)
"""


def measured(body: bytes) -> tuple[str, int]:
    """What a fresh process says of a file, and by how many kB that made it grow at most."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURED], input=body, capture_output=True, check=True
    )
    outcome, kilobytes = run.stdout.decode().split()
    return outcome, int(kilobytes)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ANCILLARY)
def test_what_is_packed_beside_a_photo_is_not_unpacked(kind: str) -> None:
    outcome, kilobytes = measured(png(ANCILLARY[kind]))
    assert outcome == "photo"
    assert kilobytes < 40_000  # of 200,000


# Tiles, sides, frames


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_pixel_in_a_huge_tile_is_refused_without_memory() -> None:
    outcome, kilobytes = measured(tiff_of_one_pixel(10_000))
    assert outcome == FailureCode.TOO_MANY_PIXELS
    assert kilobytes < 20_000  # of 100,000


def test_a_photo_in_a_tile_of_usual_size_is_read() -> None:
    photo = decode(tiff_of_one_pixel(256))
    assert isinstance(photo, Photo)
    assert photo.image.size == (1, 1)


@pytest.mark.parametrize("size", [(MAX_SIDE + 1, 1), (1, MAX_SIDE + 1)])
def test_the_limit_on_sides_is_judged_to_the_pixel(size: tuple[int, int]) -> None:
    failure = decode(saved(Image.new("L", size), "PNG"))
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.TOO_MANY_PIXELS
    size = (min(size[0], MAX_SIDE), min(size[1], MAX_SIDE))
    assert isinstance(decode(saved(Image.new("L", size), "PNG")), Photo)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_many_frames_one_is_decoded(format: str) -> None:
    frames = [Image.new("L", (700, 700), 3 * number) for number in range(80)]
    body = saved(frames[0], format, save_all=True, append_images=frames[1:])
    outcome, kilobytes = measured(body)
    assert outcome == "photo"
    assert kilobytes < 20_000 + len(body) // 1000  # of 39,000, as grey
