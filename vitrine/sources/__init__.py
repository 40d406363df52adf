"""Sources: catalogues from whatever the owner has, each found by looking at what is given."""

from vitrine.sources.columns import MAPPED
from vitrine.sources.finding import read_source

__all__ = ["MAPPED", "read_source"]
