"""How many examples each property is tried with: few, and always the same ones.

`VITRINE_EXAMPLES=5000 pytest tests/properties` tries so many, and others each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

MORE = os.environ.get("VITRINE_EXAMPLES")

settings.register_profile(
    "vitrine",
    max_examples=int(MORE or 60),
    derandomize=not MORE,
    deadline=None,  # machines differ, and a slow one breaks nothing
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("vitrine")

FEW = settings(max_examples=max(1, int(MORE or 400) // 50))
"""Of what takes a process each."""
