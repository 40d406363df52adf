"""All products together: their order, their ProductIds, their rows in the CSV."""

from __future__ import annotations

import random
from dataclasses import dataclass

from studio import (
    accessories,
    bags,
    blouses,
    dresses,
    footwear,
    jackets,
    knitwear,
    shirts,
    skirts,
    tees,
    trousers,
)
from studio.design import Design

FAMILIES = (
    tees,
    shirts,
    blouses,
    knitwear,
    jackets,
    dresses,
    skirts,
    trousers,
    footwear,
    bags,
    accessories,
)

FIRST_ID = 1001

# Any fixed number does; this one opens the gallery with a varied first page.
ORDER_SEED = 20

COLUMNS = (
    "ProductId",
    "Gender",
    "Category",
    "SubCategory",
    "ProductType",
    "Colour",
    "Usage",
    "ProductTitle",
    "Image",
    "ImageURL",
)


@dataclass(frozen=True, slots=True)
class Product:
    """A design with its place in the catalogue."""

    product_id: int
    design: Design

    @property
    def image(self) -> str:
        return f"{self.product_id}.webp"

    @property
    def row(self) -> tuple[str, ...]:
        """The values of `COLUMNS`."""
        d = self.design
        return (
            str(self.product_id),
            d.gender,
            d.category,
            d.sub_category,
            d.product_type,
            d.colour,
            d.usage,
            d.title,
            self.image,
            f"photos/{self.image}",
        )


def catalogue() -> list[Product]:
    """Every product, in the catalogue's mixed order, with consecutive ProductIds."""
    designs = [design for family in FAMILIES for design in family.PRODUCTS]
    random.Random(ORDER_SEED).shuffle(designs)
    return [Product(FIRST_ID + i, design) for i, design in enumerate(designs)]
