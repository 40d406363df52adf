"""`evaluate`: is it any good on this catalogue?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.console import causes_table, count, print_json, stderr, stdout
from indexer.errors import errors_in_words
from indexer.options import figure_option, index_option, json_option
from vitrine.folder import IndexFolder
from vitrine.snapshot import Snapshot, open_current

if TYPE_CHECKING:
    from indexer.evaluation import Verdict
    from indexer.subjects import Candidate, Common

WHOLE, SAMPLE = 10_000, 2_000  # products that are all asked for; and how many of more are


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options, as they were given."""

    groups: tuple[str, ...]
    ks: tuple[int, ...]
    per_class: str | None
    encoders: tuple[str, ...]
    colours: tuple[float, ...]
    against: Path | None
    queries: int | None
    with_identical: bool


@dataclass(frozen=True, slots=True)
class _Groups:
    """What to measure by: facets, and facets that must all agree; `shown` class by class."""

    all: tuple[tuple[str, ...], ...]
    shown: tuple[str, ...]


@click.command()
@click.option(
    "--by",
    "groups",
    multiple=True,
    metavar="FACET[+FACET]",
    help="A facet, or several that must agree at once; may be repeated. By default the kind, the "
    "colour, both at once, and each other facet.",
)
@click.option(
    "-k",
    "ks",
    type=click.IntRange(1, 1000),
    multiple=True,
    default=(1, 5, 10),
    show_default=True,
    help="How many neighbours to look at; may be repeated.",
)
@click.option(
    "--per-class",
    metavar="FACET[+FACET]",
    help="Every class of a facet, the worst first. By default the worst few of the first one.",
)
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    metavar="ENCODER",
    help="Judge what this encoder makes of the stored photos; one is compared with the index's "
    "own, several with the first. A name (see `encoders`), a folder, or a name at the hub.",
)
@click.option(
    "--colour",
    "colours",
    type=click.FloatRange(0, 1),
    multiple=True,
    metavar="SHARE",
    help="Judge also what is found where colour counts as much, 0 to 1, as with the gallery's "
    "slider; may be repeated.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False),
    help="Compare with another index folder, by the products that both have.",
)
@click.option(
    "--queries",
    type=click.IntRange(2),
    help=f"Ask for so many random products, always the same. By default for all of up to "
    f"{WHOLE:,}, and {SAMPLE:,} of more.",
)
@click.option(
    "--with-identical", is_flag=True, help="Count other products with the very same photo too."
)
@figure_option("Failures as a picture: queries of the worst classes beside their neighbours.")
@index_option
@json_option
def evaluate(figure: Path | None, folder: IndexFolder, as_json: bool, **options: Any) -> None:
    """Measure how good the index is, by the catalogue's own facts.

    Each product is searched with, and the others are ranked: how many of the first ones
    have the same fact? Nothing is fetched, and what is published stays as it is.

    \b
    python -m indexer evaluate
    python -m indexer evaluate --by ProductType --by ProductType+Colour --figure failures.png
    python -m indexer evaluate --encoder handcrafted --encoder path/to/checkpoint
    python -m indexer evaluate --colour 0.3 --colour 0.5
    """
    wish = _Wish(**options)
    with errors_in_words():
        snapshot = open_current(folder)
        groups = _groups(snapshot, wish)
        candidates = _candidates(folder, snapshot, wish)
        common = _common(candidates, folder, wish.against)
        verdicts = _verdicts(snapshot, common, groups, wish)
        chosen = verdicts[groups.all.index(groups.shown)]
        if chosen.is_void:
            chosen = next(verdict for verdict in verdicts if not verdict.is_void)
        if figure:
            _draw(folder, snapshot, chosen, common, figure)
    if as_json:
        print_json(_as_json(snapshot, verdicts, candidates, common))
    else:
        _say(snapshot, verdicts, common)
        _say_classes(chosen, common, every=wish.per_class is not None)
    _say_failed(candidates)


def _verdicts(
    snapshot: Snapshot, common: Common, groups: _Groups, wish: _Wish
) -> Sequence[Verdict]:
    """Ask every subject for the same products."""
    from indexer.display import counted
    from indexer.evaluation import Task, chosen_queries, evaluate, labels_of

    rows = common.rows
    _refuse_too_few(snapshot, len(rows))
    most = wish.queries or (len(rows) if len(rows) <= WHOLE else SAMPLE)
    task = Task(
        labels=[labels_of(snapshot, group).of_rows(rows) for group in groups.all],
        photos=snapshot.products.first_of_photo[rows],
        queries=chosen_queries(len(rows), most),
        ks=tuple(sorted(set(wish.ks))),
        with_identical=wish.with_identical,
    )
    with counted(stderr, "Queries", len(task.queries)) as advance:
        return evaluate(common.subjects, task, advance)


def _groups(snapshot: Snapshot, wish: _Wish) -> _Groups:
    """Facets by name; a usage error for one that is not there or says nothing."""
    from indexer.evaluation import usual_facets

    _refuse_too_few(snapshot, len(snapshot))
    facets = {facet.name: facet for facet in snapshot.products.facets}
    if not facets:
        raise click.UsageError(
            "The catalogue has no facet whose values could be compared: a column of few values, "
            "such as the kind or the colour, is needed."
        )

    def facets_of(text: str, option: str) -> tuple[str, ...]:
        names = (text,) if text in facets else tuple(dict.fromkeys(text.split("+")))
        for name in names:
            if name not in facets:
                raise click.BadParameter(
                    f"no facet {name!r}; there are: {', '.join(facets)}.", param_hint=option
                )
        if all(len(facets[name].values) < 2 for name in names):
            raise click.BadParameter(
                f"all products have the same {text}: nothing can be told apart by it.",
                param_hint=option,
            )
        return names

    wanted = [facets_of(text, "--by") for text in wish.groups] or usual_facets(snapshot)
    every = facets_of(wish.per_class, "--per-class") if wish.per_class else None
    if every and every not in wanted:
        wanted.append(every)
    if not wanted:
        raise click.UsageError(
            "No facet has two values or more that several products share; "
            f"there are: {', '.join(facets)}."
        )
    return _Groups(tuple(dict.fromkeys(wanted)), every or wanted[0])


def _candidates(folder: IndexFolder, snapshot: Snapshot, wish: _Wish) -> list[Candidate]:
    """Whose vectors are judged; the first is what the others are compared with."""
    from indexer.commands.build import chosen_encoder
    from indexer.display import BuildDisplay
    from indexer.subjects import coloured, is_own, of_encoder, of_index, own_vectors

    own = own_vectors(folder, snapshot)
    named = [
        own
        if is_own(own, name)
        else of_encoder(folder, snapshot, chosen_encoder(name), lambda: BuildDisplay(stderr))
        for name in dict.fromkeys(wish.encoders)
    ]
    is_own_first = not named or (len(named) == 1 and named[0] is not own)
    found = [own, *named] if is_own_first else named
    found += [coloured(found[0], snapshot, share) for share in dict.fromkeys(wish.colours)]
    if wish.against:
        found.append(of_index(snapshot, open_current(IndexFolder(wish.against))))
    return found


def _common(candidates: Sequence[Candidate], folder: IndexFolder, against: Path | None) -> Common:
    """What all have in common, under names that differ."""
    from indexer.subjects import in_common

    return in_common(candidates, _names(candidates, folder, against))


def _names(candidates: Sequence[Candidate], folder: IndexFolder, against: Path | None) -> list[str]:
    """Short names that differ: a checkpoint's folder goes by its last part."""
    names = [Path(each.name).name for each in candidates]
    if against:
        names[0] += f" in {folder.root.name}"
        names[-1] += f" in {against.name}"
    return [
        f"{name} ({number})" if names.count(name) > 1 else name
        for number, name in enumerate(names, start=1)
    ]


def _refuse_too_few(snapshot: Snapshot, products: int) -> None:
    if products < 2:
        left = "" if products == len(snapshot) else " that all of them have"
        raise click.UsageError(
            f"There is {count(products, 'product')}{left}, and nothing to compare "
            f"{'it' if products else 'anything'} with: two are needed at least."
        )


def _draw(
    folder: IndexFolder, snapshot: Snapshot, verdict: Verdict, common: Common, figure: Path
) -> None:
    from indexer.examples import drawn, failures
    from indexer.verdicts import worst
    from vitrine.figures import save_figure

    examples = failures(verdict, worst(verdict.by_class(0)))
    if not examples:
        stderr.print(f"There is no failure by {verdict.labels.name} to draw: {figure} is not made.")
        return
    title = f"Not the same {verdict.labels.name}, by {common.subjects[0].name}"
    save_figure(drawn(folder, snapshot, verdict, examples, common.rows.tolist(), title), figure)
    stderr.print(f"Drawn to {figure}.")


def _say(snapshot: Snapshot, verdicts: Sequence[Verdict], common: Common) -> None:
    """The figures, and what they mean."""
    from indexer.verdicts import explanation, figures_table

    names = [subject.name for subject in common.subjects]
    task = verdicts[0].task
    products = count(len(common.rows), "product")
    if len(common.rows) < len(snapshot):
        products += f" of {len(snapshot):,} that all of them have"
    stdout.print(f"{', '.join(names)}: {products} of {snapshot.manifest.catalogue.name}")
    if len(task.queries) < len(common.rows):
        stdout.print(
            f"Asked for {len(task.queries):,} of them, chosen at random and always the same."
        )
    stdout.print()
    stdout.print(figures_table([each for each in verdicts if not each.is_void], names))
    stdout.print()
    stdout.print(explanation(task.ks, compared=len(names) > 1))
    for verdict in verdicts:
        if verdict.alone or verdict.unlabelled:
            stdout.print(f"Not asked for by {verdict.labels.name}: {_why_not(verdict)}.")


def _why_not(verdict: Verdict) -> str:
    alone = f"{count(verdict.alone, 'product')} alone in their class" if verdict.alone else ""
    unlabelled = f"{verdict.unlabelled:,} without a value" if verdict.unlabelled else ""
    return ", ".join(part for part in (alone, unlabelled) if part)


def _say_classes(verdict: Verdict, common: Common, every: bool) -> None:
    """All classes of a facet, or the worst of it."""
    from indexer.verdicts import WORST, classes_table, worst

    classes = verdict.by_class(0)
    shown = classes if every else worst(classes)[:WORST]
    if len(classes) < 2:
        return
    whose = f", by {common.subjects[0].name}" if len(common.subjects) > 1 else ""
    what = "Every class" if len(shown) == len(classes) else f"The worst of {len(classes)} classes"
    stdout.print(f"\n{what}{whose}:\n")
    stdout.print(classes_table(verdict, shown))


def _say_failed(candidates: Sequence[Candidate]) -> None:
    """Photos that an encoder could not be shown."""
    from collections import Counter

    for candidate in (each for each in candidates if each.failed):
        causes = Counter(failure.code for failure in candidate.failed.values())
        examples = {
            failure.code: f"product {product_id}: {failure.message}"
            for product_id, failure in reversed(candidate.failed.items())
        }
        stderr.print(
            f"\n{count(len(candidate.failed), 'product')} left out everywhere: "
            f"{candidate.name} could not be shown the stored photo."
        )
        stderr.print(causes_table(causes, examples))
        stderr.print("python -m indexer build CATALOGUE fetches those anew.")


def _as_json(
    snapshot: Snapshot,
    verdicts: Sequence[Verdict],
    candidates: Sequence[Candidate],
    common: Common,
) -> dict[str, object]:
    from indexer.verdicts import as_json

    names = [subject.name for subject in common.subjects]
    task = verdicts[0].task
    return {
        "catalogue": snapshot.manifest.catalogue.name,
        "generation": snapshot.name,
        "products": len(common.rows),
        "queries": len(task.queries),
        "identical_photos": "ranked" if task.with_identical else "left out",
        "subjects": [
            {
                "name": name,
                "encoder": each.name,
                "fingerprint": each.fingerprint,
                "failed": [
                    {"id": product_id, "code": failure.code, "message": failure.message}
                    for product_id, failure in each.failed.items()
                ],
            }
            for name, each in zip(names, candidates, strict=True)
        ],
        "by": [as_json(verdict, names) for verdict in verdicts],
    }
