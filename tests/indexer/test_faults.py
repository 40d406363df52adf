"""Killed, or on a disk that is full or broken, at any call: nothing is lost."""

from __future__ import annotations

import pytest

from tests.faults import COMPILER, Fault, Machine
from tests.photo_server import PhotoServer
from tests.trials import changed_shop

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler here")


@pytest.fixture(scope="module")
def server():
    with PhotoServer() as server:
        yield server


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    with Machine(tmp_path_factory.mktemp("machine")) as machine:
        yield machine


@pytest.fixture(scope="module")
def trials(machine, server, tmp_path_factory):
    return changed_shop(machine, server, tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize(
    ("fault", "count"),
    [(Fault.KILL, 9), (Fault.FULL, 3), (Fault.NO_SPACE, 2), (Fault.BROKEN, 3)],
)
def test_a_run_struck_at_any_call_loses_nothing(trials, fault, count):
    for at in trials.spread(count):
        trials.struck(fault, at)
