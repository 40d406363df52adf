"""A catalogue indexed for real, by the command that an owner runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def indexed(catalogue: Path, index: Path) -> Path:
    """Bring the index in line with the catalogue by `handcrafted`; returns the index folder."""
    options = ["--index", str(index), "--encoder", "handcrafted"]
    command = [sys.executable, "-m", "indexer", "build", str(catalogue), *options, "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{catalogue.name} could not be indexed:\n{run.stderr}")
    return index
