"""What the owner wants besides what the catalogue says: products added and held out by hand.

    what is indexed = (the catalogue − what is held out) + what was added and has no
                      product of its id there

So a product that was added stays until it is removed, and gives way to the catalogue
as soon as that names its id; one that was removed stays out until it is restored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from vitrine.catalogue import Catalogue, Described
from vitrine.errors import UnusableError
from vitrine.failures import Failure, FailureCode
from vitrine.products import IndexedProduct, PhotolessProduct

LOST_COPY = Failure(
    FailureCode.NO_FILE, "added by hand, and its copy in the index folder is gone: add it again"
)


class AmendmentError(UnusableError):
    """What is asked for cannot be done, and nothing was changed; the message says why."""


Known = IndexedProduct | PhotolessProduct

_INDEXED: TypeAdapter[IndexedProduct] = TypeAdapter(IndexedProduct)
_KNOWN: TypeAdapter[Known] = TypeAdapter(Known)


@dataclass(frozen=True, slots=True)
class Added:
    """A product added by hand, with the very photo that it was added with.

    `origin` is where that came from, an absolute path or a URL. `stands` says whether
    it is published as such: not where the catalogue has a product of its id.
    """

    product: IndexedProduct
    origin: str
    stands: bool = True


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A product of the catalogue that was removed by hand, as it was published in `row`."""

    product: Known
    row: int


@dataclass(frozen=True, slots=True)
class Amendments:
    """Both, by id; what was added in the order in which it was."""

    added: Mapping[str, Added]
    held_out: Mapping[str, HeldOut]

    @classmethod
    def of(cls, added: Iterable[Added], held_out: Iterable[HeldOut]) -> Amendments:
        return cls({a.product.id: a for a in added}, {h.product.id: h for h in held_out})

    @property
    def standing(self) -> tuple[Added, ...]:
        """What is published as added by hand."""
        return tuple(a for a in self.added.values() if a.stands)

    def beside(self, ids: Collection[str]) -> Amendments:
        """The same beside the products of these ids: what has another's id does not stand."""
        added = (replace(a, stands=a.product.id not in ids) for a in self.added.values())
        return Amendments.of(added, self.held_out.values())


@dataclass(frozen=True, slots=True)
class Wished:
    """What is to be indexed: `catalogue`, without what is held out, and `amendments.standing`."""

    catalogue: Catalogue
    amendments: Amendments

    @classmethod
    def of(cls, catalogue: Catalogue, amendments: Amendments) -> Wished:
        products = tuple(p for p in catalogue.products if p.id not in amendments.held_out)
        beside = amendments.beside({p.id for p in products})
        return cls(replace(catalogue, products=products), beside)

    @property
    def added_photos(self) -> frozenset[str]:
        """SHA-256 of the photos that were added by hand."""
        return frozenset(a.product.sha256 for a in self.amendments.standing)

    @property
    def described(self) -> list[Described]:
        """Every product, wherever it comes from, in the order of the index."""
        return [*self.catalogue.products, *(a.product for a in self.amendments.standing)]

    def has_any_but(self, failed: Iterable[str]) -> bool:
        """Whether any product of the catalogue is left without these ids.

        Where none of the catalogue is wanted, whether any that was added is.
        """
        out = set(failed)
        added = [a.product for a in self.amendments.standing]
        return any(product.id not in out for product in self.catalogue.products or added)


def without_copy(product: IndexedProduct) -> PhotolessProduct:
    """An added product whose photo is in the index folder no more, and has no vector."""
    return PhotolessProduct(
        product.id, product.title, product.image_url, product.facts, LOST_COPY.code
    )


def as_text(product: Known) -> str:
    """A product as the ledger keeps it: JSON."""
    return _KNOWN.dump_json(product).decode()


def as_product(text: str) -> IndexedProduct:
    """What `as_text` made of a product with a photo."""
    return _INDEXED.validate_json(text)


def as_known(text: str) -> Known:
    """What `as_text` made of any product."""
    return _KNOWN.validate_json(text)
