"""Files that cost their decoder far more than their pixels warrant, known before it starts."""

from __future__ import annotations

import re

from PIL import Image

JPEG = b"\xff\xd8\xff"

MAX_SCANS = 100
"""Of a progressive JPEG. Encoders write some ten; each is a walk through all of its pixels, and
seventy bytes are enough for one of 64 megapixels. libtiff draws its line here too."""

MAX_SEGMENTS = 1000
"""Of a JPEG's metadata. Of the kinds that are cut into pieces, a profile has up to 255 of them;
Pillow joins those of EXIF one by one, in a time that grows with their square."""

_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_SCAN, _END = 0xDA, 0xD9
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_TILE_WIDTH, _TILE_HEIGHT = 322, 323  # TIFF 6.0, section 15
_WITHOUT_LENGTH = (0xC8, *range(0xF0, 0xFE))  # in Pillow's eyes; libjpeg takes none of them


def jpeg_excess(body: bytes) -> str:
    """What there is too much of in a JPEG, as words of a message; none where all is well.

    Looks at its markers alone (ITU T.81, B.1.1), and up to the first scan unless it is
    progressive. Other files have none.
    """
    if not body.startswith(JPEG):
        return ""
    segments = scans = 0
    is_progressive = False
    start = 2
    while match := _MARKER.search(body, start):
        marker, start = match[1][0], match.end()
        if marker == _END:
            if scans:
                break
            continue
        if marker in _WITHOUT_LENGTH:
            continue
        start += max(2, int.from_bytes(body[start : start + 2], "big"))
        segments += 1
        scans += marker == _SCAN
        if segments > MAX_SEGMENTS:
            return f"it has more than {MAX_SEGMENTS} segments"
        if scans > MAX_SCANS:
            return f"it has more than {MAX_SCANS} scans"
        is_progressive |= marker in _PROGRESSIVE
        if scans and not is_progressive:
            break
    return ""


def tile_size(file: Image.Image) -> tuple[int, int]:
    """Width and height, in pixels, of what an opened file is decoded by: of a TIFF, its tiles.

    A tile is unpacked whole, however little of it the photo fills.
    """
    tags = getattr(file, "tag_v2", {})
    width, height = tags.get(_TILE_WIDTH), tags.get(_TILE_HEIGHT)
    return (width, height) if isinstance(width, int) and isinstance(height, int) else file.size
