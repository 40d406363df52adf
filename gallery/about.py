"""The owner's page: what is indexed, with what, and which photos could not be had, and why."""

from __future__ import annotations

import csv
import io
import shlex
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, format_percent

from gallery import context
from gallery.addresses import facet_names
from gallery.answers import FailureCause, Index, IndexedFacet
from gallery.causes import CAUSES
from gallery.links import label
from gallery.tiles import is_web_address, item_path
from vitrine.failures import FailureCode
from vitrine.products import PhotolessProduct
from vitrine.snapshot import Snapshot
from vitrine.spreadsheets import defused

blueprint = Blueprint("about", __name__)

EXAMPLES = 3  # products that are named for each cause; the CSV has all
FINGERPRINT = 12  # characters of it that are shown, as the indexer's `status` does


@blueprint.get("/about-index")
def about() -> ResponseReturnValue:
    """What is indexed, and what the owner can do about what is not."""
    answer = index_answer(context.snapshot())
    return render_template(
        "about.html",
        index=answer,
        published=format_datetime(datetime.fromisoformat(answer["created_at"])),
        recall=format_percent(answer["index"]["recall"], "#,##0.##%"),
    )


@blueprint.get("/about-index/failures.csv")
def failures() -> ResponseReturnValue:
    """Every product without its photo, for a spreadsheet."""
    file = io.StringIO()
    file.write("\ufeff")  # or a spreadsheet takes it for another encoding
    rows = csv.writer(file)
    rows.writerow(["id", "title", "image_url", "code", "remedy"])
    for p in context.snapshot().products.all_photoless():
        reference = _reference(p.image_url)
        cells = [p.id, p.title, reference, p.code, str(CAUSES[p.code].remedy)]
        rows.writerow([defused(cell) for cell in cells])
    answer = Response(file.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=failures.csv"
    return answer


def index_answer(snapshot: Snapshot) -> Index:
    """All that the page and its JSON twin show; nothing in it is a path of the server."""
    manifest, folder = snapshot.manifest, context.gallery().folder
    photoless = snapshot.products.all_photoless()
    return {
        "url": url_for("api.index"),
        "page_url": url_for("about.about"),
        "failures_url": url_for("about.failures"),
        "generation": snapshot.name,
        "created_at": manifest.created_at,
        "products": len(snapshot),
        "catalogue": {
            "name": manifest.catalogue.name,
            "rows": manifest.catalogue.rows,
            "skipped": manifest.catalogue.skipped,
        },
        "facets": _facets(snapshot),
        "encoder": {
            "name": context.encoder_name(snapshot),
            "dimension": manifest.dimension,
            "fingerprint": manifest.encoder.fingerprint[:FINGERPRINT],
            "reads_text": manifest.encoder.reads_text,
        },
        "index": {"kind": manifest.index.kind, "recall": manifest.index.recall},
        "photoless": len(photoless),
        "failures": _causes(photoless),
        "command": _command(snapshot),
        "indexing": folder.is_being_indexed(),
        "older_generations": [n for n in folder.generation_names() if n < snapshot.name],
    }


def _facets(snapshot: Snapshot) -> list[IndexedFacet]:
    names = facet_names(snapshot)
    return [
        {
            "name": facet.name,
            "label": label(facet.name),
            "values": len(facet.values),
            "url": url_for("api.values", name=facet.name),
            "page_url": url_for("pages.values", name=facet.name),
        }
        for facet in snapshot.products.facets
        if facet.name in names
    ]


def _causes(photoless: Sequence[PhotolessProduct]) -> list[FailureCause]:
    return [
        {
            "code": code,
            "cause": str(CAUSES[code].words),
            "remedy": str(CAUSES[code].remedy),
            "products": count,
            "examples": [
                {
                    "id": p.id,
                    "title": p.title,
                    "url": url_for("api.product", product_id=p.id),
                    "page_url": item_path(p.id),
                }
                for p in _first_of(photoless, code)
            ],
        }
        for code, count in Counter(p.code for p in photoless).most_common()
    ]


def _first_of(photoless: Sequence[PhotolessProduct], code: FailureCode) -> list[PhotolessProduct]:
    return [p for p in photoless if p.code == code][:EXAMPLES]


def _command(snapshot: Snapshot) -> str:
    """What indexes the catalogue anew with the same encoder; capitals stand for paths."""
    encoder = snapshot.manifest.encoder.name
    words = ["python", "-m", "indexer", "build", "CATALOGUE"]
    words += ["--encoder", "ENCODER" if _is_absolute(encoder) else encoder]
    words += [] if context.gallery().has_default_index else ["--index", "INDEX"]
    return shlex.join(words)


def _reference(image_url: str) -> str:
    """The photo's reference as the catalogue has it; of a path from the root, its last part."""
    is_file = image_url[:5].lower() == "file:"
    if is_web_address(image_url) or not (is_file or _is_absolute(image_url)):
        return image_url
    return PureWindowsPath(image_url).name  # takes both kinds of slashes


def _is_absolute(path: str) -> bool:
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
