"""Photo → unit vector: the encoders there are, behind one contract (see `base`)."""

from vitrine.encoders.base import Encoder, EncoderError
from vitrine.encoders.registry import (
    REGISTRY,
    AutoChoice,
    Availability,
    EncoderSpec,
    availabilities,
    availability,
    is_here,
    load_encoder,
    resolve_auto,
)

__all__ = [
    "REGISTRY",
    "AutoChoice",
    "Availability",
    "Encoder",
    "EncoderError",
    "EncoderSpec",
    "availabilities",
    "availability",
    "is_here",
    "load_encoder",
    "resolve_auto",
]
