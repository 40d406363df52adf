"""The encoders there are by name, where each can be had, and which one to take unasked."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vitrine.encoders.base import Encoder, EncoderError
from vitrine.encoders.checkpoint import CONFIG_FILE, WEIGHTS_FILE, WEIGHTS_INDEX_FILE
from vitrine.encoders.processor import PREPROCESSOR_FILE
from vitrine.encoders.text import TOKENIZER_FILES
from vitrine.encoders.transformer import load_checkpoint

HUB_PATIENCE_S = 3.0
"""How long `auto` waits for the hub. Left alone, its client may try for over a minute."""


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """An encoder that has a name here. `hub_id` is None where nothing is downloaded."""

    name: str
    hub_id: str | None
    dimension: int
    licence: str
    size_mb: int
    summary: str


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
            name="handcrafted",
            hub_id=None,
            dimension=731,
            licence="MIT",
            size_mb=0,
            summary="shape and palette descriptors: no download, sees outlines and colours",
        ),
    )
}

_HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")

_PREFERRED = REGISTRY["dinov2-small"]
_FALLBACK = REGISTRY["handcrafted"]


class Availability(StrEnum):
    """Where an encoder is, in words for the owner."""

    BUILT_IN = "built in"
    ON_THIS_MACHINE = "on this machine"
    AT_THE_HUB = "at the hub (not downloaded)"
    OUT_OF_REACH = "out of reach (not downloaded, and no hub within 3 s)"


@dataclass(frozen=True, slots=True)
class AutoChoice:
    """What `auto` stands for here and now, and one line for the owner that says why."""

    name: str
    reason: str


def load_encoder(name: str) -> Encoder:
    """The encoder of a registered name, a checkpoint's folder, or a hub name (owner/model).

    Downloads what is not on this machine. Raises EncoderError, whose text says what to do.
    """
    spec = REGISTRY.get(name)
    if spec is _FALLBACK:
        from vitrine.encoders.handcrafted import HandcraftedEncoder

        return HandcraftedEncoder()

    if spec is not None and spec.hub_id is not None:
        return load_checkpoint(_checkpoint(spec.hub_id), name)
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return load_checkpoint(folder, str(folder.resolve()))
    if _HUB_NAME.fullmatch(name):
        return load_checkpoint(_checkpoint(name), name)
    raise EncoderError(
        f"{name}: no encoder of this name and no such folder; "
        f"give {', '.join(REGISTRY)}, a checkpoint's folder, or a hub name (owner/model)"
    )


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
    if spec.hub_id is None:
        return Availability.BUILT_IN
    if _cached(spec.hub_id) is not None:
        return Availability.ON_THIS_MACHINE
    return Availability.AT_THE_HUB if _hub_answers(spec.hub_id) else Availability.OUT_OF_REACH


def _cached(hub_id: str) -> Path | None:
    """The folder of the hub's cache that holds this model's configuration and weights, if any."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(hub_id, CONFIG_FILE)
    weights = [try_to_load_from_cache(hub_id, f) for f in (WEIGHTS_FILE, WEIGHTS_INDEX_FILE)]
    if isinstance(config, str) and any(isinstance(file, str) for file in weights):
        return Path(config).parent
    return None


def _hub_answers(hub_id: str) -> bool:
    """Whether the hub offers this model within `HUB_PATIENCE_S`, name look-up included."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    answered = threading.Event()

    def ask() -> None:
        try:
            get_hf_file_metadata(hf_hub_url(hub_id, CONFIG_FILE), timeout=HUB_PATIENCE_S)
        except Exception:  # whatever it is, the model cannot be had from there
            return
        answered.set()

    # A thread, because no timeout of the client covers the look-up of the host's name;
    # a daemon, because it must not hold up the process's end.
    thread = threading.Thread(target=ask, name="hub-probe", daemon=True)
    thread.start()
    thread.join(HUB_PATIENCE_S)
    return answered.is_set()


def _checkpoint(hub_id: str) -> Path:
    """The folder of the model's checkpoint, downloaded first if need be."""
    from huggingface_hub import snapshot_download

    wanted = [
        CONFIG_FILE,
        PREPROCESSOR_FILE,
        "model*.safetensors",
        WEIGHTS_INDEX_FILE,
        *TOKENIZER_FILES,
    ]
    try:
        return _cached(hub_id) or Path(snapshot_download(hub_id, allow_patterns=wanted))
    except Exception as error:  # the client lets through errors of four libraries
        cause = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise EncoderError(
            f"{hub_id}: not on this machine, and the download from the hub failed ({cause}). "
            "Run again with a network, put the checkpoint in a folder and give --encoder FOLDER, "
            f"or give --encoder {_FALLBACK.name}, which needs no download."
        ) from error
