"""Photos as people really make them, and as nobody should."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from vitrine.failures import Failure, FailureCode
from vitrine.photos import (
    MAX_PIXELS,
    THUMBNAIL_WIDTHS,
    Photo,
    decode,
    dominant_colour,
    thumbnail_widths,
    thumbnails,
)

# pytest undoes the module's own filter; what the filter does is tested in a subprocess.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION = 0x0112
GPS = 0x8825

UNDO = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What a camera held that way has done to an upright picture."""


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def photo_of(body: bytes, **options: Any) -> Photo:
    result = decode(body, **options)
    assert isinstance(result, Photo), result
    assert result.image.mode == "RGB"
    return result


def failure_of(body: bytes, **options: Any) -> Failure:
    result = decode(body, **options)
    assert isinstance(result, Failure), result
    assert result.message
    assert "\n" not in result.message
    return result


def pixels(body: bytes) -> list[tuple[int, int, int]]:
    image = photo_of(body).image
    return [tuple(pixel) for pixel in np.asarray(image).reshape(-1, 3).tolist()]


def at(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return pixel


def close(pixel: tuple[int, ...], expected: tuple[int, ...], tolerance: int) -> bool:
    return max(abs(a - b) for a, b in zip(pixel, expected, strict=True)) <= tolerance


def quarters(width: int = 48, height: int = 32) -> Image.Image:
    """Four quarters of four colours: each turn and each mirror image of it differs."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def detailed(width: int, height: int) -> Image.Image:
    """A picture with structure on every scale, which no codec shrinks to nothing."""
    rng = np.random.default_rng(7)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = rng.integers(-12, 13, (height, width, 1), dtype=np.int16)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, depth: int, colour_type: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """A PNG made by hand, for what Pillow cannot write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def profile_with_red_and_green_swapped() -> bytes:
    """A valid RGB profile in which a picture's red means green and its green red."""

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in (x, y, z))

    text = b"swapped primaries\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    tags = {
        b"desc": description,
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"gXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    header = struct.pack(">I", start + len(data)) + b"\0\0\0\0" + struct.pack(">I", 0x02100000)
    header += b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += struct.pack(">iii", round(0.9642 * 65536), 65536, round(0.8249 * 65536))
    return header + bytes(128 - len(header)) + table + data


# Formats


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "WEBP", "GIF"])
def test_a_lossless_photo_keeps_its_pixels(format: str) -> None:
    options = {"lossless": True} if format == "WEBP" else {}
    photo = photo_of(saved(quarters(), format, **options))
    assert (photo.width, photo.height, photo.format) == (48, 32, format)
    assert np.array_equal(np.asarray(photo.image), np.asarray(quarters()))


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_jpeg_keeps_its_colours(options: dict[str, Any]) -> None:
    photo = photo_of(saved(quarters(), "JPEG", quality=95, subsampling=0, **options))
    assert (photo.width, photo.height, photo.format) == (48, 32, "JPEG")
    for x, y, colour in ((8, 8, RED), (40, 8, GREEN), (8, 24, BLUE), (40, 24, WHITE)):
        assert close(at(photo.image, x, y), colour, 3)


def test_an_avif_keeps_its_colours() -> None:
    photo = photo_of(saved(quarters(), "AVIF", quality=95, subsampling="4:4:4"))
    assert photo.format == "AVIF"
    for x, y, colour in ((8, 8, RED), (40, 8, GREEN), (8, 24, BLUE), (40, 24, WHITE)):
        assert close(at(photo.image, x, y), colour, 6)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(format: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN, BLUE)]
    body = saved(frames[0], format, save_all=True, append_images=frames[1:], duration=100)
    assert all(close(pixel, RED, 2) for pixel in pixels(body))


def test_of_an_mpo_the_first_picture_counts() -> None:
    first, second = Image.new("RGB", (32, 16), RED), Image.new("RGB", (16, 8), BLUE)
    body = saved(first, "MPO", save_all=True, append_images=[second])
    with Image.open(io.BytesIO(body)) as file:
        assert file.format == "MPO"
    photo = photo_of(body)
    assert (photo.width, photo.height, photo.format) == (32, 16, "JPEG")
    assert close(at(photo.image, 8, 8), RED, 3)


def test_a_photo_that_goes_on_as_something_else_is_read_and_the_rest_left_behind() -> None:
    body = saved(quarters(), "JPEG", quality=95) + b"<script>alert(1)</script>PK\x03\x04"
    photo = photo_of(body)
    assert close(at(photo.image, 8, 8), RED, 3)
    assert all(b"<script>" not in thumbnail for thumbnail in thumbnails(photo).values())


# Colour


def test_cmyk_and_ycck_become_rgb() -> None:
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert close(pixels(saved(cmyk, "JPEG", quality=95))[0], RED, 3)
    assert pixels(saved(cmyk, "TIFF"))[0] == RED

    # The stored planes, which are 255 less these, become Y 200, Cb 128, Cr 160, K 255.
    stored = saved(Image.new("CMYK", (16, 16), (55, 127, 95, 0)), "JPEG", quality=100)
    transform = stored.index(b"Adobe") + len(b"Adobe") + 6
    ycck = stored[:transform] + b"\x02" + stored[transform + 1 :]
    # JPEG's formula: 255 less Y + 1.402·(Cr − 128), Y − 0.714·(Cr − 128) and Y.
    assert close(pixels(ycck)[0], (10, 78, 55), 3)


def test_grey_one_bit_and_palette_become_rgb() -> None:
    assert pixels(saved(Image.new("L", (1, 1), 77), "PNG")) == [(77, 77, 77)]
    assert pixels(png(4, 1, 1, 0, b"\0\xa0")) == [WHITE, (0, 0, 0), WHITE, (0, 0, 0)]
    assert pixels(saved(quarters().quantize(4), "PNG")) == pixels(saved(quarters(), "PNG"))


def test_16_bit_grey_is_scaled_and_not_clipped_to_white() -> None:
    grey = np.array([[0, 256, 32768, 65535]], dtype=np.uint16)
    expected = [(0, 0, 0), (1, 1, 1), (128, 128, 128), WHITE]
    assert pixels(saved(Image.fromarray(grey), "PNG")) == expected
    assert pixels(saved(Image.fromarray(grey), "TIFF")) == expected
    big_endian = grey.astype(">u2").tobytes()
    tags = [(256, 4, 4), (257, 4, 1), (258, 3, 16), (259, 3, 1), (262, 3, 1)]
    tags += [(273, 4, 8), (277, 3, 1), (278, 4, 1), (279, 4, 8)]
    directory = struct.pack(">H", len(tags))
    for tag, kind, value in tags:
        packed = struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value)
        directory += struct.pack(">HHI", tag, kind, 1) + packed
    tiff = b"MM\0*" + struct.pack(">I", 16) + big_endian + directory + bytes(4)
    with Image.open(io.BytesIO(tiff)) as file:
        assert file.mode == "I;16B"
    assert pixels(tiff) == expected


def test_32_bit_and_floating_point_grey_is_scaled() -> None:
    def shades(values: list[float], kind: type) -> list[int]:
        body = saved(Image.fromarray(np.array([values], dtype=kind)), "TIFF")
        return [pixel[0] for pixel in pixels(body)]

    assert shades([0, 257, 32896, 65535], np.int32) == [0, 1, 128, 255]
    assert shades([0.0, 0.2, 1.0], np.float32) == [0, 51, 255]
    assert shades([0.0, 51.0, 255.0], np.float32) == [0, 51, 255]
    assert shades([-1.0, 0.0, 1.0], np.float32) == [0, 128, 255]
    assert shades([float("nan"), 0.0, 1.0], np.float32) == [0, 0, 255]
    assert shades([-3.0, -3.0], np.float32) == [0, 0]


def test_16_bit_colour_keeps_its_upper_bytes() -> None:
    row = b"\0" + struct.pack(">6H", 65535, 32768, 0, 256, 512, 65280)
    assert pixels(png(2, 1, 16, 2, row)) == [(255, 128, 0), (1, 2, 255)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            saved(Image.new("RGBA", (1, 1), (0, 0, 0, 0)), "PNG"), WHITE, id="RGBA, clear"
        ),
        pytest.param(
            saved(Image.new("RGBA", (1, 1), (255, 0, 0, 128)), "PNG"), (255, 127, 127), id="RGBA"
        ),
        pytest.param(
            saved(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "WEBP", lossless=True), WHITE, id="WebP"
        ),
        pytest.param(saved(Image.new("LA", (1, 1), (0, 128)), "PNG"), (127, 127, 127), id="LA"),
        pytest.param(png(1, 1, 16, 6, b"\0" + bytes(8)), WHITE, id="RGBA, 16 bits"),
        pytest.param(png(1, 1, 16, 4, b"\0" + bytes(4)), WHITE, id="LA, 16 bits"),
        pytest.param(
            png(1, 1, 8, 3, b"\0\0", chunk(b"PLTE", bytes(RED)) + chunk(b"tRNS", b"\0")),
            WHITE,
            id="palette, clear",
        ),
        pytest.param(
            png(1, 1, 8, 3, b"\0\0", chunk(b"PLTE", bytes(RED)) + chunk(b"tRNS", b"\x80")),
            (255, 127, 127),
            id="palette, half",
        ),
        pytest.param(
            png(1, 1, 1, 0, b"\0\0", chunk(b"tRNS", b"\0\0")), WHITE, id="one bit, black is clear"
        ),
        pytest.param(png(1, 1, 8, 0, b"\0\x10", chunk(b"tRNS", b"\0\x10")), WHITE, id="grey"),
        pytest.param(
            png(1, 1, 16, 0, b"\0\x80\x01", chunk(b"tRNS", b"\x80\x01")), WHITE, id="grey, 16 bits"
        ),
        pytest.param(
            png(1, 1, 8, 2, b"\0\0\0\xff", chunk(b"tRNS", b"\0\0\0\0\0\xff")), WHITE, id="RGB"
        ),
    ],
)
def test_transparency_is_laid_on_white(body: bytes, expected: tuple[int, int, int]) -> None:
    assert all(close(pixel, expected, 1) for pixel in pixels(body))


def test_a_transparent_gif_and_a_premultiplied_tiff_are_laid_on_white() -> None:
    gif = Image.new("P", (2, 1), 0)
    gif.putpalette([*RED, *BLUE])
    gif.putpixel((1, 0), 1)
    assert pixels(saved(gif, "GIF", transparency=0)) == [WHITE, BLUE]
    assert pixels(saved(Image.new("RGBA", (1, 1), (0, 0, 0, 0)), "TIFF")) == [WHITE]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_photo_of_another_colour_space_is_converted_to_srgb(format: str) -> None:
    profile = profile_with_red_and_green_swapped()
    image = Image.new("RGB", (16, 16), RED)
    assert close(pixels(saved(image, format))[0], RED, 3)
    assert close(pixels(saved(image, format, icc_profile=profile))[0], GREEN, 12)


def test_transparency_and_a_colour_profile_go_together() -> None:
    profile = profile_with_red_and_green_swapped()
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((0, 0), (255, 0, 0, 255))
    first, second = pixels(saved(image, "PNG", icc_profile=profile))
    assert close(first, GREEN, 12)
    assert close(second, WHITE, 1)


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(b"no profile at all", id="broken"),
        pytest.param(profile_with_red_and_green_swapped()[:200], id="cut short"),
        pytest.param(bytes(5_000_000), id="huge"),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_of_no_use_is_ignored(profile: bytes, format: str) -> None:
    body = saved(Image.new("RGB", (16, 16), RED), format, icc_profile=profile)
    assert close(pixels(body)[0], RED, 3)


def test_a_profile_of_another_colour_space_than_the_pixels_is_ignored() -> None:
    profile = profile_with_red_and_green_swapped()
    assert pixels(saved(Image.new("L", (1, 1), 77), "PNG", icc_profile=profile)) == [(77, 77, 77)]
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert close(pixels(saved(cmyk, "JPEG", icc_profile=profile, quality=95))[0], RED, 3)


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_photo_comes_out_upright(format: str, orientation: int) -> None:
    upright = quarters()
    undo = UNDO[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = upright if undo is None else upright.transpose(undo)
    photo = photo_of(saved(stored, format, exif=exif))
    assert (photo.width, photo.height) == photo.image.size == (48, 32)
    difference = np.asarray(photo.image, dtype=int) - np.asarray(upright, dtype=int)
    assert np.abs(difference).mean() < 12


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_there_is_not_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert photo_of(saved(quarters(), "PNG", exif=exif)).image.getpixel((0, 0)) == RED


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12",
        b"Exif\0\0II*\0\xff\xff\xff\x7f",
        b"Exif\0\0nonsense" + bytes(range(256)),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_corrupt_exif_does_not_cost_the_photo(format: str, exif: bytes) -> None:
    photo = photo_of(saved(quarters(), format, exif=exif))
    assert close(at(photo.image, 4, 4), RED, 40)


# Size


def test_a_much_larger_jpeg_is_scaled_by_its_decoder_and_remembers_its_size() -> None:
    photo = photo_of(saved(detailed(3000, 4000), "JPEG", quality=80))
    assert (photo.width, photo.height) == (3000, 4000)
    assert photo.image.size == (1500, 2000)


def test_a_large_jpeg_held_sideways_keeps_the_widest_thumbnail_s_width() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    photo = photo_of(saved(detailed(2400, 1000), "JPEG", exif=exif))
    assert (photo.width, photo.height) == (1000, 2400)
    assert photo.image.size == (1000, 2400)
    photo = photo_of(saved(detailed(1100, 1920), "JPEG", exif=exif))
    assert (photo.width, photo.height) == (1920, 1100)
    assert photo.image.size == (960, 550)


@pytest.mark.parametrize("size", [(1080, 1440), (1919, 2000), (4000, 800), (400, 4000)])
def test_a_jpeg_is_never_scaled_below_what_thumbnails_and_encoders_need(
    size: tuple[int, int],
) -> None:
    photo = photo_of(saved(detailed(*size), "JPEG"))
    assert (photo.width, photo.height) == size
    assert photo.image.width >= min(size[0], max(THUMBNAIL_WIDTHS))
    assert min(photo.image.size) >= min(*size, 512)


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1)])
def test_a_photo_of_an_odd_shape_is_read(size: tuple[int, int]) -> None:
    photo = photo_of(saved(Image.new("RGB", size, RED), "PNG"))
    assert photo.image.size == (photo.width, photo.height) == size
    assert photo.image.getpixel((0, 0)) == RED


def test_the_limit_on_pixels_is_judged_to_the_pixel() -> None:
    body = saved(quarters(48, 32), "PNG")
    photo_of(body, max_pixels=48 * 32)
    assert failure_of(body, max_pixels=48 * 32 - 1).code is FailureCode.TOO_MANY_PIXELS


def gif(screen: int, frame: int) -> bytes:
    """A GIF of one black frame that states these sides, in pixels, and has hardly a byte."""
    header = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0x80, 0, 0) + bytes(6)
    descriptor = b"," + struct.pack("<HHHHB", 0, 0, frame, frame, 0)
    return header + descriptor + b"\x02\x02\x44\x01\x00;"


BOMBS = {
    "PNG above the limit": png(9000, 9000, 8, 2, b"\0" * 1000),
    "PNG above Pillow's warning": png(12000, 12000, 8, 2, b"\0" * 1000),
    "PNG above Pillow's ceiling": png(2**31 - 1, 2**31 - 1, 1, 0, b"\0" * 1000),
    "GIF by its frame's extents": gif(screen=1, frame=60000),
    "GIF by its screen": gif(screen=65535, frame=1),
    "BMP": b"BM"
    + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 30000, 30000, 1, 24, 0, 0, 0, 0, 0, 0),
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_without_memory_and_without_a_word(bomb: bytes) -> None:
    program = """if True:
        import sys
        from pathlib import Path
        from vitrine.photos import decode
        def highest():
            return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
        body = sys.stdin.buffer.read()
        before = highest()
        result = decode(body)
        print(getattr(result, "code", result), highest() - before)
    """
    run = subprocess.run(
        [sys.executable, "-c", program], input=bomb, capture_output=True, check=True
    )
    code, kilobytes = run.stdout.decode().split()
    assert code == FailureCode.TOO_MANY_PIXELS
    assert int(kilobytes) < 20_000
    assert run.stderr == b""


def test_a_bomb_is_a_failure_where_warnings_are_errors() -> None:
    bomb = BOMBS["PNG above Pillow's warning"]
    program = "import sys; from vitrine.photos import decode; import warnings\n"
    program += "warnings.simplefilter('error'); print(decode(sys.stdin.buffer.read()).code)"
    run = subprocess.run(
        [sys.executable, "-c", program], input=bomb, capture_output=True, check=True
    )
    assert run.stdout.decode().strip() == FailureCode.TOO_MANY_PIXELS


def test_a_text_that_unpacks_to_megabytes_does_not_cost_the_photo() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(5_000_000)))
    assert pixels(png(1, 1, 8, 2, b"\0" + bytes(RED), bomb)) == [RED]


# What is no photo


WHOLE: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: saved(detailed(320, 240), "JPEG"),
    "progressive JPEG": lambda: saved(detailed(320, 240), "JPEG", progressive=True),
    "large JPEG": lambda: saved(detailed(2000, 1600), "JPEG"),
    "PNG": lambda: saved(detailed(320, 240), "PNG"),
    "WebP": lambda: saved(detailed(320, 240), "WEBP"),
    "GIF": lambda: saved(detailed(320, 240), "GIF"),
    "BMP": lambda: saved(detailed(320, 240), "BMP"),
    "TIFF": lambda: saved(detailed(320, 240), "TIFF"),
    "compressed TIFF": lambda: saved(detailed(320, 240), "TIFF", compression="tiff_lzw"),
    "AVIF": lambda: saved(detailed(320, 240), "AVIF"),
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.99])
def test_a_photo_that_is_cut_short_is_reported_as_truncated(kind: str, share: float) -> None:
    body = WHOLE[kind]()
    photo_of(body)
    assert failure_of(body[: int(len(body) * share)]).code is FailureCode.TRUNCATED
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("kind", [kind for kind in WHOLE if kind != "BMP"])
def test_a_header_without_a_photo_is_reported_as_truncated(kind: str) -> None:
    assert failure_of(WHOLE[kind]()[:40]).code is FailureCode.TRUNCATED


@pytest.mark.parametrize("kind", WHOLE)
def test_no_damage_makes_decoding_raise(kind: str) -> None:
    body = bytearray(WHOLE[kind]()[:60_000])
    rng = np.random.default_rng(3)
    for _ in range(40):
        damaged = bytearray(body)
        for position in rng.integers(0, min(len(body), 2000), 6):
            damaged[position] = rng.integers(0, 256)
        assert isinstance(decode(bytes(damaged), max_pixels=10_000_000), Photo | Failure)


def test_a_file_without_bytes_is_reported_as_empty() -> None:
    assert failure_of(b"").code is FailureCode.EMPTY


def test_a_photo_without_pixels_is_no_photo() -> None:
    assert failure_of(png(0, 5, 8, 2, b"")).code in (
        FailureCode.NOT_AN_IMAGE,
        FailureCode.TRUNCATED,
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html><svg></svg></html>", "web page"),
        (b"\xef\xbb\xbf\n <html>not found</html>", "web page"),
        (b'{"error": "not found"}', "no photo"),
        (b"plain words", "no photo"),
        (bytes(1000), "no photo"),
        (b"PK\x03\x04" + bytes(100), "no photo"),
    ],
)
def test_what_is_no_photo_is_named(body: bytes, words: str) -> None:
    failure = failure_of(body)
    assert failure.code is FailureCode.NOT_AN_IMAGE
    assert words in failure.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"8BPS\0\x01" + bytes(100), "Photoshop"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "EPS"),
        (b"%PDF-1.7\n", "PDF"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\0\0\0\x18ftypcrx " + b"\0\0\0\x01crx isom" + bytes(100), "raw"),
        (b"FUJIFILMCCD-RAW 0201FF383501" + bytes(100), "raw"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), "JPEG XL"),
        (saved(Image.new("RGB", (16, 16)), "JPEG2000"), "JPEG 2000"),
        (saved(Image.new("RGB", (16, 16)), "ICO"), "icon"),
    ],
)
def test_a_picture_of_a_refused_format_is_named(body: bytes, words: str) -> None:
    failure = failure_of(body)
    assert failure.code is FailureCode.UNSUPPORTED_FORMAT
    assert words in failure.message


def box(kind: bytes, data: bytes) -> bytes:
    """A box of ISO's media container: its length, its kind, what it holds."""
    return struct.pack(">I", 8 + len(data)) + kind + data


def heif(major: bytes, *compatible: bytes) -> bytes:
    """How a camera's HEIF file begins: its brands, one picture's entry, its coded bytes."""
    handler = box(b"hdlr", bytes(8) + b"pict" + bytes(13))
    item = box(b"infe", b"\x02\0\0\0" + b"\0\x01\0\0" + b"hvc1" + b"\0")
    entries = box(b"iinf", bytes(4) + b"\0\x01" + item)
    primary = box(b"pitm", bytes(4) + b"\0\x01")
    extents = box(b"ispe", bytes(4) + struct.pack(">II", 4032, 3024))
    properties = box(b"iprp", box(b"ipco", extents))
    meta = box(b"meta", bytes(4) + handler + primary + entries + properties)
    brands = box(b"ftyp", major + bytes(4) + b"".join(compatible))
    return brands + meta + box(b"mdat", bytes(range(256)) * 40)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(heif(b"heic", b"mif1", b"MiHB", b"miaf", b"heic"), id="a telephone's"),
        pytest.param(heif(b"heic", b"mif1", b"heic"), id="another's"),
        pytest.param(heif(b"mif1", b"mif1", b"heic", b"miaf"), id="of a general brand"),
        pytest.param(heif(b"heix", b"mif1", b"heix"), id="of ten bits"),
        pytest.param(heif(b"msf1", b"msf1", b"hevc", b"iso8"), id="a burst"),
        pytest.param(heif(b"hevc"), id="a burst without more brands"),
        pytest.param(heif(b"heic", b"mif1", b"heic")[:32], id="cut short"),
        pytest.param(b"\xff\xff\xff\xffftypheic" + bytes(3000), id="of a lying length"),
    ],
)
def test_a_heic_photo_is_told_from_every_other_refused_format(body: bytes) -> None:
    failure = failure_of(body)
    assert failure.code is FailureCode.HEIC
    assert "HEIC" in failure.message


def test_an_avif_of_a_general_brand_is_read_and_its_damage_is_not_taken_for_heic() -> None:
    body = saved(quarters(), "AVIF")
    assert body[4:12] == b"ftypavif"
    assert b"mif1" in body[:40]
    general = body[:8] + b"mif1" + body[12:]
    assert photo_of(general).format == "AVIF"
    assert failure_of(general[:200]).code is FailureCode.TRUNCATED


def test_a_format_outside_the_list_is_refused_even_where_pillow_reads_it() -> None:
    body = saved(quarters(), "TGA")
    with Image.open(io.BytesIO(body)) as file:
        assert file.format == "TGA"
    assert failure_of(body).code is FailureCode.NOT_AN_IMAGE


# Thumbnails


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (5000, (160, 400, 960)),
        (1080, (160, 400, 960)),
        (960, (160, 400, 960)),
        (480, (160, 400, 480)),
        (400, (160, 400)),
        (241, (160, 241)),
        (240, (240,)),
        (224, (224,)),
        (100, (100,)),
        (1, (1,)),
    ],
)
def test_thumbnails_are_never_upscaled_and_their_widths_are_distinct(
    width: int, widths: tuple[int, ...]
) -> None:
    assert thumbnail_widths(width) == widths


@pytest.mark.parametrize("size", [(1080, 1440), (480, 300), (90, 120)])
def test_a_thumbnail_is_the_photo_at_its_width(size: tuple[int, int]) -> None:
    original = detailed(*size)
    made = thumbnails(photo_of(saved(original, "PNG")))
    assert tuple(sorted(made)) == thumbnail_widths(size[0])
    for width, body in made.items():
        with Image.open(io.BytesIO(body)) as thumbnail:
            assert thumbnail.format == "WEBP"
            assert thumbnail.size == (width, round(width * size[1] / size[0]))
            reference = original.resize(thumbnail.size, Image.Resampling.BOX)
            difference = np.asarray(thumbnail.convert("RGB"), dtype=int) - np.asarray(
                reference, dtype=int
            )
            assert np.abs(difference).mean() < 8


def test_thumbnails_keep_the_original_s_proportions_when_the_decoder_has_rounded() -> None:
    made = thumbnails(photo_of(saved(detailed(1921, 1601), "JPEG")))
    with Image.open(io.BytesIO(made[960])) as thumbnail:
        assert thumbnail.size == (960, round(960 * 1601 / 1921))


@pytest.mark.parametrize("size", [(1, 10_000), (10_000, 1), (50, 20_000)])
def test_a_photo_of_an_odd_shape_has_thumbnails_too(size: tuple[int, int]) -> None:
    for body in thumbnails(photo_of(saved(Image.new("RGB", size, RED), "PNG"))).values():
        with Image.open(io.BytesIO(body)) as thumbnail:
            assert close(at(thumbnail.convert("RGB"), 0, 0), RED, 6)


def test_thumbnails_tell_nothing_of_place_camera_or_profile() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    body = saved(
        detailed(300, 200),
        "JPEG",
        exif=exif,
        icc_profile=profile_with_red_and_green_swapped(),
        comment=b"SECRETCOMMENT",
        xmp=b"<x:xmpmeta>SECRETXMP</x:xmpmeta>",
    )
    with Image.open(io.BytesIO(body)) as file:
        assert file.getexif().get_ifd(GPS)
    photo = photo_of(body)
    assert photo.image.info == {}
    assert not photo.image.getexif()
    for thumbnail in thumbnails(photo).values():
        with Image.open(io.BytesIO(thumbnail)) as file:
            assert not file.getexif()
            assert not {"exif", "icc_profile", "xmp"} & set(file.info)
        for trace in (b"SECRET", b"EXIF", b"ICCP", b"XMP "):
            assert trace not in thumbnail


# Placeholders


def test_the_dominant_colour_is_the_most_common_one() -> None:
    assert dominant_colour(Image.new("RGB", (300, 200), (200, 10, 20))) == "#c80a14"
    image = Image.new("RGB", (300, 200), (10, 20, 200))
    image.paste((250, 250, 240), (0, 0, 300, 80))
    assert dominant_colour(image) == "#0a14c8"


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (224, 224)])
def test_a_photo_of_any_shape_has_a_dominant_colour(size: tuple[int, int]) -> None:
    assert dominant_colour(Image.new("RGB", size, (1, 2, 3))) == "#010203"


def test_the_default_limit_admits_a_camera_s_largest_photo() -> None:
    assert MAX_PIXELS >= 9504 * 6336
