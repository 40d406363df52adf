"""How fast does a CPU embed photos, against the loop that embeds one at a time?

`python -m bench.encoding [FOLDER OF PHOTOS]`: a full-size dinov2-small with random weights;
photos of 1080 × 1440 px from their JPEG bytes, and the same already prepared. The loop is
Pillow with the library's `AutoImageProcessor` and `AutoModel`. int8 is calibrated on 100 of the
photos; its agreement, and that of bf16, is how many of the ten nearest neighbours of up to 200
others stay the same. The ceiling is one large matrix product after the other in fp32, with as
many multiplications as the photos take. All take turns, several times, as no machine stays as fast
as it is; a ratio is the median of those of each turn.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from PIL import Image

from bench.checkpoint import random_dinov2_small
from bench.photos import DEMO_PHOTOS, mosaic_jpeg, photo_paths
from bench.throughput import spread
from indexer.decoding import DECODERS
from indexer.precision import CALIBRATING, JUDGING, agreement
from vitrine.encoders.base import Encoder, FloatArray, normalised
from vitrine.encoders.reduced import Reduction, reduced
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.photos import Photo, decode

COUNT = 32
SIZE = (1080, 1440)

TOKENS, WIDTH, LAYERS, PATCH = 1 + (224 // 14) ** 2, 384, 12, 14
MULTIPLICATIONS = (
    LAYERS * TOKENS * (12 * WIDTH**2 + 2 * TOKENS * WIDTH) + (TOKENS - 1) * 3 * PATCH**2 * WIDTH
)
"""For one photo: 4·d² and 8·d² for a token's attention and MLP in each layer, 2·n·d for what it
attends to (A. Vaswani et al. 2017, "Attention is all you need"), and the patches' embedding."""
SIDE = 2048  # of the ceiling's matrices
CEILING = "matrix product"

Run = Callable[[], FloatArray | None]
Crop = npt.NDArray[np.uint8]


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=DEMO_PHOTOS)
@click.option("--turns", default=5, show_default=True, help="How often each is measured.")
def main(folder: Path, turns: int) -> None:
    paths = photo_paths(folder, COUNT)
    bodies = [mosaic_jpeg(paths[i:] + paths[:i], SIZE) for i in range(COUNT)]
    with tempfile.TemporaryDirectory() as home:
        os.environ["VITRINE_CACHE"] = home
        checkpoint = random_dinov2_small(Path(home) / "dinov2-small")
        torch, openvino = (
            TransformerEncoder(checkpoint, runtime, runtime) for runtime in ("torch", "openvino")
        )
        loop = Loop(checkpoint)
        bf16, int8 = (in_reduced(each, openvino, folder, Path(home)) for each in ("bf16", "int8"))
        crops = list(prepared(torch, bodies))
        measure(
            "prepared",
            {
                "one at a time": lambda: loop.of_pixels(torch.preprocessing.normalised, crops),
                "torch": lambda: embedded(torch, crops),
                "OpenVINO": lambda: embedded(openvino, crops),
                "OpenVINO bf16": lambda: embedded(bf16, crops),
                "OpenVINO int8": lambda: embedded(int8, crops),
                CEILING: multiply,
            },
            turns,
        )
        measure(
            "JPEG",
            {
                "one at a time": lambda: loop.of_bodies(bodies),
                "torch": lambda: embedded(torch, prepared(torch, bodies)),
                "OpenVINO": lambda: embedded(openvino, prepared(openvino, bodies)),
                "OpenVINO bf16": lambda: embedded(bf16, prepared(bf16, bodies)),
                "OpenVINO int8": lambda: embedded(int8, prepared(int8, bodies)),
                "forward only": lambda: embedded(openvino, crops),
                CEILING: multiply,
            },
            turns,
        )


def in_reduced(
    reduction: Reduction, encoder: TransformerEncoder, folder: Path, home: Path
) -> TransformerEncoder:
    """The encoder in reduced precision, kept in `home`, judged and if need be calibrated by photos.

    Prints its agreement.
    """
    calibrating = CALIBRATING[reduction]
    paths = photo_paths(folder, calibrating + JUDGING)
    bodies = [path.read_bytes() for path in paths]
    calibrating = len(bodies) * calibrating // (calibrating + JUDGING)
    judging = bodies[calibrating:]

    def judged(other: Encoder) -> float:
        ours, theirs = (each.encode(list(prepared(each, judging))) for each in (other, encoder))
        return agreement(ours, theirs)

    crops = list(prepared(encoder, bodies[:calibrating]))
    made = reduced(encoder, reduction, crops, judged, home)
    click.echo(f"{reduction} agrees with fp32 by {made.agreement:.3f}, on {len(judging)} photos")
    return made.encoder


class Loop:
    """The rival: the plain processor and model, one photo after the other."""

    def __init__(self, checkpoint: Path) -> None:
        from transformers import AutoImageProcessor, AutoModel

        self._processor = AutoImageProcessor.from_pretrained(checkpoint)
        self._model = AutoModel.from_pretrained(checkpoint).eval()

    def of_bodies(self, bodies: Iterable[bytes]) -> FloatArray:
        """JPEG bytes → unit vectors."""
        return self._vectors(
            self._processor(Image.open(io.BytesIO(body)).convert("RGB"), return_tensors="pt")
            for body in bodies
        )

    def of_pixels(self, normalise: Callable[[Crop], FloatArray], crops: list[Crop]) -> FloatArray:
        """Prepared photos → unit vectors."""
        import torch

        return self._vectors(
            {"pixel_values": torch.from_numpy(normalise(crop[None]))} for crop in crops
        )

    def _vectors(self, inputs: Iterable[Any]) -> FloatArray:
        import torch

        vectors = []
        with torch.inference_mode():
            for one in inputs:
                vectors.append(self._model(**one).last_hidden_state.mean(dim=1).numpy())
        return normalised(np.concatenate(vectors))


def prepared(encoder: Encoder, bodies: list[bytes]) -> Iterable[Crop]:
    """Photos decoded and prepared by as many threads as the indexer has for it."""

    def prepare(body: bytes) -> Crop:
        photo = decode(body)
        assert isinstance(photo, Photo)
        return encoder.prepare(photo.image)

    with ThreadPoolExecutor(DECODERS) as pool:
        yield from pool.map(prepare, bodies)


def embedded(encoder: TransformerEncoder, crops: Iterable[Crop]) -> FloatArray:
    """Prepared photos → unit vectors, in the encoder's own batches."""
    ahead, vectors = iter(crops), []
    while batch := list(islice(ahead, encoder.batch_size)):
        vectors.append(encoder.encode(batch))
    return np.concatenate(vectors)


def multiply() -> None:
    """As many multiplications as the photos take, as fast as torch can."""
    import torch

    matrix = torch.rand(SIDE, SIDE)
    for _ in range(round(COUNT * MULTIPLICATIONS / SIDE**3)):
        torch.mm(matrix, matrix)


def measure(what: str, runs: dict[str, Run], turns: int) -> None:
    """Print photos a second of each run, beside the first's and the ceiling's; least cosine."""
    first = next(iter(runs))
    expected = {name: run() for name, run in runs.items()}[first]
    assert expected is not None
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    least = dict.fromkeys(runs, 1.0)
    for _ in range(turns):
        for name, run in runs.items():
            start = time.perf_counter()
            vectors = run()
            seconds[name].append(time.perf_counter() - start)
            if vectors is not None:
                least[name] = min(least[name], float((vectors * expected).sum(axis=1).min()))
    for name, times in seconds.items():
        ratios = [a / b for a, b in zip(seconds[first], times, strict=True)]
        shares = [a / b for a, b in zip(seconds[CEILING], times, strict=True)]
        click.echo(
            f"{what:9} {name:14} {COUNT / statistics.median(times):5.1f} photos/s  "
            f"×{spread(ratios, '.2f')}  {spread(shares, '.0%')} of the ceiling  "
            f"least cosine {least[name]:.7f}"
        )


if __name__ == "__main__":
    main()
