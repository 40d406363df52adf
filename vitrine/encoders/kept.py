"""A converted model in a folder of its own: its files and what is known of it, under one seal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from vitrine.encoders.checkpoint import sha256
from vitrine.encoders.openvino_model import Floats, OpenVinoModel, openvino
from vitrine.encoders.runtime import Traits
from vitrine.folder import sync_file

MODEL_FILE = "model.xml"
WEIGHTS_FILE = "model.bin"
FACTS_FILE = "facts.json"


class Facts(BaseModel):
    """What is told apart from the model. `files` has the SHA-256 of each of its files.

    `agreement` is how much one in reduced precision is as what it was made from (see `reduced`).
    `versions` is for the curious. `seal` is the digest of all the rest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    traits: Traits
    floats: Floats = "f32"
    agreement: float | None = None
    files: dict[str, str]
    versions: dict[str, str]
    seal: str = ""

    def digest(self) -> str:
        # What an earlier Vitrine did not know is in its seal neither.
        left_out: dict[str, Any] = {"seal": True}
        if self.traits.preprocessing.reducing_gap is None:
            left_out["traits"] = {"preprocessing": {"reducing_gap"}}
        said = self.model_dump_json(exclude=left_out, exclude_unset=True)
        return hashlib.sha256(said.encode()).hexdigest()


def save(folder: Path, model: Any) -> dict[str, str]:
    """Write one of OpenVINO's models; returns the SHA-256 of each of its files."""
    openvino().save_model(model, folder / MODEL_FILE, compress_to_fp16=False)
    return {name: sha256(folder / name) for name in (MODEL_FILE, WEIGHTS_FILE)}


def seal(
    folder: Path,
    traits: Traits,
    files: Mapping[str, str],
    libraries: Sequence[str],
    agreement: float | None = None,
    floats: Floats = "f32",
) -> None:
    """Write what is known of the model that was saved there, and flush all to the disk.

    `libraries` have made it; their versions are noted.
    """
    facts = Facts(
        traits=traits,
        floats=floats,
        agreement=agreement,
        files=dict(files),
        versions={name: version(name) for name in libraries},
    )
    sealed = facts.model_copy(update={"seal": facts.digest()})
    (folder / FACTS_FILE).write_text(sealed.model_dump_json(indent=2), encoding="utf-8")
    for name in (MODEL_FILE, WEIGHTS_FILE, FACTS_FILE):
        sync_file(folder / name)


def kept_facts(folder: Path) -> Facts | None:
    """What is known of the model there; None where there is none, or it is not as it was kept."""
    try:
        facts = Facts.model_validate_json((folder / FACTS_FILE).read_bytes())
        files = {name: sha256(folder / name) for name in (MODEL_FILE, WEIGHTS_FILE)}
    except (OSError, ValidationError):
        return None
    return facts if facts.seal == facts.digest() and facts.files == files else None


def kept_model(folder: Path) -> OpenVinoModel | None:
    """The model there; None as for its facts. Raises EncoderError where it can't run."""
    facts = kept_facts(folder)
    return OpenVinoModel(folder / MODEL_FILE, facts.traits, facts.floats) if facts else None


def floats_of(folder: Path) -> Floats:
    """What the model there computes in, as it says itself, unchecked."""
    try:
        return Facts.model_validate_json((folder / FACTS_FILE).read_bytes()).floats
    except (OSError, ValidationError):
        return "f32"
