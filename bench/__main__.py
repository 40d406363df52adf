"""`python -m bench`: every measurement that needs no photos but the demo catalogue's."""

from __future__ import annotations

import subprocess
import sys

# And `real`, `building`, `downloading`, `quality` and `colouring`, which need real photos, `map`,
# which needs an index, `throughput`, which needs wrk, and `growth`, which takes long.
# The last of these needs Node, and its registry.
MEASUREMENTS = (
    *("click", "encoding", "uploads", "compact", "parity", "pages"),
    *("first_page", "starting", "ann", "lighthouse"),
)

for name in MEASUREMENTS:
    print(f"\n# python -m bench.{name}", flush=True)
    status = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
    if status:
        sys.exit(status)
