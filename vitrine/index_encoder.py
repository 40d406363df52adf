"""The encoder that made an index: known by its name, or made for that index alone."""

from __future__ import annotations

from vitrine.encoders.base import Encoder
from vitrine.encoders.registry import checkpoint_of, load_encoder
from vitrine.folder import IndexFolder
from vitrine.snapshot import EncoderFacts


def load_encoder_of(folder: IndexFolder, facts: EncoderFacts) -> Encoder:
    """The encoder of a generation of this folder; raises `EncoderError` where it can't be had.

    The caller compares fingerprints: one that has the same name may have changed since.
    """
    own = folder.encoder(facts.fingerprint)
    if not own.is_dir():
        return load_encoder(facts.name)
    from vitrine.encoders.reduced import load_reduced

    return load_reduced(own, facts.name, checkpoint_of(facts.name) if facts.reads_text else None)


def full_name(folder: IndexFolder, facts: EncoderFacts) -> str:
    """The name of a generation's encoder, and its precision if reduced, for people to read."""
    own = folder.encoder(facts.fingerprint)
    if not own.is_dir():
        return facts.name
    from vitrine.encoders.kept import floats_of

    return f"{facts.name} in {'bf16' if floats_of(own) == 'bf16' else '8 bits'}"
