"""What the older programs leave behind, made as they make it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import requests
from PIL import Image


def dinov2_gallery(checkpoint: Path, catalogue: Path, home: Path) -> Any:
    """`vector.index` and `image_ids.json` in `home`, as the older gallery's indexer writes them.

    One photo at a time through the library's own processor and model; the mean of all
    tokens, brought to unit length; `image_N` for row N of `pandas.read_csv`, and no row of
    the index for a photo that cannot be had. Gives the faiss index.
    """
    import pandas as pd
    import torch
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(checkpoint, local_files_only=True, backend="pil")
    model = AutoModel.from_pretrained(checkpoint, local_files_only=True).eval()
    index = faiss.IndexFlatL2(model.config.hidden_size)
    ids = []
    for number, row in pd.read_csv(catalogue).iterrows():
        try:
            answer = requests.get(row["ImageURL"], timeout=5)
            answer.raise_for_status()
            image = Image.open(io.BytesIO(answer.content)).convert("RGB")
        except Exception:
            continue
        with torch.inference_mode():
            hidden = model(**processor(images=image, return_tensors="pt")).last_hidden_state
        vector = torch.nn.functional.normalize(hidden.mean(dim=1), p=2, dim=1)
        index.add(vector.numpy())
        ids.append(f"image_{number}")
    faiss.write_index(index, str(home / "vector.index"))
    (home / "image_ids.json").write_text(json.dumps(ids))
    return index


def flat_index(path: Path, vectors: np.ndarray) -> None:
    """An `IndexFlatL2` of these rows (n, d)."""
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(np.asarray(vectors, dtype=np.float32))
    faiss.write_index(index, str(path))


def write_catalogue(path: Path, rows: Sequence[Mapping[str, str] | str]) -> None:
    """A `fashion.csv` of these products; a row that is a text stands in it as it is."""
    columns = ["ProductId", "Gender", "Category", "ProductTitle", "ImageURL"]
    lines = [",".join(columns)]
    lines += [r if isinstance(r, str) else ",".join(r.get(c, "x") for c in columns) for r in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
