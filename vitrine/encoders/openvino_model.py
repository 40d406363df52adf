"""A converted model, run by OpenVINO on the CPU."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vitrine.encoders.base import EncoderError, FloatArray
from vitrine.encoders.checkpoint import first_line
from vitrine.encoders.runtime import Traits

# One photo at a time on each stream is as fast as any batch; so many keep all streams busy
# but for a small part of the time, at whose end some wait for the last.
_PHOTOS_PER_STREAM = 8


def openvino() -> Any:
    """The package, kept from reporting its use to its makers' statistics over the network.

    It does so as soon as it is imported, unless it finds no module to do it with.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@functools.cache
def core() -> Any:
    """The one `Core` of the process, never given back.

    A Core's CPU plugin gives the thread a stack for its signal handlers, and at its end gives
    back the one of before. Where two don't end in turn, that one is gone: then the next signal
    kills the process.
    """
    return openvino().Core()


Floats = Literal["f32", "bf16"]
"""OpenVINO's names for what is computed in, where not in integers."""


def computes_in_bf16() -> bool:
    """Whether this CPU does."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoModel:
    """Computes one photo a core, in these floats and no others, whatever the CPU could do.

    Where the CPU knows no bf16, it is 32-bit floats. A quantised model has steps in 8-bit
    integers by itself.
    """

    def __init__(self, file: Path, traits: Traits, floats: Floats = "f32") -> None:
        """`file` is the model's `.xml`, its weights beside it; its input is one photo's pixels.

        Raises EncoderError where OpenVINO is missing or can't run it.
        """
        self.traits = traits
        try:
            package = openvino()
            compiled = core().compile_model(
                file,
                "CPU",
                {
                    "PERFORMANCE_HINT": "THROUGHPUT",
                    "INFERENCE_PRECISION_HINT": floats if computes_in_bf16() else "f32",
                    # Two processes on one machine would choose the same cores.
                    "ENABLE_CPU_PINNING": False,
                },
            )
            self._requests = package.AsyncInferQueue(compiled)
        except Exception as error:  # the package's own texts say what it lacks
            raise EncoderError(f"OpenVINO cannot be used: {first_line(error)}") from error
        self.batch_size = _PHOTOS_PER_STREAM * len(self._requests)

    def vectors(self, pixels: Iterable[FloatArray]) -> FloatArray:
        """n photos (3, height, width) → vectors (n, dimension), not yet of unit length."""
        vectors: dict[int, FloatArray] = {}

        def keep(request: Any, row: int) -> None:
            vectors[row] = request.get_output_tensor().data[0].copy()

        self._requests.set_callback(keep)
        try:
            for row, photo in enumerate(pixels):
                self._requests.start_async({0: photo[np.newaxis]}, row)
        finally:
            self._requests.wait_all()
        return np.stack([vectors[row] for row in range(len(vectors))])
