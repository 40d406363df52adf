"""Every value of one facet, as its page and its JSON twin list them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from gallery.addresses import facet_names
from gallery.browsing import Browsing
from gallery.links import Choice, choices
from gallery.refusals import Code, Refusal
from vitrine.search import facet_counts
from vitrine.snapshot import Snapshot


def values_of(snapshot: Snapshot, browsing: Browsing, name: str) -> Sequence[Choice]:
    """The values in the order of their names; each leads to the first page narrowed by it."""
    if name not in facet_names(snapshot):
        raise Refusal(Code.NOT_FOUND, _("There is no such facet."))
    counts = next(f for f in facet_counts(snapshot, browsing.narrowing) if f.name == name)
    ordered = sorted(counts.counts, key=lambda each: each.value.casefold())
    return choices(browsing.on_page(1), name, ordered)
