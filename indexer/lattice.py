"""Points of the plane → cells of a lattice, one for each, as near to it as there is one free."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from vitrine.maps import Cells

Points = npt.NDArray[np.float64]
"""Array (n, 2), in the unit square, the origin at the top left."""

ROOM = 16  # cells for each product: then nine in ten lie where they would without the others
REACH = 32  # cells around each are looked through at first
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
    reach = REACH
    around = _around(reach)
    looked: dict[tuple[int, int], int] = {}  # how far around a cell there is none left
    cells = np.empty_like(homes)
    for number, home in enumerate(homes):
        key = (int(home[0]), int(home[1]))
        at = looked.get(key, 0)
        while True:
            while at >= len(around):
                reach *= 2
                around = _around(reach)
            near = home + around[at : at + LOOKS]
            fits = ((near >= 0) & (near < side)).all(axis=1)
            fits[fits] = ~taken[near[fits, 1], near[fits, 0]]
            if fits.any():
                first = int(np.argmax(fits))
                break
            at += len(near)
        looked[key] = at
        cells[number] = near[first]
        taken[near[first, 1], near[first, 0]] = True
    return cells


def _around(reach: int) -> Cells:
    """Steps to all cells so far away, the nearest first; those of a longer reach begin alike."""
    line = np.arange(-reach, reach + 1)
    steps = np.stack(np.meshgrid(line, line, indexing="xy"), axis=-1).reshape(-1, 2)
    far = (steps**2).sum(axis=1)
    nearest = np.argsort(far, kind="stable")
    return steps[nearest[: np.count_nonzero(far <= reach**2)]]
