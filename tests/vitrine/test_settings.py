"""One frozen place for settings, and a page that tells of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from vitrine.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name):
    field = Settings.model_fields[name]
    assert field.description
    row = f"| `VITRINE_{name.upper()}` | `{field.default}` | {field.description} |"
    assert row in PAGE.read_text(encoding="utf-8").splitlines()


def test_nothing_is_documented_that_does_not_exist():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `VITRINE_")]
    assert len(rows) == len(Settings.model_fields)


def test_the_environment_sets_them(monkeypatch):
    monkeypatch.setenv("VITRINE_PAGE_SIZE", "96")
    assert Settings().page_size == 96


def test_they_are_frozen():
    with pytest.raises(ValidationError):
        Settings().page_size = 3  # type: ignore[misc]


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ValidationError, match="page_size"):
        Settings(page_size=0)
