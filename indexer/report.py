"""What the command line says: the same facts as sentences and tables, or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vitrine.catalogue import Catalogue
from vitrine.failures import REMEDIES, Failure, FailureCode
from vitrine.folder import IndexFolder
from vitrine.index import Neighbour
from vitrine.snapshot import Check, Snapshot

if TYPE_CHECKING:
    from indexer.build import BuildOutcome
    from indexer.evaluation import Precision
    from vitrine.encoders import EncoderSpec
    from vitrine.encoders.base import Encoder

SHOWN_PROBLEMS = 10  # as many lines as one reads; `--json` has them all


def catalogue_read(console: Console, catalogue: Catalogue) -> None:
    """How many products there are, and which rows were skipped."""
    console.print(f"{catalogue.path}: {_count(len(catalogue.products), 'product')}")
    for problem in catalogue.problems[:SHOWN_PROBLEMS]:
        console.print(f"  line {problem.line} skipped: {problem.message}")
    more = len(catalogue.problems) - SHOWN_PROBLEMS
    if more > 0:
        console.print(f"  and {_count(more, 'more row')} skipped")


def built(
    console: Console,
    index: Path,
    catalogue: Catalogue,
    outcome: BuildOutcome,
    encoder: Encoder,
    *,
    as_json: bool,
) -> None:
    """What a build did, what failed, and what is served now."""
    if as_json:
        _print_json(
            {
                "generation": outcome.generation,
                "products": outcome.wanted,
                "indexed": outcome.indexed,
                "encoder": encoder.name,
                **asdict(outcome.tally),
                "skipped_rows": [asdict(problem) for problem in catalogue.problems],
                "causes": dict(outcome.causes.most_common()),
                "failed": [
                    {
                        "id": failed.product.id,
                        "line": failed.product.line,
                        "image_url": failed.product.image_url,
                        "code": failed.failure.code,
                        "message": failed.failure.message,
                        "kept": failed.product.id in outcome.kept,
                    }
                    for failed in outcome.failed
                ],
            },
        )
        return
    if outcome.failed:
        examples = {
            failed.failure.code: f"line {failed.product.line}: {failed.failure.message}"
            for failed in reversed(outcome.failed)
        }
        console.print(_causes(outcome.causes, examples))
    if outcome.kept:
        console.print(f"{_count(len(outcome.kept), 'product')} among them keep their last photo.")
    if outcome.is_total_failure:
        console.print("Not one photo could be had: nothing was published.")
        if IndexFolder(index).current_name():
            console.print("What was published before stays as it is.")
        return
    tally = outcome.tally
    console.print(
        f"{_count(tally.downloaded, 'photo')} downloaded, "
        f"{tally.embedded:,} embedded with {encoder.name}."
    )
    if outcome.generation is None:
        products = _count(outcome.indexed, "product")
        console.print(f"Nothing has changed: {products} stay as they are in {index}.")
    else:
        console.print(f"Published {_count(outcome.indexed, 'product')} to {index}.")


def status(
    console: Console,
    folder: IndexFolder,
    snapshot: Snapshot,
    failures: Sequence[tuple[str, Failure]],
    *,
    as_json: bool,
) -> None:
    """What the current generation holds, and what failed in the last run."""
    manifest = snapshot.manifest
    older = [name for name in folder.generation_names() if name != snapshot.name]
    photoless = snapshot.products.all_photoless()
    if as_json:
        _print_json(
            {
                "generation": snapshot.name,
                "older_generations": older,
                **manifest.model_dump(exclude={"files"}),
                "photoless": [
                    {"id": p.id, "image_url": p.image_url, "code": p.code} for p in photoless
                ],
                "failed": [
                    {"location": location, "code": f.code, "message": f.message}
                    for location, f in failures
                ],
            },
        )
        return
    table = Table.grid(padding=(0, 2))
    table.add_row("Catalogue", f"{manifest.catalogue.name}, {manifest.catalogue.rows:,} products")
    table.add_row("Indexed", f"{manifest.products:,} products")
    encoder = f"{manifest.encoder.name}, dimension {manifest.dimension}"
    table.add_row("Encoder", f"{encoder}, fingerprint {manifest.encoder.fingerprint[:12]}")
    table.add_row("Index", f"{manifest.index.kind}, recall {manifest.index.recall:g}")
    table.add_row("Published", f"{manifest.created_at}, {_count(len(older), 'older generation')}")
    if manifest.catalogue.skipped:
        table.add_row("Skipped", f"{_count(manifest.catalogue.skipped, 'row')} of the catalogue")
    if photoless:
        table.add_row("Photoless", f"{_count(len(photoless), 'product')}; --json names them")
    console.print(table)
    failed(console, failures)


def failed(console: Console, failures: Sequence[tuple[str, Failure]]) -> None:
    """What failed in the last run, by cause."""
    if failures:
        console.print("\nIn the last run:")
        examples = {failure.code: failure.message for _, failure in reversed(failures)}
        console.print(_causes(Counter(failure.code for _, failure in failures), examples))


def verified(
    console: Console, folder: IndexFolder, checks: Sequence[Check], *, as_json: bool
) -> None:
    """Each check, passed or failed with what is wrong."""
    if as_json:
        _print_json([asdict(check) for check in checks])
        return
    for check in checks:
        mark = Text("✗", "red") if check.problem else Text("✓", "green")
        console.print(mark, check.name + (f": {check.problem}" if check.problem else ""))
    if any(check.problem for check in checks):
        console.print(
            f"The current generation of {folder.root} is damaged. "
            "Make a new one with: python -m indexer build CATALOGUE"
        )


def found(
    console: Console, snapshot: Snapshot, neighbours: Sequence[Neighbour], *, as_json: bool
) -> None:
    """Neighbours, best first, with their scores."""
    products = snapshot.products.get(neighbour.row for neighbour in neighbours)
    pairs = list(zip(neighbours, products, strict=True))
    if as_json:
        _print_json(
            [{"id": p.id, "title": p.title, "score": n.score, "facts": p.facts} for n, p in pairs],
        )
        return
    table = _table("score", "id", "title")
    for neighbour, product in pairs:
        table.add_row(f"{neighbour.score:.3f}", product.id, product.title)
    console.print(table)


def evaluated(
    console: Console, snapshot: Snapshot, figures: Sequence[Precision], *, as_json: bool
) -> None:
    """Precision by facet beside chance."""
    if as_json:
        encoder = snapshot.manifest.encoder.name
        _print_json({"encoder": encoder, "precision": [asdict(f) for f in figures]})
        return
    table = _table("same", f"precision@{figures[0].k}", "chance", "products")
    for f in figures:
        table.add_row(" + ".join(f.facets), f"{f.value:.3f}", f"{f.chance:.3f}", f"{f.queries:,}")
    console.print(table)


def encoders(console: Console, available: Mapping[EncoderSpec, str], *, as_json: bool) -> None:
    """Each encoder, with where it can be had."""
    if as_json:
        _print_json([asdict(spec) | {"availability": where} for spec, where in available.items()])
        return
    table = _table("encoder", "dimension", "size", "licence", "where", "what it is")
    for spec, where in available.items():
        size = f"{spec.size_mb} MB" if spec.size_mb else "–"
        table.add_row(spec.name, str(spec.dimension), size, spec.licence, where, spec.summary)
    console.print(table)


def _causes(causes: Counter[FailureCode], examples: Mapping[FailureCode, str]) -> Table:
    table = _table("failed", "cause", "what to do", "for example")
    for code, count in causes.most_common():
        table.add_row(f"{count:,}", str(code), REMEDIES[code], examples[code])
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
