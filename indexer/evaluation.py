"""How good is it on this catalogue? Judged by the catalogue's own labels.

Every product is a query once, and all others are ranked by their cosines to it
(leave-one-out); a hit is a product with the same facts. `measures` says what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from indexer.jackknife import CONFIDENCE, Estimate, Integers, Mask, Reals, estimate
from indexer.measures import NOBODY, Ranking, Scores
from vitrine.encoders.base import FloatArray
from vitrine.errors import UnusableError
from vitrine.products import NO_VALUE
from vitrine.snapshot import Snapshot

BLOCK = 2_000_000  # scores at a time, all of whose arrays together take some 200 MB
SEED = 0  # two runs ask the same queries, so that their figures can be compared
KINDS = ("producttype", "articletype", "type", "kind", "subcategory", "category")
COLOURS = ("colour", "basecolour", "color", "basecolor")
"""What catalogues call the facets that matter most in a look, spelt small; best first."""


class EvaluationError(UnusableError):
    """Nothing can be measured; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The classes of n products by one facet, or by several that must all agree.

    `codes` (n,) are positions in `classes`, −1 where a product lacks one of the facts.
    """

    facets: tuple[str, ...]
    codes: Integers
    classes: tuple[str, ...]

    @property
    def name(self) -> str:
        return " + ".join(self.facets)

    def of_rows(self, rows: Integers) -> Labels:
        """Of these products alone."""
        return replace(self, codes=self.codes[rows])


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: the unit vectors (n, d) of n products, under a name."""

    name: str
    vectors: FloatArray


@dataclass(frozen=True, slots=True)
class Task:
    """What all subjects are asked.

    `photos` (n,) is equal for products with the same photo: they are left out of each
    other's rankings, unless `with_identical`. `queries` are the rows that are asked for.
    """

    labels: Sequence[Labels]
    photos: Integers
    queries: Integers
    ks: tuple[int, ...]
    with_identical: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over queries: precision at each k, and mean average precision.

    `chance` is the precision, at any k, of a random order, `chance_average` its mean
    average precision.
    """

    queries: int
    precision: tuple[Estimate, ...]
    average: Estimate
    chance: float
    chance_average: float


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Figures of one class's queries.

    `mistaken_for` is the class of most of their first wrong neighbours, None where there
    are none.
    """

    code: int
    name: str
    figures: Figures
    mistaken_for: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the subjects reached by one set of labels; they were asked the same queries.

    `alone` counts the queries of which no other product is of the class, and
    `unlabelled` those that lack the fact: neither says anything.
    """

    task: Task
    labels: Labels
    scores: tuple[Scores, ...]
    alone: int
    unlabelled: int

    @property
    def is_void(self) -> bool:
        """Whether no query was left to ask; then there are no figures."""
        return not len(self.scores[0].rows)

    def figures(self, subject: int) -> Figures:
        return self._figures(self.scores[subject])

    def difference(self, subject: int, other: int) -> Figures:
        """How much better a subject is than another: means of the queries' differences."""
        a, b = self.scores[subject], self.scores[other]
        return self._figures(
            replace(
                a,
                precision=a.precision - b.precision,
                average=a.average - b.average,
                chance=np.zeros(len(a.rows)),
                chance_average=np.zeros(len(a.rows)),
                losses=a.losses.minus(b.losses),
            )
        )

    def by_class(self, subject: int) -> list[ClassFigures]:
        """Each class that was asked for, the one with the lowest average precision first.

        Their intervals are those of independent queries, wider by the factor by which the
        interval of all queries is (the design effect of Kish 1965, *Survey Sampling*).
        """
        scores, whole = self.scores[subject], self.figures(subject)
        spread = _margins(scores, np.ones(len(scores.rows), dtype=bool))
        sure = np.array([e.margin for e in (*whole.precision, whole.average)])
        factors = np.divide(sure, spread, out=np.ones(len(sure)), where=spread > 0)
        own = self.labels.codes[scores.rows]
        found = []
        for code in np.unique(own):
            chosen = own == code
            margins = _margins(scores, chosen) * factors
            values = (*scores.precision[chosen].mean(axis=0), scores.average[chosen].mean())
            *precision, average = (
                Estimate(float(value), float(margin))
                for value, margin in zip(values, margins, strict=True)
            )
            figures = Figures(
                queries=int(chosen.sum()),
                precision=tuple(precision),
                average=average,
                chance=float(scores.chance[chosen].mean()),
                chance_average=float(scores.chance_average[chosen].mean()),
            )
            mistaken = self._mistaken_for(scores.nearest[chosen], int(code))
            found.append(ClassFigures(int(code), self.labels.classes[code], figures, mistaken))
        return sorted(found, key=lambda c: (c.figures.average.value, c.name))

    def _figures(self, scores: Scores) -> Figures:
        *of_ks, of_average = scores.losses.values
        orphans, photos = scores.losses.orphans, self.task.photos
        return Figures(
            queries=len(scores.rows),
            precision=tuple(
                estimate(values, scores.rows, loss, orphans, photos)
                for values, loss in zip(scores.precision.T, of_ks, strict=True)
            ),
            average=estimate(scores.average, scores.rows, of_average, orphans, photos),
            chance=float(scores.chance.mean()),
            chance_average=float(scores.chance_average.mean()),
        )

    def _mistaken_for(self, nearest: Integers, code: int) -> str | None:
        found = self.labels.codes[nearest[nearest != NOBODY]]
        wrong = np.bincount(found[found != code])
        return self.labels.classes[int(wrong.argmax())] if len(wrong) else None


def evaluate(
    subjects: Sequence[Subject], task: Task, ranked: Callable[[int], None]
) -> list[Verdict]:
    """A verdict for each of the task's labels; `ranked` is told of every few queries done.

    All others are ranked for every query, a block of queries at a time, so that memory
    stays bounded. Raises `EvaluationError` where no two products share any class.
    """
    parts: list[list[list[Scores]]] = [[[] for _ in subjects] for _ in task.labels]
    rows_at_once = max(1, BLOCK // max(len(task.photos), 1))
    for start in range(0, len(task.queries), rows_at_once):
        queries = task.queries[start : start + rows_at_once]
        alike = np.arange(len(task.photos)) if task.with_identical else task.photos
        left_out = alike[queries][:, None] == alike[None, :]
        for position, subject in enumerate(subjects):
            ranking = Ranking(subject.vectors[queries] @ subject.vectors.T, left_out)
            for labels, found in zip(task.labels, parts, strict=True):
                found[position].append(ranking.scores_of(queries, labels.codes, task.ks))
        ranked(len(queries))
    verdicts = [
        _verdict(task, labels, [Scores.joined(each) for each in found])
        for labels, found in zip(task.labels, parts, strict=True)
    ]
    if all(verdict.is_void for verdict in verdicts):
        names = ", ".join(verdict.labels.name for verdict in verdicts)
        raise EvaluationError(
            f"no product shares its {names} with a product of another photo, so nothing can be "
            "measured. Choose another facet with --by, or ask for more --queries."
        )
    return verdicts


def _margins(scores: Scores, chosen: Mask) -> Reals:
    """Half the 95% intervals of the measures (number of ks + 1,), of independent queries.

    NaN where all queries reached the same: that says nothing about how far others differ.
    """
    values = np.column_stack([scores.precision, scores.average])[chosen]
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    spread = values.std(axis=0, ddof=1)
    spread[np.ptp(values, axis=0) == 0] = np.nan
    margins: Reals = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * spread / np.sqrt(len(values))
    return margins


def _verdict(task: Task, labels: Labels, scores: Sequence[Scores]) -> Verdict:
    unlabelled = int((labels.codes[task.queries] < 0).sum())
    alone = len(task.queries) - unlabelled - len(scores[0].rows)
    return Verdict(task, labels, tuple(scores), alone, unlabelled)


def labels_of(snapshot: Snapshot, facets: tuple[str, ...]) -> Labels:
    """The classes of a snapshot's products. Raises KeyError for a facet that is not there."""
    known = {facet.name: facet for facet in snapshot.products.facets}
    chosen = [known[name] for name in facets]
    codes = np.stack([facet.codes for facet in chosen], axis=1)
    lacks_one = (codes == NO_VALUE).any(axis=1)
    found, inverse = np.unique(codes[~lacks_one], axis=0, return_inverse=True)
    labels = np.full(len(codes), -1, dtype=np.int64)
    labels[~lacks_one] = inverse.reshape(-1)
    classes = tuple(
        " + ".join(facet.values[code] for facet, code in zip(chosen, row, strict=True))
        for row in found
    )
    return Labels(facets, labels, classes)


def usual_facets(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """What to measure by unasked: kind, colour, both at once, then every other facet.

    A facet of one value says nothing, nor one where most products are alone with theirs.
    """
    facets = [
        facet.name
        for facet in snapshot.products.facets
        if 2 <= len(facet.values) <= len(snapshot) / 2
    ]
    pair = [name for name in (_first_of(facets, KINDS), _first_of(facets, COLOURS)) if name]
    first = [(name,) for name in pair] + ([tuple(pair)] if len(pair) == 2 else [])
    return [*first, *((name,) for name in facets if name not in pair)]


def _first_of(facets: Sequence[str], known: Sequence[str]) -> str | None:
    from vitrine.sources.columns import key

    spelt = {key(name): name for name in reversed(facets)}
    return next((spelt[name] for name in known if name in spelt), None)


def chosen_queries(products: int, most: int) -> Integers:
    """All rows, or `most` random ones, always the same; in row order."""
    if most >= products:
        return np.arange(products)
    return np.sort(np.random.default_rng(SEED).choice(products, most, replace=False))
