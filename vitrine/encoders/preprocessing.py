"""What an image model wants done to a photo, exactly as the Hugging Face library does it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.encoders.base import EncoderError, FloatArray

# A photo of 1 × 10,000 pixels would be resized to 256 × 2,560,000, which is 2 GB. Beyond
# this proportion only the middle is resized; of the rest the crop shows nothing anyhow.
_MAX_PROPORTION = 100

_KERNEL = 4  # pixels that resampling reaches for: Lanczos 3, and one for rounding


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Resize, crop, rescale, normalise; each step's neutral value leaves it out.

    `shortest_edge` is in pixels, or None where `resize` (height, width) or nothing is
    resized to; `crop` is (height, width); `rescale` multiplies the 8-bit values before
    `mean` and `std` (red, green, blue) are applied. `resample` is a `PIL.Image.Resampling`.
    With a `reducing_gap`, which no processor has, a photo is first reduced by the largest whole
    factor that leaves it so many times the size it is resized to, as `Image.resize` does with it:
    quicker, and hardly another.
    """

    shortest_edge: int | None = 256
    resize: tuple[int, int] | None = None
    resample: int = Image.Resampling.BICUBIC
    crop: tuple[int, int] | None = (224, 224)
    rescale: float = 1 / 255
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    reducing_gap: float | None = None

    @classmethod
    def from_processor(cls, values: Mapping[str, Any]) -> Preprocessing:
        """The same from a Hugging Face image processor's settings.

        Raises EncoderError where photos of different shapes would come out in different
        shapes, or a setting is of a kind that there is no rule for.
        """
        size = dict(values.get("size") or {}) if values["do_resize"] else {}
        shortest_edge = size.pop("shortest_edge", None)
        resize = (size.pop("height"), size.pop("width")) if "height" in size else None
        crop_size = values["crop_size"] if values.get("do_center_crop") else None
        crop = (crop_size["height"], crop_size["width"]) if crop_size else None
        if shortest_edge and crop is None and values.get("crop_pct"):
            # ConvNeXt's way, and ResNet's: a share of a larger photo's middle, or all of it.
            square = (shortest_edge, shortest_edge)
            if shortest_edge < 384:
                shortest_edge, crop = int(shortest_edge / values["crop_pct"]), square
            else:
                shortest_edge, resize = None, square
        if size or (crop is None and resize is None):
            raise EncoderError(
                f"its preprocessing (size {values.get('size')}, crop {crop}) gives no photos "
                "of one fixed shape; take a model with the usual resize, crop and normalisation"
            )
        normalises = values["do_normalize"]
        return cls(
            shortest_edge=shortest_edge,
            resize=resize,
            resample=int(values["resample"]),
            crop=crop,
            rescale=values["rescale_factor"] if values["do_rescale"] else 1.0,
            mean=tuple(values["image_mean"]) if normalises else (0.0, 0.0, 0.0),
            std=tuple(values["image_std"]) if normalises else (1.0, 1.0, 1.0),
        )

    def facts(self) -> dict[str, Any]:
        """What belongs to an encoder's fingerprint."""
        facts = asdict(self)
        if self.reducing_gap is None:
            del facts["reducing_gap"]  # fingerprints are older than it
        return facts

    def cropped(self, photo: Image.Image) -> npt.NDArray[np.uint8]:
        """An RGB photo of any size → its 8-bit pixels, (height, width, 3), resized and cropped.

        What a crop holds beyond the photo's edge is black.
        """
        if self.shortest_edge is not None:
            photo = _middle(photo)
        size = self._resized(photo.width, photo.height)
        how, gap = Image.Resampling(self.resample), self.reducing_gap
        if self.crop is None:
            return np.asarray(photo.resize(size, how, reducing_gap=gap))
        height, width = self.crop
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        part = (left, top, left + width, top + height)
        if left < 0 or top < 0:
            return np.asarray(photo.resize(size, how, reducing_gap=gap).crop(part))
        if gap is None:
            return np.asarray(_resized_part(photo, size, part, how))
        across, down = photo.width / size[0], photo.height / size[1]
        box = (across * part[0], down * part[1], across * part[2], down * part[3])
        return np.asarray(photo.resize((width, height), how, box, reducing_gap=gap))

    def normalised(self, pixels: npt.NDArray[np.uint8]) -> FloatArray:
        """n cropped photos, (n, height, width, 3) → the model's input, (n, 3, height, width)."""
        # Each 8-bit value has one result in each channel: 768 of them, looked up.
        levels = (np.arange(256, dtype=np.float64) * self.rescale).astype(np.float32)
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        table = (levels[None, :] - mean[:, None]) / std[:, None]
        planes = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        found = np.empty(planes.shape, dtype=np.float32)
        for channel in range(3):
            # Quicker than to index by the pixels; no value is beyond the table.
            np.take(table[channel], planes[:, channel], out=found[:, channel], mode="clip")
        return found

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        """Width and height after resizing, in pixels."""
        if self.resize is not None:
            return self.resize[1], self.resize[0]
        if self.shortest_edge is None:
            return width, height
        short, long = sorted((width, height))
        longest_edge = int(self.shortest_edge * long / short)
        if width <= height:
            return self.shortest_edge, longest_edge
        return longest_edge, self.shortest_edge


def _resized_part(
    photo: Image.Image,
    size: tuple[int, int],
    part: tuple[int, int, int, int],
    how: Image.Resampling,
) -> Image.Image:
    """A part (left, top, right, bottom) of what the photo is at another size, to the bit.

    Pillow goes across, then down, and rounds in between. What the part does not show is left
    out of going across, which is most of the work.
    """
    left, top, right, bottom = part
    is_long = max(photo.size) > 2 * min(photo.size)  # Pillow may go down first
    if is_long:
        return photo.resize(size, how).crop(part)
    start, end = left, right
    if not _is_exact(left, photo.width, size[0]) or not _is_exact(right, photo.width, size[0]):
        start, end = 0, size[0]
    down = photo.height / size[1]
    reach = _KERNEL * max(1.0, down)
    first = max(0, math.floor(top * down - reach))
    last = min(photo.height, math.ceil(bottom * down + reach))
    rows = photo.crop((0, first, photo.width, last))
    box = (start * photo.width / size[0], 0, end * photo.width / size[0], rows.height)
    narrow = Image.new("RGB", (end - start, photo.height))
    narrow.paste(rows.resize((narrow.width, rows.height), how, box), (0, first))
    resized = narrow.resize((narrow.width, size[1]), how)
    return resized.crop((left - start, top, right - start, bottom))


def _is_exact(place: int, length: int, resized: int) -> bool:
    """Whether Pillow, which takes 32-bit floats, has no need to round where a place comes from."""
    return Fraction(float(np.float32(place * length / resized))) == Fraction(
        place * length, resized
    )


def _middle(photo: Image.Image) -> Image.Image:
    """The photo, or its middle where it is absurdly long."""
    short, long = sorted(photo.size)
    excess = (long - _MAX_PROPORTION * short) // 2
    if excess <= 0:
        return photo
    if photo.width == long:
        return photo.crop((excess, 0, photo.width - excess, photo.height))
    return photo.crop((0, excess, photo.width, photo.height - excess))
