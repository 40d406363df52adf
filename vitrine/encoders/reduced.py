"""Encoders in reduced precision: quicker on CPUs that compute so, and not quite the same.

In 8-bit integers, or in 16-bit floats (bf16). How each step's numbers are spread over the 256
values of 8 bits is measured on the owner's own photos, so such an encoder belongs to an index. It
is used only where it finds nearly the same neighbours.
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
from typing import Any, Literal

import numpy.typing as npt

from vitrine.encoders.base import Encoder, EncoderError, fingerprint_of
from vitrine.encoders.checkpoint import first_line
from vitrine.encoders.conversion import Conversion, ConversionError
from vitrine.encoders.kept import MODEL_FILE, floats_of, kept_facts, kept_model, save, seal
from vitrine.encoders.openvino_model import (
    Floats,
    OpenVinoModel,
    computes_in_bf16,
    core,
    openvino,
)
from vitrine.encoders.reference import Reference
from vitrine.encoders.transformer import ReadingTransformerEncoder, TransformerEncoder
from vitrine.folder import UNFINISHED, sync_folder

Reduction = Literal["bf16", "int8"]
"""The precisions below full."""

IN_WORDS: dict[Reduction, str] = {"bf16": "bf16", "int8": "8 bits"}

_FLOATS: dict[Reduction, Floats] = {"bf16": "bf16", "int8": "f32"}
_REDUCTIONS: dict[Floats, Reduction] = {floats: of for of, floats in _FLOATS.items()}
_LIBRARIES: dict[Reduction, tuple[str, ...]] = {"bf16": ("openvino",), "int8": ("nncf", "openvino")}

Prepared = npt.NDArray[Any]

_REDUCING_GAP = 2.0
"""See `Preprocessing`. Of photos of 1080 × 1440 px it leaves dinov2-small's vectors at a cosine of
.9999996, far above that of either precision, and takes .4 of the time."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """An encoder in reduced precision, and its `agreement` with the full one's, in [0, 1]."""

    encoder: TransformerEncoder
    agreement: float


def check_cpu(encoder: Encoder, reduction: Reduction) -> None:
    """Raises EncoderError where nothing here computes so, before any photo is fetched for it."""
    try:
        is_able = reduction != "bf16" or computes_in_bf16()
    except Exception as error:  # of the package, or that there is none
        raise EncoderError(f"OpenVINO cannot be used: {first_line(error)}") from error
    if not is_able:
        raise EncoderError(
            f"{encoder.name} can't be had in {IN_WORDS[reduction]}: this CPU doesn't compute so. "
            "Leave out --precision."
        )


def kept_reduced(home: Path, encoder: TransformerEncoder, reduction: Reduction) -> Reduced | None:
    """The one that was made from this encoder and lies in `home`, if it is as it was kept.

    Raises EncoderError where it can't be run here.
    """
    floats = _FLOATS[reduction]
    for folder in sorted(home.glob("[!.]*")):
        facts = kept_facts(folder)
        if facts is None or facts.agreement is None or facts.floats != floats:
            continue
        if facts.traits.made_from == encoder.fingerprint:
            model = OpenVinoModel(folder / MODEL_FILE, facts.traits, floats)
            return Reduced(_running(model, encoder), facts.agreement)
    return None


def load_reduced(folder: Path, name: str, checkpoint: Path | None) -> Encoder:
    """The encoder that lies in this folder. `checkpoint` is needed by what reads text as well.

    Raises EncoderError where it is missing or damaged, or can't be run here.
    """
    reduction = _REDUCTIONS[floats_of(folder)]
    try:
        model = kept_model(folder)
    except EncoderError as error:
        raise EncoderError(
            f"{folder}: the encoder of this index is in {IN_WORDS[reduction]}, and {error}. "
            "Install OpenVINO, or go back with: python -m indexer build CATALOGUE --precision fp32"
        ) from error
    if model is None:
        raise EncoderError(
            f"{folder}: the encoder of this index, in {IN_WORDS[reduction]}, is missing or "
            "damaged. Make it anew with: "
            f"python -m indexer build CATALOGUE --precision {reduction}"
        )
    if checkpoint is None:
        return TransformerEncoder(folder, name, model)
    return ReadingTransformerEncoder(checkpoint, name, model)


def reduced(
    encoder: TransformerEncoder,
    reduction: Reduction,
    calibrating: Sequence[Prepared],
    judged: Callable[[Encoder], float],
    home: Path,
) -> Reduced:
    """Make an encoder in reduced precision out of this one, and keep it in a folder of `home`.

    One in 8 bits is calibrated by photos that this one has prepared; `judged` tells its
    agreement. The folder's name is its fingerprint. Raises EncoderError where it can't be made.
    """
    check_cpu(encoder, reduction)
    refused = f"{encoder.name} can't be had in {IN_WORDS[reduction]}"
    try:
        conversion = Conversion.of(encoder.checkpoint)
        if conversion.loaded() is None:
            conversion.made(Reference(encoder.checkpoint, "cpu"))
        model = core().read_model(conversion.folder / MODEL_FILE)
        if reduction == "int8":
            model = _quantised(model, encoder, calibrating)
    except ConversionError as error:
        raise EncoderError(f"{refused}: {error}") from error
    except Exception as error:  # of the package, whatever it meets in a model
        raise EncoderError(f"{refused}: {first_line(error)}") from error
    floats = _FLOATS[reduction]
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=UNFINISHED) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        files = save(made, model)
        preprocessing = dataclasses.replace(encoder.preprocessing, reducing_gap=_REDUCING_GAP)
        made_of = {
            "of": encoder.fingerprint,
            "preprocessing": preprocessing.facts(),
            "floats": floats,
            "files": files,
        }
        traits = dataclasses.replace(
            encoder.traits,
            preprocessing=preprocessing,
            fingerprint=(fingerprint := fingerprint_of(made_of)),
            made_from=encoder.fingerprint,
        )
        running = _running(OpenVinoModel(made / MODEL_FILE, traits, floats), encoder)
        agreement = judged(running)
        seal(made, traits, files, _LIBRARIES[reduction], agreement, floats)
        shutil.rmtree(home / fingerprint, ignore_errors=True)  # if it is there, it is damaged
        made.rename(home / fingerprint)
    sync_folder(home)
    return Reduced(running, agreement)


def _running(model: OpenVinoModel, encoder: TransformerEncoder) -> TransformerEncoder:
    return type(encoder)(encoder.checkpoint, encoder.name, model)


def _quantised(model: Any, encoder: TransformerEncoder, calibrating: Sequence[Prepared]) -> Any:
    """The model with its steps in 8 bits, as far as the package knows how."""
    openvino()
    import nncf

    # Its own function for that silences the root logger as well.
    logging.getLogger("nncf").setLevel(logging.ERROR)
    photos = nncf.Dataset(
        list(calibrating), lambda photo: encoder.preprocessing.normalised(photo[None])
    )
    with contextlib.redirect_stdout(io.StringIO()):  # it draws bars of its own
        return nncf.quantize(
            model,
            photos,
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(calibrating),
        )
