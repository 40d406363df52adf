"""Encoders in 8-bit integers: quicker on CPUs that compute with them, and not quite the same.

How each step's numbers are spread over 256 values is measured on the owner's own photos, so
such an encoder belongs to an index. It is used only where it finds nearly the same neighbours.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from vitrine.encoders.base import Encoder, EncoderError, fingerprint_of
from vitrine.encoders.checkpoint import first_line
from vitrine.encoders.conversion import Conversion, ConversionError
from vitrine.encoders.kept import MODEL_FILE, kept_facts, kept_model, save, seal
from vitrine.encoders.openvino_model import OpenVinoModel, core, openvino
from vitrine.encoders.reference import Reference
from vitrine.encoders.transformer import ReadingTransformerEncoder, TransformerEncoder
from vitrine.folder import UNFINISHED, sync_folder

_LIBRARIES = ("nncf", "openvino")

Prepared = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Quantised:
    """An encoder in 8 bits, and its `agreement` with what it was made from, in [0, 1]."""

    encoder: TransformerEncoder
    agreement: float


def kept_quantised(home: Path, encoder: TransformerEncoder) -> Quantised | None:
    """The one that was made from this encoder and lies in `home`, if it is as it was kept.

    Raises EncoderError where it can't be run here.
    """
    for folder in sorted(home.glob("[!.]*")):
        facts = kept_facts(folder)
        if facts and facts.agreement is not None and facts.traits.made_from == encoder.fingerprint:
            model = OpenVinoModel(folder / MODEL_FILE, facts.traits)
            return Quantised(_running(model, encoder), facts.agreement)
    return None


def load_quantised(folder: Path, name: str, checkpoint: Path | None) -> Encoder:
    """The encoder that lies in this folder. `checkpoint` is needed by what reads text as well.

    Raises EncoderError where it is missing or damaged, or can't be run here.
    """
    try:
        model = kept_model(folder)
    except EncoderError as error:
        raise EncoderError(
            f"{folder}: the encoder of this index is in 8 bits, and {error}. Install OpenVINO, or "
            "leave 8 bits with: python -m indexer build CATALOGUE --precision fp32"
        ) from error
    if model is None:
        raise EncoderError(
            f"{folder}: the encoder of this index, in 8 bits, is missing or damaged. Make it "
            "anew with: python -m indexer build CATALOGUE --precision int8"
        )
    if checkpoint is None:
        return TransformerEncoder(folder, name, model)
    return ReadingTransformerEncoder(checkpoint, name, model)


def quantised(
    encoder: TransformerEncoder,
    calibrating: Sequence[Prepared],
    judged: Callable[[Encoder], float],
    home: Path,
) -> Quantised:
    """Make an encoder in 8 bits out of this one, and keep it in a folder of `home`.

    It is calibrated by photos that this one has prepared, and `judged` tells its agreement.
    The folder's name is its fingerprint. Raises EncoderError where it can't be made.
    """
    try:
        conversion = Conversion.of(encoder.checkpoint)
        if conversion.loaded() is None:
            conversion.made(Reference(encoder.checkpoint, "cpu"))
        model = _quantised(conversion.folder / MODEL_FILE, encoder, calibrating)
    except ConversionError as error:
        raise EncoderError(f"{encoder.name} can't be had in 8 bits: {error}") from error
    except Exception as error:  # of the package, whatever it meets in a model
        raise EncoderError(f"{encoder.name} can't be had in 8 bits: {first_line(error)}") from error
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=UNFINISHED) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        files = save(made, model)
        fingerprint = fingerprint_of({"of": encoder.fingerprint, "files": files})
        traits = dataclasses.replace(
            encoder.traits, fingerprint=fingerprint, made_from=encoder.fingerprint
        )
        running = _running(OpenVinoModel(made / MODEL_FILE, traits), encoder)
        agreement = judged(running)
        seal(made, traits, files, _LIBRARIES, agreement)
        shutil.rmtree(home / fingerprint, ignore_errors=True)  # if it is there, it is damaged
        made.rename(home / fingerprint)
    sync_folder(home)
    return Quantised(running, agreement)


def _running(model: OpenVinoModel, encoder: TransformerEncoder) -> TransformerEncoder:
    return type(encoder)(encoder.checkpoint, encoder.name, model)


def _quantised(file: Path, encoder: TransformerEncoder, calibrating: Sequence[Prepared]) -> Any:
    """The model of `file` with its steps in 8 bits, as far as the package knows how."""
    openvino()
    import nncf

    # Its own function for that silences the root logger as well.
    logging.getLogger("nncf").setLevel(logging.ERROR)
    photos = nncf.Dataset(
        list(calibrating), lambda photo: encoder.preprocessing.normalised(photo[None])
    )
    with contextlib.redirect_stdout(io.StringIO()):  # it draws bars of its own
        return nncf.quantize(
            core().read_model(file),
            photos,
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(calibrating),
        )
