"""The half of CLIP and SigLIP that reads: texts → the tokens that the model was taught with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vitrine.encoders.base import EncoderError, FloatArray, normalised
from vitrine.encoders.checkpoint import CONFIG_FILE, first_line, json_object, quiet_library, sha256

if TYPE_CHECKING:
    import torch

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)

_BATCH_SIZE = 64

# SigLIP 2 of a fixed resolution calls itself `siglip` too, and shares its text half.
_READERS = ("clip", "siglip")


def reads_text(folder: Path) -> bool:
    """Whether the checkpoint has both a text half that is known here and its tokenizer."""
    is_reader = json_object(folder / CONFIG_FILE).get("model_type") in _READERS
    return is_reader and has_tokenizer(folder)


def has_tokenizer(folder: Path) -> bool:
    """Whether a tokenizer is in the folder, in either of the two ways of writing one down."""
    ways = (("tokenizer.json",), ("vocab.json", "merges.txt"))
    return any(all((folder / name).is_file() for name in way) for way in ways)


class Tokenizer:
    """Texts → token ids, as the checkpoint's model was taught with.

    CLIP: padded to the longest of a batch, with a mask. SigLIP: lower-cased, padded on the
    right to the model's full length, and without a mask, for its model reads the padding
    (Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023, and the library's
    own words on `padding="max_length"`). Both lower-case; the library leaves that out for
    SigLIP 2 (huggingface/transformers #43054).
    """

    def __init__(self, folder: Path, config: Any) -> None:
        """`config` is the loaded model's. Raises EncoderError where no tokenizer can be had."""
        from transformers import CLIPTokenizer, PreTrainedTokenizerFast

        self._is_siglip = config.model_type == "siglip"
        self._most = int(config.text_config.max_position_embeddings)
        self._files = [folder / name for name in TOKENIZER_FILES if (folder / name).is_file()]
        # Of SigLIP 2 the library makes Gemma's tokenizer anew; the file itself says it all.
        kind = PreTrainedTokenizerFast if self._is_siglip else CLIPTokenizer
        try:
            with quiet_library():
                self._tokenizer = kind.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=False
                )
            ids = self.tokens(["one short text", "another"])["input_ids"]
        except Exception as error:  # the library's own texts say what is broken
            raise EncoderError(
                f"{folder}: its tokenizer cannot be loaded: {first_line(error)}; fetch "
                "tokenizer.json and tokenizer_config.json again"
            ) from error
        if int(ids.max()) >= config.text_config.vocab_size:
            raise EncoderError(
                f"{folder}: the tokenizer is another model's, for it has words that this one "
                "does not; fetch the checkpoint again whole"
            )

    def tokens(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        """n texts → the model's input, each row cut to the length that the model reads."""
        if self._is_siglip:
            texts = [text.lower() for text in texts]
        batch = self._tokenizer(
            list(texts),
            padding="max_length" if self._is_siglip else True,
            padding_side="right",
            truncation=True,
            max_length=self._most,
            return_tensors="pt",
        )
        names = ("input_ids",) if self._is_siglip else ("input_ids", "attention_mask")
        return {name: batch[name] for name in names}

    def facts(self) -> dict[str, Any]:
        """What of this shapes a vector; part of the encoder's fingerprint."""
        return {
            "files": {path.name: sha256(path) for path in self._files},
            "length": self._most,
            "case": "lower",
            "padding": "full length, read" if self._is_siglip else "longest, masked",
        }


class TextHalf:
    """The half of a loaded model that reads: CLIP's, SigLIP's."""

    def __init__(self, folder: Path, model: Any, dimension: int) -> None:
        """`dimension` is that of the photos' vectors.

        Raises EncoderError where no tokenizer can be had, or texts get no such vectors.
        """
        self._model = model
        self._tokenizer = Tokenizer(folder, model.config)
        self._dimension = dimension
        read = self._read(["a red shoe"])
        if read.shape != (1, dimension) or not np.isfinite(read).all():
            raise EncoderError(
                f"{folder}: the text half gives vectors of {read.shape[-1]} numbers and the "
                f"photos' half of {dimension}, or no numbers; fetch the checkpoint again whole"
            )

    def facts(self) -> dict[str, Any]:
        """The tokenizer's files and rules; part of the encoder's fingerprint."""
        return self._tokenizer.facts()

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """n texts → array (n, dimension), float32, rows of unit L2 length."""
        vectors = [np.empty((0, self._dimension), dtype=np.float32)]
        for start in range(0, len(texts), _BATCH_SIZE):
            vectors.append(self._read(texts[start : start + _BATCH_SIZE]))
        return np.concatenate(vectors)

    def _read(self, texts: Sequence[str]) -> FloatArray:
        import torch

        tokens = self._tokenizer.tokens(texts)
        with torch.inference_mode():
            output = self._model.get_text_features(
                **{name: tensor.to(self._model.device) for name, tensor in tokens.items()}
            )
        return normalised(getattr(output, "pooler_output", output).cpu().numpy())
