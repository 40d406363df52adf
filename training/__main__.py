"""Teach a compact encoder: ``python -m training CATALOGUE OUT``."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import click
import torch
from rich.console import Console

from training.curve import draw
from training.examples import Examples, examples_of
from training.learning import FASHION, Epoch, Learner, Recipe, facts_of
from training.network import save
from vitrine.encoders.checkpoint import WEIGHTS_FILE
from vitrine.encoders.compact.model import CompactModel
from vitrine.errors import UnusableError
from vitrine.sources import read_source

LOG_FILE = "log.csv"
SHOWN = ("articleType", "baseColour", "articleType+baseColour", "gender")


@click.command()
@click.argument("catalogue", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--epochs", default=30, show_default=True, help="Passes over all photos.")
@click.option("--seed", default=0, show_default=True, help="The same one gives the same weights.")
@click.option("--threads", type=int, help="Of the CPU; all by default.")
@click.option("--bfloat16", is_flag=True, help="16-bit floats, for CPUs that compute with them.")
def main(
    catalogue: Path, out: Path, epochs: int, seed: int, threads: int | None, bfloat16: bool
) -> None:
    """Teach a small network what is alike by the labels of CATALOGUE's own photos.

    CATALOGUE is a table such as a styles.csv, whose columns articleType, subCategory, baseColour,
    gender, masterCategory and usage are the labels, with the photos beside it. A fifth of the
    products is never learnt from; every fifth epoch says how many of the ten nearest share their
    labels. OUT gets the checkpoint, for `python -m indexer build --encoder OUT`, its recipe, and
    its log, also as a picture.
    """
    if threads:
        torch.set_num_threads(threads)
    try:
        source = read_source(catalogue)
        examples = examples_of(source, list(FASHION))
    except (UnusableError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    recipe = Recipe(FASHION, seed=seed, epochs=epochs, in_bfloat16=bfloat16)
    console = Console()
    aside = int(examples.is_validation.sum())
    used = len(examples.pixels)
    console.print(f"{used - aside:,} photos to learn from, {aside:,} to measure by")
    if left_out := len(source.products) - used:
        console.print(f"{left_out:,} products are left out: no photo in the folder, or no label")
    out.mkdir(parents=True, exist_ok=True)
    save(_taught(examples, recipe, out / LOG_FILE, console), recipe.side, out)
    (out / "recipe.json").write_text(json.dumps(facts_of(recipe), indent=2), encoding="utf-8")
    draw(out / LOG_FILE, out / "curve.png")
    megabytes = (out / WEIGHTS_FILE).stat().st_size / 1e6
    console.print(f"{out / WEIGHTS_FILE}: {megabytes:.1f} MB")


def _taught(examples: Examples, recipe: Recipe, log: Path, console: Console) -> CompactModel:
    """The network that has learnt; each epoch is a line of the log as soon as it is over."""
    learner, began = Learner(examples, recipe), time.monotonic()
    with log.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        kinds = ("aside", "among_all")
        figures = [f"{kind} {fact}" for kind in kinds for fact in recipe.labels]
        writer.writerow(["epoch", "seconds", "loss", *figures])
        for epoch in learner.epochs():
            seconds = time.monotonic() - began
            found = [] if epoch.found is None else _found(epoch, recipe)
            line = [str(epoch.number), f"{seconds:.0f}", f"{epoch.loss:.3f}"]
            writer.writerow([*line, *found])
            file.flush()
            console.print(_said(epoch, recipe, seconds), soft_wrap=True)
    return learner.network


def _found(epoch: Epoch, recipe: Recipe) -> list[str]:
    assert epoch.found is not None
    shares = (epoch.found.aside, epoch.found.among_all)
    return [f"{share[fact]:.4f}" for share in shares for fact in recipe.labels]


def _said(epoch: Epoch, recipe: Recipe, seconds: float) -> str:
    left = seconds / epoch.number * (recipe.epochs - epoch.number)
    line = f"epoch {epoch.number}/{recipe.epochs}, loss {epoch.loss:.3f}, {left / 60:.0f} min left"
    if epoch.found is None:
        return line
    all_ = epoch.found.among_all
    return f"{line}; at 10: " + ", ".join(f"{fact} {all_[fact]:.3f}" for fact in SHOWN)


if __name__ == "__main__":
    main()
