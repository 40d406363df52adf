"""`encoders`: which encoders there are, and where they can be had."""

from __future__ import annotations

from dataclasses import asdict

import click

from indexer.console import print_json, stdout, table
from indexer.options import json_option


@click.command()
@json_option
def encoders(as_json: bool) -> None:
    """List the encoders, and where they can be had."""
    from vitrine.encoders import REGISTRY, availability

    available = {spec: availability(spec) for spec in REGISTRY.values()}
    if as_json:
        print_json([asdict(spec) | {"availability": where} for spec, where in available.items()])
        return
    rows = table("encoder", "dimension", "size", "licence", "where", "what it is")
    for spec, where in available.items():
        size = f"{spec.size_mb} MB" if spec.size_mb else "–"
        rows.add_row(spec.name, str(spec.dimension), size, spec.licence, where, spec.summary)
    stdout.print(rows)
