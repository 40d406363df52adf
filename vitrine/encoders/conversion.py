"""Checkpoints converted for OpenVINO, each made once by torch and kept in a folder of the cache.

A conversion is found by a digest of all files of the checkpoint that matter, so that it
can never be another's. One that is damaged or was never finished is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from vitrine.encoders.base import EncoderError, FloatArray, normalised
from vitrine.encoders.checkpoint import first_line, quiet_library, sha256, weights_files
from vitrine.encoders.kept import MODEL_FILE, kept_model, save, seal
from vitrine.encoders.openvino_model import OpenVinoModel, openvino
from vitrine.encoders.pooling import pooled
from vitrine.encoders.processor import probe_photos
from vitrine.encoders.reference import Reference
from vitrine.folder import UNFINISHED, sync_folder
from vitrine.settings import Settings

# To be raised when what is done to a checkpoint, or what makes its fingerprint, changes.
_RECIPE = 2

_LIBRARIES = ("openvino", "torch", "transformers")

# Between the two runtimes' vectors of one photo; float32 rounding leaves .9999999.
_LEAST_COSINE = 0.9999


class ConversionError(Exception):
    """A checkpoint that torch can work with cannot be converted, or the result not be kept."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A checkpoint's place in the cache, whether or not anything is there."""

    folder: Path

    @classmethod
    def of(cls, checkpoint: Path) -> Conversion:
        """Raises ConversionError where OpenVINO is not installed, or there is no cache."""
        files = {*weights_files(checkpoint), *checkpoint.glob("*.json"), checkpoint / "merges.txt"}
        try:
            made_from = {
                "recipe": _RECIPE,
                "openvino": version("openvino"),
                "files": {path.name: sha256(path) for path in files if path.is_file()},
            }
            key = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
            return cls(_cache() / "openvino" / key)
        except PackageNotFoundError as error:
            raise ConversionError("OpenVINO is not installed") from error
        except (OSError, RuntimeError) as error:  # an unreadable file; a user without a home
            raise ConversionError(str(error)) from error

    def loaded(self) -> OpenVinoModel | None:
        """The model that is kept here; None where there is none, or it is not as it was kept."""
        try:
            return kept_model(self.folder)
        except EncoderError as error:
            raise ConversionError(str(error)) from error

    def made(self, reference: Reference) -> OpenVinoModel:
        """The same model, converted from torch's, compared with it, and kept here.

        Raises ConversionError where it cannot be had, or gives other vectors.
        """
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder.parent.with_suffix(".lock")):
                if model := self.loaded():
                    return model  # by another process, of this moment
                self._make(reference)
                if model := self.loaded():
                    return model
            raise ConversionError(f"what was written to {self.folder} is not what is there")
        except ConversionError:
            raise
        except OSError as error:
            raise ConversionError(
                f"the conversion cannot be kept ({error}); let VITRINE_CACHE name a folder that "
                "can be written to"
            ) from error
        except Exception as error:  # of two packages, whatever they meet in a model
            raise ConversionError(f"it cannot be converted: {first_line(error)}") from error

    def _make(self, reference: Reference) -> None:
        with tempfile.TemporaryDirectory(dir=self.folder.parent, prefix=UNFINISHED) as home:
            made = Path(home) / "made"
            made.mkdir()
            files = save(made, _converted(reference))
            _compare(OpenVinoModel(made / MODEL_FILE, reference.traits), reference)
            seal(made, reference.traits, files, _LIBRARIES)
            shutil.rmtree(self.folder, ignore_errors=True)  # if it is here, it is damaged
            made.rename(self.folder)
        sync_folder(self.folder.parent)


def _cache() -> Path:
    """The folder for what can be made anew: the setting's, or the user's own.

    Raises RuntimeError where the user has no home.
    """
    if given := Settings().cache:
        return given
    of_user = os.environ.get("XDG_CACHE_HOME")
    return (Path(of_user) if of_user else Path("~/.cache").expanduser()) / "vitrine"


def _converted(reference: Reference) -> Any:
    """The model with its pooling as OpenVINO's: pixels (1, 3, height, width) → (1, dimension)."""
    package = openvino()
    import torch
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = reference.model

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return pooled(self.model, pixels)[1]

    pixels = _probes(reference)[:1]
    # The tracer touches all that a model has, also what is deprecated, and warns of sizes
    # that become fixed, which is what is wanted.
    with torch.no_grad(), quiet_library(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The vectors are compared afterwards: no need for the tracer's own, threefold check.
        traced = TorchScriptPythonDecoder(
            Pooled(),
            example_input=torch.from_numpy(pixels),
            trace_kwargs={"check_trace": False},
        )
        return package.convert_model(traced, input=list(pixels.shape))


def _probes(reference: Reference) -> FloatArray:
    preprocessing = reference.traits.preprocessing
    return preprocessing.normalised(
        np.stack([preprocessing.cropped(photo) for photo in probe_photos()])
    )


def _compare(model: OpenVinoModel, reference: Reference) -> None:
    """Raises ConversionError where the two give a photo different vectors."""
    pixels = _probes(reference)
    ours, torchs = (normalised(runtime.vectors(pixels)) for runtime in (model, reference))
    least = (ours * torchs).sum(axis=1).min()
    if not least >= _LEAST_COSINE:
        raise ConversionError(f"converted, it gives other vectors (cosine {least:.5f})")
