"""The log of a training as a picture: how the loss fell, and how many of the ten nearest agree."""

from __future__ import annotations

import csv
from pathlib import Path

FACTS = ("articleType", "baseColour", "articleType+baseColour", "gender")
"""Those that are drawn, where they were learnt."""

_SIZE = (8.0, 3.2)  # inches
_DOTS = 120  # an inch


def draw(log: Path, picture: Path) -> None:
    """Draw what `python -m training` has logged."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with log.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    figure = Figure(figsize=_SIZE, dpi=_DOTS, layout="constrained")
    losses, shares = figure.subplots(1, 2)
    losses.plot([int(line["epoch"]) for line in lines], [float(line["loss"]) for line in lines])
    losses.set(title="Loss", xlabel="epoch")
    measured = [line for line in lines if line[f"among_all {_learnt(lines)[0]}"]]
    epochs = [int(line["epoch"]) for line in measured]
    for fact in _learnt(lines):
        shares.plot(epochs, [float(line[f"among_all {fact}"]) for line in measured], label=fact)
    shares.set(title="Precision@10 of those kept aside", xlabel="epoch", ylim=(0, 1))
    shares.legend(loc="lower right", fontsize="small")
    for axes in (losses, shares):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    FigureCanvasAgg(figure).print_figure(picture)


def _learnt(lines: list[dict[str, str]]) -> list[str]:
    return [fact for fact in FACTS if f"among_all {fact}" in lines[0]]
