"""The state of a look: what is looked at, and how the products like it are narrowed and refined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from gallery.addresses import Filters, Pairs, address, filter_pairs, read_filters, toggled
from gallery.colours import read_hex, read_weight
from vitrine.catalogue import MAX_ID_LENGTH
from vitrine.search import Narrowing

MAX_EXAMPLES = 12  # liked, and again disliked; more would no longer move the query
MAX_TRAIL = 12  # looks before this one; earlier ones drop off


@dataclass(frozen=True, slots=True)
class Looking:
    """`path` is that of the product or photo that is looked at, `product_id` the product's.

    `more` and `less` are ids of products to look more, or less, like; `trail` has the ids
    of the products looked at before, oldest first. `colour` says how much colour counts, in
    [0, 1]; and `hex`, if there are any digits, which colour.
    """

    path: str
    product_id: str | None = None
    filters: Filters = field(default_factory=dict)
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    colour: float = 0.0
    hex: str = ""

    @property
    def narrowing(self) -> Narrowing:
        return Narrowing(filters=self.filters)

    @property
    def pairs(self) -> Pairs:
        pairs = filter_pairs(self.filters)
        for name, ids in (("more", self.more), ("less", self.less), ("trail", self.trail)):
            pairs += [(name, product_id) for product_id in ids]
        pairs += [("colour", f"{self.colour:g}")] if self.colour else []
        pairs += [("hex", self.hex)] if self.hex else []
        return pairs

    @property
    def url(self) -> str:
        return address(self.path, self.pairs)

    def at(self, path: str) -> Looking:
        """The same state at another address, such as that of its JSON twin."""
        return replace(self, path=path)

    def toggled(self, name: str, value: str) -> Looking:
        return replace(self, filters=toggled(self.filters, name, value))

    def without_filters(self) -> Looking:
        return replace(self, filters={})

    def liking(self, product_id: str) -> Looking:
        kept = self.forgetting(product_id)
        return replace(kept, more=(*kept.more, product_id)[-MAX_EXAMPLES:])

    def disliking(self, product_id: str) -> Looking:
        kept = self.forgetting(product_id)
        return replace(kept, less=(*kept.less, product_id)[-MAX_EXAMPLES:])

    def forgetting(self, product_id: str) -> Looking:
        """Without this example."""
        return replace(
            self,
            more=tuple(other for other in self.more if other != product_id),
            less=tuple(other for other in self.less if other != product_id),
        )

    def unrefined(self) -> Looking:
        return replace(self, more=(), less=())

    def coloured(self, colour: float, hex: str = "") -> Looking:
        """With colour counting as much, and as the thing's own where no other is given."""
        return replace(self, colour=colour, hex=hex)

    def onward(self, path: str, product_id: str) -> Looking:
        """The look at another product: filters and colour stay, and this look joins the trail.

        Going to a product of the trail goes back to it.
        """
        so_far = self.trail + ((self.product_id,) if self.product_id else ())
        if product_id in so_far:
            so_far = so_far[: so_far.index(product_id)]
        trail = so_far[-MAX_TRAIL:]
        return replace(self, path=path, product_id=product_id, more=(), less=(), trail=trail)


def read_looking(
    path: str, product_id: str | None, args: MultiDict[str, str], facets: Sequence[str]
) -> Looking:
    """Any query string → a state. Unknown parameters, and values beyond a few, are passed over."""

    def ids(name: str, most: int) -> tuple[str, ...]:
        given = dict.fromkeys(i for i in args.getlist(name) if 0 < len(i) <= MAX_ID_LENGTH)
        return tuple(given)[-most:]

    more = ids("more", MAX_EXAMPLES)
    hex = read_hex(args)
    colour = read_weight(args, hex)
    return Looking(
        path=path,
        product_id=product_id,
        filters=read_filters(args, facets),
        more=more,
        less=tuple(other for other in ids("less", MAX_EXAMPLES) if other not in more),
        trail=tuple(other for other in ids("trail", MAX_TRAIL) if other != product_id),
        colour=colour,
        hex=hex if colour else "",
    )
