from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from skimage.color import rgb2lab

from vitrine.encoders.base import Encoder
from vitrine.encoders.handcrafted import DEFAULT_RECIPE, HandcraftedEncoder, cielab

WHITE = (255, 255, 255)
RED = (190, 30, 40)
BLUE = (40, 60, 170)
OFF_WHITE = (244, 244, 246)

SHIRT = (
    (0.32, 0.05), (0.68, 0.05), (0.98, 0.32), (0.82, 0.45), (0.74, 0.36),
    (0.74, 0.95), (0.26, 0.95), (0.26, 0.36), (0.18, 0.45), (0.02, 0.32),
)  # fmt: skip
SHOE = (
    (0.02, 0.35), (0.25, 0.30), (0.50, 0.50), (0.90, 0.58), (0.98, 0.70), (0.02, 0.70),
)  # fmt: skip
TROUSERS = (
    (0.35, 0.02), (0.65, 0.02), (0.65, 0.98), (0.53, 0.98), (0.50, 0.30),
    (0.47, 0.98), (0.35, 0.98),
)  # fmt: skip

Outline = tuple[tuple[float, float], ...]
Colour = tuple[int, int, int]


@pytest.fixture(scope="module")
def encoder() -> HandcraftedEncoder:
    return HandcraftedEncoder()


def drawn(
    outline: Outline,
    colour: Colour,
    *,
    size: tuple[int, int] = (224, 224),
    corner: tuple[int, int] = (32, 32),
    edge: int = 160,
    backdrop: Image.Image | Colour = WHITE,
) -> Image.Image:
    """The outline in one colour, `edge` pixels large with its box at `corner`."""
    if isinstance(backdrop, Image.Image):
        photo = backdrop.resize(size)
    else:
        photo = Image.new("RGB", size, backdrop)
    points = [(corner[0] + x * edge, corner[1] + y * edge) for x, y in outline]
    ImageDraw.Draw(photo).polygon(points, fill=colour)
    return photo


def graded(top: int, bottom: int) -> Image.Image:
    """A grey studio backdrop whose light falls off downwards."""
    column = np.linspace(top, bottom, 256).astype(np.uint8)[:, np.newaxis]
    return Image.fromarray(np.repeat(column, 256, axis=1)).convert("RGB")


def cosines(encoder: Encoder, query: Image.Image, *others: Image.Image) -> list[float]:
    vectors = encoder.encode([encoder.prepare(photo) for photo in (query, *others)])
    return [float(score) for score in vectors[1:] @ vectors[0]]


def test_a_batch_has_the_encoders_dimension_and_unit_rows(encoder: Encoder) -> None:
    photos = [drawn(SHIRT, RED), drawn(SHOE, BLUE), drawn(SHIRT, OFF_WHITE)]

    vectors = encoder.encode([encoder.prepare(photo) for photo in photos])

    assert vectors.shape == (3, encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_the_same_photo_has_the_same_vector_whoever_prepares_it(encoder: Encoder) -> None:
    photos = [drawn(SHIRT, RED), drawn(SHOE, BLUE)] * 8

    with ThreadPoolExecutor(4) as threads:
        together = encoder.encode(list(threads.map(encoder.prepare, photos)))

    one_by_one = [HandcraftedEncoder().encode([encoder.prepare(photo)]) for photo in photos]
    np.testing.assert_array_equal(together, np.concatenate(one_by_one))


def test_shape_and_colour_both_count_and_both_together_count_most(encoder: Encoder) -> None:
    same, other_colour, other_shape, neither = cosines(
        encoder,
        drawn(SHIRT, RED),
        drawn(SHIRT, (180, 35, 45)),
        drawn(SHIRT, BLUE),
        drawn(SHOE, RED),
        drawn(SHOE, BLUE),
    )

    assert same > other_colour + 0.1
    assert same > other_shape + 0.1
    assert min(other_colour, other_shape) > neither + 0.1


@pytest.mark.parametrize(("weight", "nearest"), [(0.0, "the blue shirt"), (1.0, "the red shoe")])
def test_the_palettes_weight_decides_between_shape_and_colour(weight: float, nearest: str) -> None:
    encoder = HandcraftedEncoder(replace(DEFAULT_RECIPE, palette_weight=weight))

    blue_shirt, red_shoe = cosines(encoder, drawn(SHIRT, RED), drawn(SHIRT, BLUE), drawn(SHOE, RED))

    assert nearest == ("the blue shirt" if blue_shirt > red_shoe else "the red shoe")
    assert max(blue_shirt, red_shoe) > 0.95
    assert min(blue_shirt, red_shoe) < 0.8


@pytest.mark.parametrize("outline", [SHIRT, SHOE], ids=["shirt", "shoe"])
@pytest.mark.parametrize(
    ("size", "corner", "edge"),
    [
        ((224, 224), (2, 60), 150),
        ((224, 224), (120, 10), 90),
        ((480, 640), (60, 200), 380),
        ((1080, 720), (500, 40), 560),
    ],
    ids=["moved", "small, in a corner", "portrait", "landscape"],
)
def test_where_and_how_large_the_product_stands_hardly_matters(
    encoder: Encoder,
    outline: Outline,
    size: tuple[int, int],
    corner: tuple[int, int],
    edge: int,
) -> None:
    [score] = cosines(
        encoder, drawn(outline, RED), drawn(outline, RED, size=size, corner=corner, edge=edge)
    )

    assert score > 0.95


@pytest.mark.parametrize("light", [(225, 225), (245, 205), (180, 150)], ids=str)
def test_the_backdrops_light_hardly_matters(encoder: Encoder, light: tuple[int, int]) -> None:
    backdrop = graded(*light)

    same, other_colour, other_shape = cosines(
        encoder,
        drawn(SHIRT, RED, backdrop=backdrop),
        drawn(SHIRT, RED),
        drawn(SHIRT, BLUE, backdrop=backdrop),
        drawn(SHOE, RED, backdrop=backdrop),
    )

    assert same > 0.95
    assert same > max(other_colour, other_shape) + 0.1


def test_a_white_product_on_white_is_found_by_its_shape(encoder: Encoder) -> None:
    same, other_shape = cosines(
        encoder,
        drawn(SHOE, OFF_WHITE),
        drawn(SHOE, OFF_WHITE, corner=(60, 10), edge=120),
        drawn(SHIRT, OFF_WHITE),
    )

    assert same > other_shape + 0.1


def test_a_product_may_fill_its_photo_from_edge_to_edge(encoder: Encoder) -> None:
    framed = drawn(TROUSERS, BLUE, edge=200, corner=(12, 12))
    closely_cropped = framed.crop((80, 14, 144, 210))

    [score] = cosines(encoder, framed, closely_cropped)

    assert score > 0.95


def test_a_products_proportions_tell_it_from_another() -> None:
    stretching = HandcraftedEncoder(replace(DEFAULT_RECIPE, padding=0.0))
    belt = drawn(((0.0, 0.4), (1.0, 0.4), (1.0, 0.6), (0.0, 0.6)), RED)
    wallet = drawn(((0.1, 0.15), (0.9, 0.15), (0.9, 0.85), (0.1, 0.85)), RED)

    [alike] = cosines(HandcraftedEncoder(), belt, wallet)
    [alike_when_stretched] = cosines(stretching, belt, wallet)

    assert alike < alike_when_stretched - 0.1


def test_a_photo_without_a_plain_backdrop_is_taken_whole() -> None:
    """A grey square in a black and white border with a little of the same grey on each side."""
    encoder = HandcraftedEncoder(replace(DEFAULT_RECIPE, palette_weight=1.0))
    pattern = np.indices((8, 8)).sum(axis=0) % 2 * 255
    pattern[1:-1, 1:-1] = pattern[[0, 7], 3] = pattern[4, [0, 7]] = 128
    scene = Image.fromarray(pattern.astype(np.uint8)).resize((224, 224), Image.Resampling.NEAREST)

    grey, red = cosines(
        encoder,
        scene.convert("RGB"),
        Image.new("RGB", (224, 224), (128, 128, 128)),
        Image.new("RGB", (224, 224), RED),
    )

    assert grey > 0.8
    assert red < 0.3


def test_an_empty_white_photo_has_no_shape_whatever_its_proportions(encoder: Encoder) -> None:
    empty = [Image.new("RGB", size, WHITE) for size in ((224, 224), (60, 80), (500, 30))]

    assert cosines(encoder, *empty) == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize("colour", [WHITE, (0, 0, 0), (128, 128, 128), BLUE], ids=str)
def test_a_photo_of_one_flat_colour_has_that_colours_vector(
    encoder: Encoder, colour: Colour
) -> None:
    flat = Image.new("RGB", (80, 80), colour)

    same, other = cosines(
        encoder, flat, Image.new("RGB", (500, 500), colour), Image.new("RGB", (80, 80), RED)
    )

    assert same == pytest.approx(1, abs=1e-5)
    assert other < 0.5


@pytest.mark.parametrize(
    "size", [(1, 1), (2, 2), (3, 5), (1, 1000), (1000, 1), (10_000, 1), (7, 4000)], ids=str
)
def test_any_size_has_a_unit_vector(encoder: Encoder, size: tuple[int, int]) -> None:
    photo = Image.radial_gradient("L").resize(size).convert("RGB")

    vectors = encoder.encode([encoder.prepare(photo)])

    assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-6)


def test_a_grey_photo_keeps_its_shape(encoder: Encoder) -> None:
    grey = drawn(SHIRT, RED).convert("L").convert("RGB")

    shirt, shoe = cosines(encoder, grey, drawn(SHIRT, RED), drawn(SHOE, RED))

    assert shirt > shoe + 0.1


def test_the_fingerprint_is_stable_and_changes_with_the_recipe() -> None:
    recipes = [
        DEFAULT_RECIPE,
        replace(DEFAULT_RECIPE, search_edge=128),
        replace(DEFAULT_RECIPE, backdrop_tolerances=(25, 12)),
        replace(DEFAULT_RECIPE, blur=0.8),
        replace(DEFAULT_RECIPE, hues=12),
        replace(DEFAULT_RECIPE, palette_weight=0.3),
    ]

    fingerprints = {HandcraftedEncoder(recipe).fingerprint for recipe in recipes}

    assert len(fingerprints) == len(recipes)
    assert HandcraftedEncoder().fingerprint in fingerprints


def test_its_cielab_is_that_of_scikit_image() -> None:
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, len(levels), 3)

    lab = cielab(Image.fromarray(colours))

    np.testing.assert_allclose(lab, np.moveaxis(rgb2lab(colours), -1, 0), atol=1e-3)


def test_importing_it_does_not_load_scipy() -> None:
    question = (
        "import sys, vitrine.encoders.handcrafted as h; h.HandcraftedEncoder(); "
        "print(sorted({'scipy', 'torch'} & set(sys.modules)))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", question], capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "[]"
