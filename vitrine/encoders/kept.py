"""A converted model in a folder of its own: its files and what is known of it, under one seal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from vitrine.encoders.checkpoint import sha256
from vitrine.encoders.openvino_model import OpenVinoModel, openvino
from vitrine.encoders.runtime import Traits
from vitrine.folder import sync_file

MODEL_FILE = "model.xml"
WEIGHTS_FILE = "model.bin"
FACTS_FILE = "facts.json"


class Facts(BaseModel):
    """What is told apart from the model. `files` has the SHA-256 of each of its files.

    `agreement` is how much one in 8 bits is as what it was made from (see `quantisation`).
    `versions` is for the curious. `seal` is the digest of all the rest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    traits: Traits
    agreement: float | None = None
    files: dict[str, str]
    versions: dict[str, str]
    seal: str = ""

    def digest(self) -> str:
        return hashlib.sha256(self.model_dump_json(exclude={"seal"}).encode()).hexdigest()


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
) -> None:
    """Write what is known of the model that was saved there, and flush all to the disk.

    `libraries` have made it; their versions are noted.
    """
    facts = Facts(
        traits=traits,
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
    return OpenVinoModel(folder / MODEL_FILE, facts.traits) if facts else None
