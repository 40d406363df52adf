"""Small checkpoints with seeded weights: the real library's files, less the megabytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HIDDEN_SIZE = 32
PROJECTION_SIZE = 24
TEXT_LENGTH = 16

_HALF = {
    "hidden_size": HIDDEN_SIZE,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}


def small_dinov2(folder: Path, seed: int = 0, **save_options: Any) -> Path:
    """A DINOv2 of two layers in `folder`, as `save_pretrained` writes it, with its processor.

    The same seed gives the same weights; `save_options` go to the model's `save_pretrained`.
    """
    from transformers import BitImageProcessorPil

    small_dinov2_model(seed).save_pretrained(folder, **save_options)
    BitImageProcessorPil(
        size={"shortest_edge": 256},
        crop_size={"height": 224, "width": 224},
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    ).save_pretrained(folder)
    return folder


def small_dinov2_model(seed: int = 0) -> Any:
    """The model itself, in evaluation mode."""
    import torch
    from transformers import Dinov2Config, Dinov2Model

    config = Dinov2Config(
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=2,
        num_attention_heads=4,
        patch_size=14,
        image_size=70,
        # Ten times the usual spread, so that photos differ though nothing was ever learnt.
        initializer_range=0.2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Dinov2Model(config).eval()


def small_clip(folder: Path, seed: int = 0) -> Path:
    """A CLIP of two layers a half in `folder`, with its image processor and tokenizer."""
    from transformers import CLIPImageProcessorPil, CLIPTokenizer

    words = ("red", "blue", "shoe", "shirt", "striped", "a", "of", "photo")
    vocabulary, merges = _byte_pairs(words)
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[special] = len(vocabulary)
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=TEXT_LENGTH)
    small_clip_model(seed, len(vocabulary)).save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def small_clip_model(seed: int, vocabulary: int) -> Any:
    """The model itself, in evaluation mode."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    half: dict[str, Any] = _HALF | {"initializer_range": 0.2, "initializer_factor": 8.0}
    config = CLIPConfig(
        text_config=half
        | {
            "vocab_size": vocabulary,
            "max_position_embeddings": TEXT_LENGTH,
            "bos_token_id": vocabulary - 2,
            "eos_token_id": vocabulary - 1,
            "pad_token_id": vocabulary - 1,
        },
        vision_config=half | {"image_size": 224, "patch_size": 56},
        projection_dim=PROJECTION_SIZE,
        initializer_factor=8.0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return CLIPModel(config).eval()


def small_siglip2(folder: Path, seed: int = 0) -> Path:
    """A SigLIP 2 of two layers a half in `folder`, with its image processor and tokenizer.

    As those of a fixed resolution lie at the hub: `siglip` by its model type, a
    tokenizer.json of Gemma's kind (spaces as ▁, bytes for the unknown, an <eos> at the
    end), and nothing in it that makes letters small.
    """
    import torch
    from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import BPE
    from transformers import (
        PreTrainedTokenizerFast,
        SiglipConfig,
        SiglipImageProcessorPil,
        SiglipModel,
    )

    vocabulary = {token: i for i, token in enumerate(("<pad>", "<eos>", "<bos>", "<unk>"))}
    for token in [f"<0x{byte:02X}>" for byte in range(256)] + list("▁abcdefghijklmnopqrstuvwxyz"):
        vocabulary[token] = len(vocabulary)
    merges = [("r", "e"), ("re", "d"), ("s", "h"), ("o", "e"), ("sh", "oe"), ("▁", "sh")]
    for left, right in merges:
        vocabulary[left + right] = len(vocabulary)
    tokens = Tokenizer(
        BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokens.normalizer = normalizers.Replace(" ", "▁")
    tokens.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokens.decoder = decoders.Replace("▁", " ")
    tokens.post_processor = processors.TemplateProcessing(
        single="$A <eos>", special_tokens=[("<eos>", vocabulary["<eos>"])]
    )
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>"}
    PreTrainedTokenizerFast(
        tokenizer_object=tokens,
        unk_token="<unk>",
        model_max_length=TEXT_LENGTH,
        padding_side="right",
        model_input_names=["input_ids"],
        **special,
    ).save_pretrained(folder)
    config = SiglipConfig(
        text_config=_HALF
        | {"vocab_size": len(vocabulary), "max_position_embeddings": TEXT_LENGTH}
        | {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2},
        vision_config=_HALF | {"image_size": 224, "patch_size": 56},
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        SiglipModel(config).eval().save_pretrained(folder)
    SiglipImageProcessorPil(
        resample=2, image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5]
    ).save_pretrained(folder)
    return folder


def small_resnet(folder: Path, seed: int = 0, *, processor: bool = True) -> Path:
    """A ResNet of two stages in `folder`, as ResNet-50 lies at the hub: with its classifier."""
    import torch
    from transformers import ConvNextImageProcessorPil, ResNetConfig, ResNetForImageClassification

    config = ResNetConfig(
        embedding_size=8, hidden_sizes=[16, HIDDEN_SIZE], depths=[1, 2], num_labels=5
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        ResNetForImageClassification(config).eval().save_pretrained(folder)
    if processor:
        ConvNextImageProcessorPil(size={"shortest_edge": 224}, crop_pct=0.875).save_pretrained(
            folder
        )
    return folder


def small_mobilenet_v2(folder: Path, seed: int = 0) -> Path:
    """A narrow MobileNetV2 in `folder`, with its classifier and processor."""
    import torch
    from transformers import (
        MobileNetV2Config,
        MobileNetV2ForImageClassification,
        MobileNetV2ImageProcessorPil,
    )

    # The last layer is never narrower than this one.
    config = MobileNetV2Config(depth_multiplier=0.25, image_size=224, initializer_range=0.2)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        MobileNetV2ForImageClassification(config).eval().save_pretrained(folder)
    MobileNetV2ImageProcessorPil().save_pretrained(folder)
    return folder


def _byte_pairs(words: tuple[str, ...]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A byte-level vocabulary as CLIP's (each byte, also at a word's end), with these words."""
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate(letters + [f"{c}</w>" for c in letters])}
    merges: list[tuple[str, str]] = []
    for word in words:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            parts[:2] = ["".join(pair)]
            if pair not in merges:
                merges.append(pair)
            vocabulary.setdefault(parts[0], len(vocabulary))
    return vocabulary, merges
