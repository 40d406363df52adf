"""`python -m bench`: every measurement that needs no photos but the demo catalogue's."""

from __future__ import annotations

import subprocess
import sys

MEASUREMENTS = ("click", "parity")  # and `real`, which needs a folder of real photos

for name in MEASUREMENTS:
    print(f"\n# python -m bench.{name}", flush=True)
    subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
