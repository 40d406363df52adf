"""The documentation names only what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gallery.refusals import STATUSES
from indexer.__main__ import NAMES
from indexer.commands import command_of

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
PYTHONS_OWN = {"http.server"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)\)", TEXTS[page])
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_can_be_reached_from_the_readme():
    reached, to_read = set(), [ROOT / "README.md"]
    while to_read:
        page = to_read.pop()
        if page not in reached:
            reached.add(page)
            targets = re.findall(r"\]\(([^)#:]+\.md)", TEXTS[page])
            to_read += [(page.parent / target).resolve() for target in targets]
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= reached


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_exists(page):
    targets = re.findall(r"^[a-z]+(?=:)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^|`)make ([a-z]+)", TEXTS[page], re.MULTILINE)
    assert set(named) <= set(targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_of_the_indexer_exists(page):
    for command, rest in re.findall(r"python -m indexer ([a-z]+)([^\n`#]*)", TEXTS[page]):
        assert command in NAMES
        known = {option for p in command_of(command).params for option in p.opts}
        assert set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest)) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_is_run_exists(page):
    for module in re.findall(r"python -m ([a-z]+(?:\.[a-z_]+)*)", TEXTS[page]):
        path = ROOT / module.replace(".", "/")
        is_ours = path.with_suffix(".py").exists() or (path / "__main__.py").exists()
        assert is_ours or module in PYTHONS_OWN, module


def test_every_error_code_of_the_api_is_documented_with_its_status():
    rows = re.findall(r"^\| (\d{3}) \| ([^|]+) \|", TEXTS[ROOT / "docs" / "api.md"], re.MULTILINE)
    documented = {
        code: int(status) for status, cell in rows for code in re.findall(r"`(\w+)`", cell)
    }
    assert documented == {str(code): status for code, status in STATUSES.items()}
