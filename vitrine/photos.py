"""A photo that someone else made: bytes → upright RGB pixels, and its thumbnails."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, UnidentifiedImageError

from vitrine.excess import jpeg_excess, tile_size
from vitrine.failures import Failure, FailureCode

THUMBNAIL_WIDTHS = (160, 400, 960)
"""A grid cell on a phone, a grid cell on a sharp screen, and the product's own page."""

_SMALL = 240  # pixels of width, half as many again as those of the first

MAX_PIXELS = 80_000_000
"""Above any shop's photo and most cameras' (a 60-megapixel sensor), yet at most 320 MB decoded."""

MAX_SIDE = 65_535
"""In pixels: JPEG's own limit, and GIF's. What is longer is no photo."""

# With JPEG comes MPO, which is a JPEG that has a second picture behind the first.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")

_PNG = b"\x89PNG\r\n\x1a\n"

# How the photos begin that are ours to read: a file that begins like this and still
# cannot be read has been damaged on its way.
_ALLOWED_BEGINNINGS = (
    (b"\xff\xd8\xff", "JPEG"),
    (_PNG, "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)

# What people also upload, and how it begins. The name goes into the message.
_REFUSED_BEGINNINGS = (
    (b"8BPS", "a Photoshop file"),
    (b"%!PS", "an EPS drawing"),
    (b"\xc5\xd0\xd3\xc6", "an EPS drawing"),
    (b"%PDF", "a PDF document"),
    (b"\0\0\1\0", "an icon"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 photo"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 photo"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL photo"),
    (b"\xff\x0a", "a JPEG XL photo"),
    (b"FUJIFILMCCD-RAW", "a camera's raw photo"),
    (b"IIU\0", "a camera's raw photo"),
    (b"IIRO", "a camera's raw photo"),
    (b"IIRS", "a camera's raw photo"),
    (b"MMOR", "a camera's raw photo"),
    (b"\0\0\0\x18ftypcrx ", "a camera's raw photo"),
)

# What a file of ISO's media container says of itself. Its first brand may be a general
# one (mif1, msf1), so those that it is compatible with count as well.
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIC_BRANDS |= {b"mif1", b"msf1"}
_MAX_FTYP = 1024  # bytes; real ones have a dozen brands

# JPEG decoders scale by 1/2, 1/4 or 1/8 for next to nothing. A shorter side of twice
# the encoder's 256 leaves its own resampling enough to work with: the embedding keeps
# a cosine of .9999 with that of the full decode.
_LEAST_SIDE = 512

# Profiles for print are up to 2 MB; what is larger is no profile, or an attack.
_MAX_PROFILE_BYTES = 4 * 1024 * 1024

# WebP is 80% of the cost of a thumbnail. Method 2 takes 23 ms for 960 × 1280 pixels and
# makes 48 kB, the default 4 takes 56 ms and makes 45 kB, at the same signal-to-noise.
_WEBP_QUALITY = 80
_WEBP_METHOD = 2
_WEBP_MAX_SIDE = 16383  # the format's own limit

_DOMINANT_GRID = (32, 32)
_DOMINANT_COLOURS = 8  # enough to part a garment from its background

NO_MEMORY = Failure(FailureCode.UNDECODABLE, "decoding it takes more memory than there is")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_EXIF_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)

# Pillow warns of photos that are large or slightly malformed. Each photo's fate is told
# by `decode`, so its remarks would only litter the owner's terminal. Set once and not per
# photo, because `warnings.catch_warnings` is not safe in threads.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


# Pillow takes pixels in blocks of 16 MB, which the C library keeps for the thread that
# freed them: each of a server's threads would hold on to its largest photo. Larger
# blocks are given back to the system at once.
Image.core.set_block_size(64 * 1024 * 1024)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo.

    `image` is RGB (sRGB), upright and without metadata. `width` and `height` are the
    original's, upright, in pixels; `image` may be smaller (see `decode`). `format` is one
    of JPEG, PNG, WEBP, GIF, BMP, TIFF, AVIF.
    """

    image: Image.Image
    width: int
    height: int
    format: str


def decode(body: bytes, max_pixels: int = MAX_PIXELS) -> Photo | Failure:
    """A file's bytes → an upright RGB photo, or why there is none; never raises.

    Transparency is laid on white, 16-bit and floating-point grey is scaled to 8 bits,
    other colour spaces are converted to sRGB, and of several frames the first counts. A
    much larger JPEG may come out scaled down by 2, 4 or 8, but never narrower than the
    widest thumbnail nor with a side below 512 pixels. Photos of more than `max_pixels`
    (and in any case of more than Pillow's ceiling of 179 megapixels), with a side above
    `MAX_SIDE`, or that cost their decoder out of all proportion are refused before any pixel
    is decoded. The failure's message names the cause only; which photo it was,
    the caller knows.
    """
    if not body:
        return Failure(FailureCode.EMPTY, "the file has no bytes")
    try:
        file = _opened(body)
        if isinstance(file, Failure):
            return file
        with file:
            return (
                _refusal(file.size, max_pixels)
                or _refusal(tile_size(file), max_pixels)
                or _decoded(file)
            )
    except MemoryError:
        return NO_MEMORY


def thumbnail_widths(width: int) -> tuple[int, ...]:
    """The thumbnails, in pixels of width, of a photo of this width: distinct, never upscaled.

    A small photo has one alone, its own, as on sharp screens it is the one that is shown.
    """
    if width <= _SMALL:
        return (width,)
    return tuple(sorted({min(width, widest) for widest in THUMBNAIL_WIDTHS}))


def scaled(photo: Photo) -> dict[int, Image.Image]:
    """Width in pixels → the photo at this width, for each of its thumbnails."""
    images: dict[int, Image.Image] = {}
    image = photo.image
    for width in sorted(thumbnail_widths(photo.width), reverse=True):
        height = min(max(1, round(width * photo.height / photo.width)), _WEBP_MAX_SIDE)
        if image.size != (width, height):
            # Each from the next larger one, which costs half of starting afresh.
            image = image.resize((width, height), Image.Resampling.BICUBIC)
        images[width] = image
    return images


def as_thumbnail(image: Image.Image) -> bytes:
    """An RGB photo of at most 16,383 pixels a side as WebP bytes, without any metadata."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_WEBP_QUALITY, method=_WEBP_METHOD)
    return buffer.getvalue()


def thumbnails(photo: Photo) -> dict[int, bytes]:
    """Width in pixels → WebP bytes, without any metadata."""
    return {width: as_thumbnail(image) for width, image in scaled(photo).items()}


def dominant_colour(image: Image.Image) -> str:
    """The most common colour of an RGB photo as ``#rrggbb``, for a placeholder."""
    tiny = image.resize(_DOMINANT_GRID, Image.Resampling.BOX, reducing_gap=2.0)
    palette_image = tiny.quantize(_DOMINANT_COLOURS, Image.Quantize.MEDIANCUT)
    most_common = int(np.bincount(np.asarray(palette_image).ravel()).argmax())
    palette = palette_image.getpalette() or []
    red, green, blue = palette[3 * most_common : 3 * most_common + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _opened(body: bytes) -> Image.Image | Failure:
    """The file with its header read and no pixel decoded."""
    if excess := jpeg_excess(body):
        return Failure(FailureCode.UNDECODABLE, f"decoding it takes too long: {excess}")
    try:
        try:
            return Image.open(io.BytesIO(body), formats=_FORMATS)
        except ValueError:
            # Pillow refuses a whole PNG for a text or profile that unpacks to over a
            # megabyte. Those are not the photo.
            return Image.open(io.BytesIO(_png_without_ancillary(body)), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        return Failure(FailureCode.TOO_MANY_PIXELS, str(error))
    except MemoryError:
        raise
    except Exception as error:  # a decoder fed with a stranger's bytes may raise anything
        return _unreadable(body, error)


def _png_without_ancillary(body: bytes) -> bytes:
    """A PNG less its text chunks and its colour profile; other files as they are."""
    if not body.startswith(_PNG):
        return body
    kept = [body[:8]]
    start = 8
    while start + 12 <= len(body):
        end = start + 12 + int.from_bytes(body[start : start + 4], "big")
        if body[start + 4 : start + 8] not in (b"tEXt", b"zTXt", b"iTXt", b"iCCP"):
            kept.append(body[start:end])
        start = end
    return b"".join(kept)


def _refusal(size: tuple[int, int], max_pixels: int) -> Failure | None:
    """Why a photo of this size is not decoded, if it is not."""
    width, height = size
    if max(size) > MAX_SIDE:
        return Failure(
            FailureCode.TOO_MANY_PIXELS, f"{width} × {height} pixels: a side is over {MAX_SIDE:,}"
        )
    if width * height > max_pixels:
        return Failure(
            FailureCode.TOO_MANY_PIXELS, f"{width} × {height} pixels are more than {max_pixels:,}"
        )
    if width * height == 0:
        return Failure(FailureCode.NOT_AN_IMAGE, "the photo has no pixels")
    return None


def _decoded(file: Image.Image) -> Photo | Failure:
    """The first picture of an opened file."""
    stored_size = file.size
    try:
        _let_decoder_scale(file)
        file.load()
    except MemoryError:
        raise
    except Exception as error:  # as in _opened
        if "out of memory" in str(error):  # that of a decoder in C
            raise MemoryError from error
        return Failure(FailureCode.TRUNCATED, f"the photo cannot be read to its end: {error}")
    try:
        image = _srgb(_flattened(file), file.info.get("icc_profile"))
    except MemoryError:
        raise
    except Exception as error:  # as in _opened
        return Failure(
            FailureCode.UNSUPPORTED_FORMAT,
            f"a {file.format} photo of mode {file.mode} cannot be turned into RGB: {error}",
        )
    # Asked only now: Pillow turns a TIFF upright by itself while loading it.
    orientation = _orientation(file)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    image.info = {}
    width, height = stored_size[::-1] if orientation in _SIDEWAYS else stored_size
    return Photo(image, width, height, "JPEG" if file.format == "MPO" else str(file.format))


def _unreadable(body: bytes, error: Exception) -> Failure:
    """Why a file that Pillow cannot open is none of ours."""
    beginning = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, kind in _REFUSED_BEGINNINGS:
        if body.startswith(magic):
            return Failure(FailureCode.UNSUPPORTED_FORMAT, f"the file is {kind}")
    brands = _brands(body)
    if brands & _HEIC_BRANDS and not brands & _AVIF_BRANDS:
        return Failure(FailureCode.HEIC, "the file is a HEIC photo")
    if beginning.startswith((b"<!doctype html", b"<html")):
        return Failure(FailureCode.NOT_AN_IMAGE, "the file is a web page")
    if beginning.startswith(b"<") and b"<svg" in beginning:
        return Failure(FailureCode.UNSUPPORTED_FORMAT, "the file is an SVG drawing")
    kinds = [kind for magic, kind in _ALLOWED_BEGINNINGS if body.startswith(magic)]
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        kinds = ["WebP"]
    elif brands & _AVIF_BRANDS:
        kinds = ["AVIF"]
    if kinds:
        return Failure(
            FailureCode.TRUNCATED,
            f"the file begins as {kinds[0]} and is cut short or damaged",
        )
    why = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
    return Failure(FailureCode.NOT_AN_IMAGE, f"the file is no photo of a known format{why}")


def _brands(body: bytes) -> set[bytes]:
    """The major and the compatible brands of a file in ISO's media container (14496-12, 4.3)."""
    if body[4:8] != b"ftyp":
        return set()
    end = int.from_bytes(body[:4], "big")
    return {body[start : start + 4] for start in (8, *range(16, min(end, _MAX_FTYP), 4))}


def _orientation(file: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none that can be read."""
    try:
        orientation = file.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # EXIF is a format of its own, and as often broken as any
        return 1
    return orientation if orientation in _UPRIGHT else 1


def _let_decoder_scale(file: Image.Image) -> None:
    """Ask a JPEG's decoder for the smallest size that serves; other formats take no notice."""
    least = (max(*THUMBNAIL_WIDTHS, _LEAST_SIDE), _LEAST_SIDE)
    if file.format in ("JPEG", "MPO"):
        file.draft(None, least[::-1] if _orientation(file) in _SIDEWAYS else least)


def _flattened(file: Image.Image) -> Image.Image:
    """A loaded file's pixels in mode RGB, CMYK or L, 8 bits a channel, nothing transparent."""
    if file.mode.startswith("I;16"):
        return Image.fromarray(_from_16_bit(file))
    if file.mode in ("I", "F"):
        return Image.fromarray(_from_wide_range(np.asarray(file, dtype=np.float32)))
    if file.has_transparency_data:
        layer = file.convert("RGBA")
        canvas = Image.new("RGB", layer.size, "white")
        canvas.paste(layer, mask=layer.getchannel("A"))
        return canvas
    if file.mode in ("RGB", "CMYK", "L"):
        return file
    return file.convert("L" if file.mode == "1" else "RGB")


def _from_16_bit(file: Image.Image) -> npt.NDArray[np.uint8]:
    """16-bit grey → 8 bits by the upper byte, as Pillow itself does for 16-bit colour.

    Its own conversion of grey clips instead, which turns nearly every pixel white.
    """
    grey = np.asarray(file)
    pixels = (grey >> 8).astype(np.uint8)
    if "transparency" in file.info:
        pixels[grey == file.info["transparency"]] = 255
    return pixels


def _from_wide_range(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Grey of unknown scale → 8 bits.

    Taken as 0…1, 0…255 or 0…65535, whichever is the first that holds all values, else as
    spanning its own extremes. What is not a finite number becomes black.
    """
    finite = np.isfinite(grey)
    grey = np.where(finite, grey, 0)
    low, high = float(grey.min()), float(grey.max())
    if low >= 0 and high <= 65535:
        low, high = 0.0, next(full for full in (1.0, 255.0, 65535.0) if high <= full)
    scaled = (grey - low) * (255.0 / ((high - low) or 1.0))
    return np.where(finite, np.rint(scaled), 0).astype(np.uint8)


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB, CMYK or L pixels of this ICC profile → RGB; a profile of no use is ignored."""
    if profile and len(profile) <= _MAX_PROFILE_BYTES:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if not (source.profile.profile_description or "").startswith("sRGB"):
                target = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
                if converted is not None:
                    return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # broken, or of another colour space than the pixels
    # To convert RGB is to copy it, which lets go of what its decoder holds on to: a JPEG's nothing.
    is_done = image.mode == "RGB" and image.format in ("JPEG", "MPO")
    return image if is_done else image.convert("RGB")
