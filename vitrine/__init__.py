"""Vitrine's core, and the way into its library.

    from vitrine import ImageSimilaritySearch

    search = ImageSimilaritySearch("photos/")
    search.find_similar("query.jpg", k=5)

The core imports neither the indexer nor the gallery. The library builds indexes, so it is
of the indexer (`indexer.library`); people look for it under the project's own name, so its
names are passed on from here, and only when they are asked for (PEP 562). `import vitrine`
by itself loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.library import (
        ImageSimilaritySearch,
        SimilarImage,
        build_index,
        find_similar_images,
        preprocess_image,
    )

__all__ = [
    "ImageSimilaritySearch",
    "SimilarImage",
    "build_index",
    "find_similar_images",
    "preprocess_image",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from indexer import library

    return getattr(library, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
