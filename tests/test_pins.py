"""What is installed is what pins/ says, and pins/ leaves no version to chance."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HASHED = {
    "run.txt": ("requirements.txt",),
    "scale.txt": ("requirements.txt", "requirements-scale.txt"),
    "dev.txt": ("requirements.txt", "requirements-scale.txt", "requirements-dev.txt"),
    "tools.txt": ("requirements-tools.txt",),
}
BUILD_OF_TORCH = re.compile(r"torch|triton|(cuda|nvidia)-.+")


def asked(name: str) -> list[Requirement]:
    """What a requirements file asks for by itself."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line[:1] not in ("", "#", "-")]


def pinned(name: str) -> dict[str, Requirement]:
    """What a file of pins/ has, by its canonical name."""
    pins = [
        Requirement(line.removesuffix("\\"))
        for line in (ROOT / "pins" / name).read_text(encoding="utf-8").splitlines()
        if line[:1] not in ("", "#", " ")
    ]
    by_name: dict[str, Requirement] = {canonicalize_name(pin.name): pin for pin in pins}
    assert len(by_name) == len(pins), "two versions of one package"
    return by_name


def brought_in(requirements: list[Requirement]) -> dict[str, str]:
    """The installed version of all that these bring in here, themselves too."""
    versions: dict[str, str] = {}
    met: set[tuple[str, str]] = set()
    to_meet = [(requirement, "") for requirement in requirements]
    while to_meet:
        requirement, extra = to_meet.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        found = distribution(name)
        assert requirement.specifier.contains(found.version, prereleases=True), requirement
        versions[name] = found.version
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in met:
                met.add((name, wanted))
                to_meet += [(Requirement(line), wanted) for line in found.requires or ()]
    return versions


@pytest.mark.parametrize("name", ["run.txt", "scale.txt", "dev.txt"])
def test_all_that_is_installed_for_the_requirements_is_pinned_at_its_version(name):
    pins = pinned("constraints.txt")
    hashed = pinned(name)
    installed = brought_in([one for file in HASHED[name] for one in asked(file)])
    assert len(installed) > len(asked("requirements.txt"))
    for package, version in installed.items():
        assert package in pins, f"{package} is not pinned: make pins"
        assert pins[package].specifier.contains(version, prereleases=True), (package, version)
        assert package in hashed or BUILD_OF_TORCH.fullmatch(package), f"{package} has no hash"


@pytest.mark.parametrize("name", ["constraints.txt", *HASHED])
def test_every_pin_is_of_one_version(name):
    for pin in pinned(name).values():
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), pin
        assert pin.url is None


@pytest.mark.parametrize("name", HASHED)
def test_every_pin_but_those_of_torchs_builds_has_a_hash(name):
    text = (ROOT / "pins" / name).read_text(encoding="utf-8")
    for package in pinned(name):
        assert re.search(rf"^{package}==.*\\\n +--hash=sha256:[0-9a-f]{{64}}", text, re.MULTILINE)
        assert not BUILD_OF_TORCH.fullmatch(package), f"{package} would be installed everywhere"


def test_all_files_pin_the_same_versions():
    everything, dev, run = pinned("constraints.txt"), pinned("dev.txt"), pinned("run.txt")
    assert all(dev[package].specifier == pin.specifier for package, pin in run.items())
    assert all(everything[package].specifier == pin.specifier for package, pin in dev.items())
    assert all(BUILD_OF_TORCH.fullmatch(package) for package in everything.keys() - dev.keys())


@pytest.mark.parametrize("name", HASHED)
def test_what_is_asked_for_is_pinned_at_the_version_that_is_asked_for(name):
    pins = {**pinned("constraints.txt"), **pinned(name)}
    for requirement in [one for file in HASHED[name] for one in asked(file)]:
        assert pins[canonicalize_name(requirement.name)].specifier == requirement.specifier
