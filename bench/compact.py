"""How many photos a second does `compact` embed, against dinov2-small on the same runtime?

`python -m bench.compact [FOLDER OF PHOTOS]`: a full-size dinov2-small with random weights; photos
of 480 × 640 px, prepared already and from their JPEG bytes. All take turns, several times, as no
machine stays as fast as it is; a ratio is the median of those of each turn.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from bench.checkpoint import random_dinov2_small
from bench.encoding import embedded, prepared
from bench.photos import DEMO_PHOTOS, as_jpeg, photo_paths
from bench.throughput import spread
from vitrine.encoders import compact
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.settings import RuntimeChoice

FEW, MANY = 24, 960  # photos for dinov2-small and for compact, so that both take about as long
SIZE = (480, 640)
RUNTIMES: tuple[RuntimeChoice, ...] = ("torch", "openvino")


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=DEMO_PHOTOS)
@click.option("--turns", default=5, show_default=True, help="How often each is measured.")
def main(folder: Path, turns: int) -> None:
    bodies = [as_jpeg(path, SIZE) for path in photo_paths(folder, 96)] * (MANY // 96)
    with tempfile.TemporaryDirectory() as home:
        os.environ["VITRINE_CACHE"] = home
        dinov2 = random_dinov2_small(Path(home) / "dinov2-small")
        for runtime in RUNTIMES:
            slow = TransformerEncoder(dinov2, "dinov2-small", runtime)
            quick = TransformerEncoder(compact.CHECKPOINT, "compact", runtime)
            measure(runtime, Embedding(slow, bodies[:FEW]), Embedding(quick, bodies), turns)


class Embedding:
    """Photos to embed by one encoder; what is told is how many it did in a second."""

    def __init__(self, encoder: TransformerEncoder, bodies: list[bytes]) -> None:
        self._encoder = encoder
        self._bodies = bodies
        self._crops = list(prepared(encoder, bodies))

    def prepared(self) -> float:
        start = time.perf_counter()
        embedded(self._encoder, self._crops)
        return len(self._crops) / (time.perf_counter() - start)

    def from_jpeg(self) -> float:
        start = time.perf_counter()
        embedded(self._encoder, prepared(self._encoder, self._bodies))
        return len(self._bodies) / (time.perf_counter() - start)


def measure(runtime: str, slow: Embedding, quick: Embedding, turns: int) -> None:
    """Print photos a second of both, and how many times as many the quick one embeds."""
    ways: dict[str, Callable[[], tuple[float, float]]] = {
        "prepared": lambda: (slow.prepared(), quick.prepared()),
        "from JPEG": lambda: (slow.from_jpeg(), quick.from_jpeg()),
    }
    for way, both in ways.items():
        both()
        rates = [both() for _ in range(turns)]
        few, many = (statistics.median(rate) for rate in zip(*rates, strict=True))
        ratios = spread([quick_rate / slow_rate for slow_rate, quick_rate in rates], ".0f")
        click.echo(
            f"{runtime:8} {way:9} dinov2-small {few:5.1f} photos/s, compact {many:5.0f}: ×{ratios}"
        )


if __name__ == "__main__":
    main()
