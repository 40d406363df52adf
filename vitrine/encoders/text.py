"""The half of CLIP and SigLIP that reads: texts → the tokens that the model was taught with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.encoders.base import EncoderError
from vitrine.encoders.checkpoint import CONFIG_FILE, first_line, json_object, sha256

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

# SigLIP 2 of a fixed resolution calls itself `siglip` too, and shares its text half.
_READERS = ("clip", "siglip")


def reads_text(folder: Path) -> bool:
    """Whether the checkpoint has both a text half that is known here and its tokenizer."""
    if json_object(folder / CONFIG_FILE).get("model_type") not in _READERS:
        return False
    if (folder / "tokenizer.json").is_file():
        return True
    return (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file()


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
