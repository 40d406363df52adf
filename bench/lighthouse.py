"""Lighthouse on the first page and on a product's page of 3,000 products.

`python -m bench.lighthouse [FOLDER]`: needs Node and its `npx`, which takes Lighthouse
from the npm registry. 3,000 made-up products with photos that are varied from the demo
catalogue's, indexed for real; each page three times as a phone (Lighthouse's own
default, with a slow network and processor) and three times as a desktop. Then every audit
that is not passed in full, at its worst; those of weight 0 are advice and cost no score.
The catalogue and its index are kept in FOLDER, where one is given.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click

from app import create_app
from bench.chromium import chromium_flags, chromium_path
from bench.indexing import indexed
from bench.photos import DEMO_PHOTOS, photo_paths
from bench.serving import served
from bench.shop import write_shop

LIGHTHOUSE = "lighthouse@12.8.2"  # the last that runs on Node 18 and 20
PRODUCTS = 3_000
PAGES = {"/": "/", "an item": "/item/p0"}
PRESETS: Mapping[str, Sequence[str]] = {"mobile": (), "desktop": ("--preset=desktop",)}
RUNS = 3
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
EXAMPLES = 2  # of what an audit found, that are shown
EXAMPLE_LENGTH = 120

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """An audit that is not passed: 0 to below 1. `weight` is its share in its category."""

    category: str
    audit: str
    weight: float
    score: float
    words: str


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
def main(folder: Path | None) -> None:
    npx = shutil.which("npx")
    if npx is None:
        raise SystemExit("Lighthouse needs Node, version 18 or newer, with its `npx`. Install it.")
    with ExitStack() as running:
        home = folder or Path(running.enter_context(tempfile.TemporaryDirectory()))
        port = running.enter_context(served(create_app, {"index": _index(home)}))
        for name, path in PAGES.items():
            for preset, options in PRESETS.items():
                address = f"http://127.0.0.1:{port}{path}"
                reports = [audited(npx, address, options) for _ in range(RUNS)]
                _print_scores(f"{name}, {preset}", reports)


def _index(home: Path) -> Path:
    catalogue = home / "shop.csv"
    if not catalogue.exists():
        paths = photo_paths(DEMO_PHOTOS, PRODUCTS)
        write_shop(home, list(dict.fromkeys(paths)), PRODUCTS)
    return indexed(catalogue, home / "index")


def audited(npx: str, address: str, options: Sequence[str]) -> Report:
    """Lighthouse's report on a page, as JSON."""
    flags = " ".join(["--headless=new", *chromium_flags()])
    command = [npx, "--yes", LIGHTHOUSE, address, "--output=json", "--quiet", *options]
    run = subprocess.run(
        [*command, f"--chrome-flags={flags}"],
        env={**os.environ, "CHROME_PATH": chromium_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"Lighthouse failed on {address}:\n{run.stderr[-2000:]}")
    report: Report = json.loads(run.stdout)
    return report


def shortcomings(report: Report) -> Iterator[Shortcoming]:
    """Every audit of a report that is not passed, those of weight 0 included."""
    for category in CATEGORIES:
        for reference in report["categories"][category]["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if audit["score"] is None or audit["score"] >= 1:
                continue
            words = [f"{audit['score']:.2f}", audit["title"], audit.get("displayValue", "")]
            yield Shortcoming(
                category,
                audit["id"],
                reference["weight"],
                audit["score"],
                " · ".join([*filter(None, words), *_examples(audit)]),
            )


def _examples(audit: Mapping[str, Any]) -> list[str]:
    """The first checks, elements or addresses that an audit complains of."""
    found: list[str] = []
    for item in (audit.get("details") or {}).get("items", []):
        checks = item.get("items")
        if isinstance(checks, dict):
            found += [check["label"] for check in checks.values() if not check["value"]]
        found.append((item.get("node") or item).get("snippet") or item.get("url"))
    return [each[:EXAMPLE_LENGTH] for each in found if isinstance(each, str) and each][:EXAMPLES]


def _print_scores(what: str, reports: Sequence[Report]) -> None:
    click.echo(f"\n{what}")
    for category in CATEGORIES:
        scores = [round(report["categories"][category]["score"] * 100) for report in reports]
        runs = ", ".join(map(str, scores))
        click.echo(f"  {category:15} {median(scores):3.0f}   (runs: {runs})")
    worst: dict[tuple[str, str], Shortcoming] = {}
    for each in itertools.chain.from_iterable(map(shortcomings, reports)):
        known = worst.setdefault((each.category, each.audit), each)
        if each.score < known.score:
            worst[each.category, each.audit] = each
    for each in sorted(worst.values(), key=lambda each: (each.category, -each.weight)):
        click.echo(f"  - {each.category}, weight {each.weight:g}: {each.audit}: {each.words}")


if __name__ == "__main__":
    main()
