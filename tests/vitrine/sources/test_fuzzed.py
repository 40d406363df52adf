"""What `bench.fuzz_catalogue` has found is read, or refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soundness import check_catalogue, check_error
from vitrine.catalogue import CatalogueError
from vitrine.sources import read_source

FOUND = sorted((Path(__file__).parents[1] / "fuzzed" / "catalogues").iterdir())


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_a_fuzzer_has_found_breaks_nothing(path):
    try:
        check_catalogue(read_source(path))
    except CatalogueError as error:
        check_error(error)
