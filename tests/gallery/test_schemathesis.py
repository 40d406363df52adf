"""What `/openapi.json` promises holds for requests that nobody has thought of.

schemathesis makes them of the document itself: ones that keep to it and ones that do not.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from app import create_app
from tests.gallery.conftest import PAGE_SIZE, served
from vitrine.settings import Settings

EXAMPLES = 30  # of each operation, and as many again of bad requests
OPERATIONS = [
    ("GET", "/get_similar"),
    ("POST", "/get_similar"),
    ("POST", "/fashion"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/openapi.json"),
    ("GET", "/api/products"),
    ("GET", "/api/products/{product_id}"),
    ("GET", "/api/photo/{token}"),
    ("GET", "/api/values/{name}"),
    ("GET", "/api/map"),
    ("GET", "/api/index"),
]
WITHOUT_PARAMETERS = ("/healthz", "/readyz", "/openapi.json", "/api/index")

# No document can say that of four parameters exactly one is given, or that a file is a photo.
NOT_SAID = [checks.positive_data_acceptance]
# The twins pass over what is no value of a parameter, as their pages do.
PASSED_OVER = [*NOT_SAID, checks.negative_data_rejection]


@pytest.fixture(scope="module")
def schema(wardrobe):
    config = Settings(index=wardrobe.root, page_size=PAGE_SIZE, client_searches=0, all_searches=0)
    with served(create_app(config), config) as address:
        yield schemathesis.openapi.from_url(f"{address}/openapi.json")


def test_none_of_the_operations_is_left_out(schema):
    found = {(each.ok().method.upper(), each.ok().path) for each in schema.get_all_operations()}
    itself = {("GET", "/openapi.json")}  # which schemathesis leaves out unless it is asked for
    assert found | itself == set(OPERATIONS)


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        (method, path, mode)
        for method, path in OPERATIONS
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or path not in WITHOUT_PARAMETERS
    ],
)
def test_every_answer_is_one_that_the_document_describes(schema, method, path, mode):
    excluded = PASSED_OVER if path.startswith("/api/") else NOT_SAID

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def holds(case):
        case.call_and_validate(excluded_checks=excluded, timeout=20)

    holds()
