"""The encoder that this project has taught itself: its architecture, and its checkpoint.

The checkpoint is `model.safetensors` with the two configurations that the transformers library
reads; `recipe.json` and `log.csv` tell how it was learnt (see `training`, and `docs/compact.md`).
"""

from pathlib import Path

CHECKPOINT = Path(__file__).parent
"""The folder of the checkpoint."""

MODEL_TYPE = "vitrine-compact"
"""What a checkpoint of this architecture calls itself."""

MEAN, STD = 0.5, 0.25
"""Of pixels in [0, 1], of all three colours, by which they are normalised."""
