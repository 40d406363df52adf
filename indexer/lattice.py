"""Points of the plane → cells of a lattice, one for each, as near to it as there is one free."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from vitrine.maps import Cells

Points = npt.NDArray[np.float64]
"""Array (n, 2), in the unit square, the origin at the top left."""

ROOM = 16  # cells for each product: then nine in ten lie where they would without the others
LOOKS = 64  # free cells are looked for so many at a time


def depth_for(count: int) -> int:
    """Zooms of a lattice with room for so many products; at least one."""
    return max(1, math.ceil(math.log2(ROOM * count) / 2))


def placed(points: Points, side: int) -> Cells:
    """A cell of its own for each point on a lattice of `side` × `side`, the first come first.

    Raises ValueError where there are more points than cells.
    """
    if len(points) > side * side:
        raise ValueError(f"{len(points)} points have no room on {side} × {side} cells")
    homes = np.clip((points * side).astype(np.int64), 0, side - 1)
    taken = np.zeros((side, side), dtype=bool)
    around = _around(side)
    looked: dict[tuple[int, int], int] = {}  # how far around a cell there is none left
    cells = np.empty_like(homes)
    for number, home in enumerate(homes):
        key = (int(home[0]), int(home[1]))
        at = looked.get(key, 0)
        while True:
            near = home + around[at : at + LOOKS]
            fits = ((near >= 0) & (near < side)).all(axis=1)
            fits[fits] = ~taken[near[fits, 1], near[fits, 0]]
            if fits.any():
                first = int(np.argmax(fits))
                break
            at += LOOKS
        looked[key] = at
        cells[number] = near[first]
        taken[near[first, 1], near[first, 0]] = True
    return cells


def _around(side: int) -> Cells:
    """Steps to every other cell, the nearest first; those as near in a fixed order."""
    reach = np.arange(-side + 1, side)
    steps = np.stack(np.meshgrid(reach, reach, indexing="xy"), axis=-1).reshape(-1, 2)
    return steps[np.argsort((steps**2).sum(axis=1), kind="stable")]
