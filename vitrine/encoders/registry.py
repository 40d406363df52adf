"""The encoders there are by name, where each can be had, and which one to take unasked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vitrine.encoders import compact
from vitrine.encoders.base import Encoder, EncoderError
from vitrine.encoders.hub import HUB_PATIENCE_S, HubModel, cached, fetched, offered


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """An encoder that has a name here. `hub_id` is None where nothing is downloaded.

    `size_mb` is that of its weights, in millions of bytes; `revision` as in `HubModel`.
    """

    name: str
    hub_id: str | None
    dimension: int
    licence: str
    size_mb: int
    summary: str
    reads_text: bool = False
    revision: str | None = None

    @property
    def at_hub(self) -> HubModel | None:
        """What to ask the hub for, if anything."""
        return HubModel(self.hub_id, self.revision, self.reads_text) if self.hub_id else None


REGISTRY: dict[str, EncoderSpec] = {
    spec.name: spec
    for spec in (
        EncoderSpec(
            name="dinov2-small",
            hub_id="facebook/dinov2-small",
            dimension=384,
            licence="Apache-2.0",
            size_mb=88,
            summary="DINOv2, a vision transformer: sees kinds, shapes and patterns",
        ),
        EncoderSpec(
            name="dinov2-base",
            hub_id="facebook/dinov2-base",
            dimension=768,
            licence="Apache-2.0",
            size_mb=346,
            summary="DINOv2, four times the size: finer, and slower",
        ),
        EncoderSpec(
            name="dinov2-large",
            hub_id="facebook/dinov2-large",
            dimension=1024,
            licence="Apache-2.0",
            size_mb=1217,
            summary="DINOv2, fourteen times the size: for a GPU",
        ),
        EncoderSpec(
            name="clip-vit-b32",
            hub_id="openai/clip-vit-base-patch32",
            dimension=512,
            licence="MIT",
            size_mb=605,
            summary="CLIP: what a thing is called; finds photos by English words",
            reads_text=True,
            # The newest revision has its weights in a pickle alone. This is the commit of
            # the pull request in which the hub's own converter added them as safetensors.
            revision="c237dc49a33fc61debc9276459120b7eac67e7ef",
        ),
        EncoderSpec(
            name="siglip2-base",
            hub_id="google/siglip2-base-patch16-224",
            dimension=768,
            licence="Apache-2.0",
            size_mb=1501,
            summary="SigLIP 2: as CLIP, newer and finer, with words in many languages",
            reads_text=True,
        ),
        EncoderSpec(
            name="resnet-50",
            hub_id="microsoft/resnet-50",
            dimension=2048,
            licence="Apache-2.0",
            size_mb=102,
            summary="ResNet-50, a convolutional net taught on ImageNet's thousand kinds",
        ),
        EncoderSpec(
            name="mobilenet-v2",
            hub_id="google/mobilenet_v2_1.0_224",
            dimension=1280,
            licence="see its card",
            size_mb=14,
            summary="MobileNetV2, a small convolutional net: quick, and coarser",
        ),
        EncoderSpec(
            name="compact",
            hub_id=None,
            dimension=128,
            licence="MIT",
            size_mb=3,
            summary="our own network, taught on fashion: quick, without a download",
        ),
        EncoderSpec(
            name="handcrafted",
            hub_id=None,
            dimension=731,
            licence="MIT",
            size_mb=0,
            summary="shape and palette, without a download: sees outlines and colours",
        ),
    )
}

_CHECKPOINTS = {"compact": compact.CHECKPOINT}
"""Those that are part of this program."""

_HUB_NAME = re.compile(r"(?P<id>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>\w[\w./-]*))?")

_PREFERRED = REGISTRY["dinov2-small"]
_FALLBACK = REGISTRY["compact"]


class Availability(StrEnum):
    """Where an encoder is, in words for the owner."""

    BUILT_IN = "built in"
    ON_THIS_MACHINE = "on this machine"
    AT_THE_HUB = "at the hub (not downloaded)"
    OUT_OF_REACH = "out of reach (not downloaded, and no hub within 3 s)"

    @property
    def briefly(self) -> str:
        """The same without its explanation."""
        return self.value.partition(" (")[0]


@dataclass(frozen=True, slots=True)
class AutoChoice:
    """What `auto` stands for here and now, and one line for the owner that says why."""

    name: str
    reason: str


def load_encoder(name: str) -> Encoder:
    """The encoder of a registered name, a checkpoint's folder, or a name at the hub.

    That is owner/model, or owner/model@revision for another than its newest revision.
    Downloads what is not on this machine. Raises EncoderError, whose text says what to do.
    """
    if name == "handcrafted":
        from vitrine.encoders.handcrafted import HandcraftedEncoder

        return HandcraftedEncoder()

    from vitrine.encoders.transformer import load_checkpoint

    checkpoint = checkpoint_of(name)
    is_folder = name not in REGISTRY and Path(name).expanduser().is_dir()
    return load_checkpoint(checkpoint, str(checkpoint.resolve()) if is_folder else name)


def checkpoint_of(name: str) -> Path:
    """The folder of the checkpoint that has this name; the same names, and errors."""
    spec = REGISTRY.get(name)
    if name in _CHECKPOINTS:
        return _CHECKPOINTS[name]
    if spec is not None and spec.at_hub is not None:
        return fetched(spec.at_hub)
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder
    if model := _hub_model(name):
        return fetched(model)
    raise _unknown(name)


def _hub_model(name: str) -> HubModel | None:
    parts = _HUB_NAME.fullmatch(name)
    return HubModel(parts["id"], parts["revision"]) if parts else None


def _unknown(name: str) -> EncoderError:
    return EncoderError(
        f"{name}: no encoder of this name and no such folder; "
        f"give {', '.join(REGISTRY)}, a checkpoint's folder, or a name at the hub (owner/model)"
    )


def is_here(name: str) -> bool:
    """Whether `load_encoder` would load this without a download. Asks no hub.

    Raises EncoderError for what is neither a known name, nor a folder, nor a hub name.
    """
    spec = REGISTRY.get(name)
    if spec is not None:
        return spec.at_hub is None or cached(spec.at_hub) is not None
    if name and Path(name).expanduser().is_dir():
        return True
    if model := _hub_model(name):
        return cached(model) is not None
    raise _unknown(name)


def resolve_auto() -> AutoChoice:
    """The best encoder that can be had here, within `HUB_PATIENCE_S`."""
    where = availability(_PREFERRED)
    if where is Availability.ON_THIS_MACHINE:
        return AutoChoice(_PREFERRED.name, f"using {_PREFERRED.name}, which is {where}")
    if where is Availability.AT_THE_HUB:
        return AutoChoice(
            _PREFERRED.name,
            f"using {_PREFERRED.name}, to be downloaded once ({_PREFERRED.size_mb} MB). "
            f"Give --encoder {_FALLBACK.name} to do without.",
        )
    return AutoChoice(
        _FALLBACK.name,
        f"{_PREFERRED.name} cannot be had here (no hub within {HUB_PATIENCE_S:.0f} s): "
        f"using {_FALLBACK.name}. Put the checkpoint in a folder and give --encoder FOLDER, "
        "or run again with a network.",
    )


def availability(spec: EncoderSpec) -> Availability:
    """Where the encoder is; asks the hub, for `HUB_PATIENCE_S` at most, if it must."""
    return availabilities([spec])[spec.name]


def availabilities(specs: Iterable[EncoderSpec]) -> dict[str, Availability]:
    """Where each encoder is, by name; asks for all at once, for `HUB_PATIENCE_S` at most."""
    found: dict[str, Availability] = {}
    to_ask: dict[str, HubModel] = {}
    for spec in specs:
        found[spec.name] = Availability.BUILT_IN
        if spec.at_hub is not None:
            found[spec.name] = Availability.ON_THIS_MACHINE
            if cached(spec.at_hub) is None:
                to_ask[spec.name] = spec.at_hub
    there = offered(to_ask.values()) if to_ask else set()
    for name, model in to_ask.items():
        found[name] = Availability.AT_THE_HUB if model in there else Availability.OUT_OF_REACH
    return found
