"""`encoders`: which encoders there are, and where they can be had."""

from __future__ import annotations

from dataclasses import asdict

import click

from indexer.console import print_json, stdout, table
from indexer.options import json_option


@click.command()
@json_option
def encoders(as_json: bool) -> None:
    """List the encoders, and where they can be had.

    Give one of these names to `build --encoder`, or a checkpoint's folder, or a model's
    name at the hub (owner/model, or owner/model@revision). One that reads texts also
    finds photos by words.
    """
    from vitrine.encoders import REGISTRY, Availability, availabilities

    where = availabilities(REGISTRY.values())
    if as_json:
        print_json(
            [asdict(spec) | {"availability": where[spec.name]} for spec in REGISTRY.values()]
        )
        return
    facts = table("encoder", "dimension", "size", "licence", "reads", "where")
    for column in (1, 2):
        facts.columns[column].justify = "right"
    kinds = table("encoder", "what it is")
    for spec in REGISTRY.values():
        facts.add_row(
            spec.name,
            str(spec.dimension),
            f"{spec.size_mb:,} MB" if spec.size_mb else "–",
            spec.licence,
            "photos, texts" if spec.reads_text else "photos",
            where[spec.name].briefly,
        )
        kinds.add_row(spec.name, spec.summary)
    stdout.print(facts)
    stdout.print()
    stdout.print(kinds)
    if Availability.AT_THE_HUB in where.values():
        stdout.print("\nWhat is at the hub is downloaded when it is first used.")
    if Availability.OUT_OF_REACH in where.values():
        stdout.print(
            "\nOut of reach: not downloaded, and no hub answered within 3 s. With the\n"
            "checkpoint's folder at hand, give --encoder FOLDER; see docs/encoders.md."
        )
