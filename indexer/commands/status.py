"""`status`: what is indexed, what failed and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from indexer.amendments import Amendments
from indexer.console import by_hand, causes_table, count, print_json, stderr, stdout
from indexer.errors import errors_in_words
from indexer.options import index_option, json_option
from vitrine.failures import Failure
from vitrine.folder import IndexFolder
from vitrine.index_encoder import full_name
from vitrine.snapshot import Snapshot, SnapshotError, open_current


@click.command()
@index_option
@json_option
def status(folder: IndexFolder, as_json: bool) -> None:
    """Show what is indexed, what failed and why."""
    from indexer.ledger import Ledger

    failures: list[tuple[str, Failure]] = []
    amendments = Amendments.of([], [])
    with errors_in_words():
        if folder.ledger.exists():
            with Ledger(folder.ledger) as ledger:
                failures = ledger.failures()
                amendments = ledger.amendments()
        try:
            snapshot = open_current(folder)
        except SnapshotError:
            _say_what_failed(stderr, failures)
            raise
        if as_json:
            print_json(_as_json(folder, snapshot, amendments, failures))
            return
        stdout.print(_overview(folder, snapshot, amendments))
        _say_what_failed(stdout, failures)


def _overview(folder: IndexFolder, snapshot: Snapshot, amendments: Amendments) -> Table:
    """What the current generation holds."""
    manifest = snapshot.manifest
    older = [name for name in folder.generation_names() if name != snapshot.name]
    photoless = snapshot.products.all_photoless()
    table = Table.grid(padding=(0, 2))
    table.add_row("Catalogue", f"{manifest.catalogue.name}, {manifest.catalogue.rows:,} products")
    table.add_row("Indexed", f"{manifest.products:,} products")
    if amended := by_hand(len(amendments.standing), len(amendments.held_out)):
        table.add_row("By hand", f"{amended}; --json names them")
    encoder = f"{full_name(folder, manifest.encoder)}, dimension {manifest.dimension}"
    table.add_row("Encoder", f"{encoder}, fingerprint {manifest.encoder.fingerprint[:12]}")
    where = f", in {manifest.index.address}" if manifest.index.address else ""
    table.add_row("Index", f"{manifest.index.kind}, recall {manifest.index.recall:g}{where}")
    table.add_row("Published", f"{manifest.created_at}, {count(len(older), 'older generation')}")
    if manifest.catalogue.skipped:
        table.add_row("Skipped", f"{count(manifest.catalogue.skipped, 'row')} of the catalogue")
    if photoless:
        table.add_row("Photoless", f"{count(len(photoless), 'product')}; --json names them")
    return table


def _as_json(
    folder: IndexFolder,
    snapshot: Snapshot,
    amendments: Amendments,
    failures: Sequence[tuple[str, Failure]],
) -> dict[str, object]:
    return {
        "generation": snapshot.name,
        "older_generations": [n for n in folder.generation_names() if n != snapshot.name],
        **snapshot.manifest.model_dump(exclude={"files", "seal"}),
        "by_hand": [{"id": a.product.id, "origin": a.origin} for a in amendments.standing],
        "held_out": [{"id": h.product.id} for h in amendments.held_out.values()],
        "photoless": [
            {"id": p.id, "image_url": p.image_url, "code": p.code}
            for p in snapshot.products.all_photoless()
        ],
        "failed": [
            {"location": location, "code": f.code, "message": f.message} for location, f in failures
        ],
    }


def _say_what_failed(console: Console, failures: Sequence[tuple[str, Failure]]) -> None:
    """What failed in the last run, by cause."""
    if failures:
        console.print("\nIn the last run:")
        examples = {failure.code: failure.message for _, failure in reversed(failures)}
        console.print(causes_table(Counter(failure.code for _, failure in failures), examples))
