"""Which runtime a checkpoint gets: torch on a GPU, OpenVINO on a CPU."""

from __future__ import annotations

import ctypes
import logging
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vitrine.encoders.base import EncoderError
from vitrine.encoders.checkpoint import weights_files
from vitrine.encoders.conversion import Conversion, ConversionError
from vitrine.encoders.reference import Reference
from vitrine.encoders.runtime import Runtime
from vitrine.settings import RuntimeChoice

log = logging.getLogger("vitrine.encoders")

_NVIDIA_DRIVER = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
_AMD_DRIVER = Path("/dev/kfd")


def loaded(folder: Path, choice: RuntimeChoice) -> Runtime:
    """The checkpoint's model in the runtime that is chosen; `auto` is the fastest here.

    torch is not even imported where the model runs on a CPU and has been converted before.
    Raises EncoderError where the folder holds no model that this can work with.
    """
    weights_files(folder)
    on_gpu = choice != "openvino" and has_gpu()
    if choice == "torch" or on_gpu:
        return Reference(folder, "cuda" if on_gpu else "cpu")
    reference = None
    try:
        conversion = Conversion.of(folder)
        if model := conversion.loaded():
            return model
        reference = Reference(folder, "cpu")
        return conversion.made(reference)
    except ConversionError as error:
        if choice == "openvino":
            raise EncoderError(f"{folder}: cannot run on OpenVINO: {error}") from error
        log.warning("%s runs on torch, which is slower: %s", folder, error)
        return reference or Reference(folder, "cpu")


def has_gpu() -> bool:
    """Whether torch has a GPU to run on; it is imported only where there may be one."""
    try:
        if version("torch").endswith("+cpu"):
            return False
        if not _AMD_DRIVER.exists():
            ctypes.CDLL(_NVIDIA_DRIVER)
    except (PackageNotFoundError, OSError):
        return False
    import torch

    return torch.cuda.is_available()
