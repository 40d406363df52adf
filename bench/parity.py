"""Are our vectors those of the Hugging Face processor and model? The cosine between both.

`python -m bench.parity [FOLDER OF PHOTOS]`: a full-size dinov2-small with random
weights, photos of 224 px and of 1080 × 1440 px.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import click
import numpy as np
from PIL import Image

from bench.checkpoint import random_dinov2_small
from bench.photos import DEMO_PHOTOS, as_jpeg, mosaic_jpeg, photo_paths
from vitrine.encoders import load_encoder
from vitrine.encoders.base import FloatArray
from vitrine.photos import Photo, decode

COUNT = 24


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=DEMO_PHOTOS)
def main(folder: Path) -> None:
    paths = photo_paths(folder, COUNT)
    small = [as_jpeg(path, (224, 224)) for path in paths]
    large = [mosaic_jpeg(paths[i:] + paths[:i], (1080, 1440)) for i in range(COUNT)]
    with tempfile.TemporaryDirectory() as home:
        checkpoint = random_dinov2_small(Path(home))
        for name, bodies in (("224 × 224", small), ("1080 × 1440", large)):
            ours, theirs = _ours(checkpoint, bodies), _theirs(checkpoint, bodies)
            cosines = (ours * theirs).sum(axis=1)
            # With random weights all photos look rather alike: what they differ by, apart.
            centred = [v - theirs.mean(axis=0) for v in (ours, theirs)]
            centred = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in centred]
            least = (centred[0] * centred[1]).sum(axis=1).min()
            apart = (theirs @ theirs.T)[~np.eye(len(theirs), dtype=bool)]
            click.echo(
                f"{name}: {len(bodies)} photos, cosine to Hugging Face: "
                f"least {cosines.min():.7f}, mean {cosines.mean():.7f}; "
                f"after subtracting the mean vector: least {least:.5f}; "
                f"different photos have {apart.mean():.4f}"
            )


def _ours(checkpoint: Path, bodies: list[bytes]) -> FloatArray:
    encoder = load_encoder(str(checkpoint))
    photos = [decode(body) for body in bodies]
    prepared = [encoder.prepare(photo.image) for photo in photos if isinstance(photo, Photo)]
    return encoder.encode(prepared)


def _theirs(checkpoint: Path, bodies: list[bytes]) -> FloatArray:
    """The plain processor and model, one photo at a time."""
    import torch
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(checkpoint)
    model = AutoModel.from_pretrained(checkpoint).eval()
    vectors = []
    for body in bodies:
        photo = Image.open(io.BytesIO(body)).convert("RGB")
        with torch.inference_mode():
            output = model(**processor(photo, return_tensors="pt"))
        vector = output.last_hidden_state.mean(dim=1)[0].numpy()
        vectors.append(vector / np.linalg.norm(vector))
    return np.stack(vectors)


if __name__ == "__main__":
    main()
