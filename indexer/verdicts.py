"""Verdicts as people and programs read them: tables in percent, and JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from rich.table import Table

from indexer.console import table
from indexer.evaluation import ClassFigures, Figures, Labels, Verdict
from indexer.jackknife import CONFIDENCE, Estimate

LINE = 80
WORST = 5  # classes that are shown unasked
ENOUGH = 5  # with fewer queries, a class is among the worst by chance


def figures_table(verdicts: Sequence[Verdict], names: Sequence[str]) -> Table:
    """A line for each subject, its difference to the first one, and chance, by labels."""
    made = table("same", *_measures(verdicts[0].task.ks), "products")
    for number, verdict in enumerate(verdicts):
        if number and len(names) > 1:
            made.add_row()
        all_figures = [verdict.figures(subject) for subject in range(len(names))]
        first, *others = all_figures
        label = verdict.labels.name
        if others:
            made.add_row(label)
            made.add_row(f"  {names[0]}", *_percents(first), f"{first.queries:,}")
        else:
            made.add_row(label, *_percents(first), f"{first.queries:,}")
        for subject, (name, figures) in enumerate(zip(names[1:], others, strict=True), start=1):
            made.add_row(f"  {name}", *_percents(figures))
            made.add_row("    difference", *_percents(verdict.difference(subject, 0), signed=True))
        chance = [_percent(first.chance)] * len(first.precision)
        made.add_row("  by chance", *chance, _percent(first.chance_average))
    return made


def classes_table(verdict: Verdict, classes: Sequence[ClassFigures]) -> Table:
    """A line for each class, in the order given."""
    largest = max(verdict.task.ks)
    made = table(
        verdict.labels.name, f"P@{largest}", "mAP", "chance", "products", "most mistaken for"
    )
    for each in classes:
        figures = each.figures
        made.add_row(
            each.name,
            _with_margin(figures.precision[verdict.task.ks.index(largest)]),
            _with_margin(figures.average),
            _percent(figures.chance_average),
            f"{figures.queries:,}",
            each.mistaken_for or "",
        )
    return made


def worst(classes: Sequence[ClassFigures]) -> Sequence[ClassFigures]:
    """The worst first; classes of few products only where there are no others."""
    return [each for each in classes if each.figures.queries >= ENOUGH] or classes


def explanation(ks: Sequence[int], compared: bool) -> str:
    """What the table means, for whoever sees it for the first time."""
    largest = max(ks)
    words = (
        f"In percent. P@{largest}: how many of the {largest} products most like a product are the "
        "same by that column. mAP: 100 where all that are the same come before all others. "
        "By chance: in a random order. ±: 95% interval, for another catalogue of this kind."
    )
    if compared:
        words += " Where a difference is smaller than its ±, neither has been shown to be better."
    return textwrap.fill(words, LINE)


def as_json(verdict: Verdict, names: Sequence[str]) -> dict[str, object]:
    """Everything there is to a verdict; shares between 0 and 1, null for what is unknown."""
    labels, ks = verdict.labels, verdict.task.ks
    results = []
    for subject, name in enumerate(() if verdict.is_void else names):
        figures = verdict.figures(subject)
        result: dict[str, object] = {"name": name, **_figures_json(figures, ks)}
        if subject:
            difference = _figures_json(verdict.difference(subject, 0), ks)
            result["difference"] = {"to": names[0], **difference}
        result["classes"] = [
            {
                "class": each.name,
                "queries": each.figures.queries,
                "chance": _chance_json(each.figures),
                **_figures_json(each.figures, ks),
                "most_mistaken_for": each.mistaken_for,
            }
            for each in verdict.by_class(subject)
        ]
        results.append(result)
    return {
        "facets": list(labels.facets),
        "classes": _classes_asked(labels),
        "queries": len(verdict.scores[0].rows),
        "alone_in_their_class": verdict.alone,
        "without_a_value": verdict.unlabelled,
        "chance": None if verdict.is_void else _chance_json(verdict.figures(0)),
        "results": results,
    }


def _classes_asked(labels: Labels) -> int:
    return len(set(labels.codes[labels.codes >= 0].tolist()))


def _figures_json(figures: Figures, ks: Sequence[int]) -> dict[str, object]:
    return {
        "precision": {
            str(k): _estimate_json(each) for k, each in zip(ks, figures.precision, strict=True)
        },
        "mean_average_precision": _estimate_json(figures.average),
    }


def _chance_json(figures: Figures) -> dict[str, float]:
    return {"precision": figures.chance, "mean_average_precision": figures.chance_average}


def _estimate_json(estimate: Estimate) -> dict[str, float | None]:
    margin = None if math.isnan(estimate.margin) else estimate.margin
    return {"value": estimate.value, "margin": margin, "confidence": CONFIDENCE}


def _measures(ks: Sequence[int]) -> list[str]:
    return [*(f"P@{k}" for k in ks), "mAP"]


def _percents(figures: Figures, signed: bool = False) -> list[str]:
    return [_with_margin(each, signed) for each in (*figures.precision, figures.average)]


def _with_margin(estimate: Estimate, signed: bool = False) -> str:
    value = _percent(estimate.value, signed)
    return value if math.isnan(estimate.margin) else f"{value} ±{100 * estimate.margin:.1f}"


def _percent(share: float, signed: bool = False) -> str:
    text = f"{100 * share:+.1f}" if signed else f"{100 * share:.1f}"
    return text.replace("-", "−").rjust(5)
