"""Photos decoded in threads and in processes: what is seen of them, and what a bad one costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from indexer import decoding
from indexer.decoding import Decoders, Work
from indexer.stages import Decoded, Stored, kept
from indexer.timings import Stage, Timings
from tests.drawings import photo_bytes
from tests.indexer.conftest import Shop
from vitrine.encoders.base import EncoderError, Prepare
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Fetched, Validators
from vitrine.folder import IndexFolder
from vitrine.photos import decode

COUNT = 8
BAD = 3


def who(_: Image.Image) -> npt.NDArray[np.int64]:
    """The process that prepares a photo."""
    return np.array([os.getpid()])


def is_bad(photo: Image.Image) -> bool:
    bad = decode(photo_bytes(BAD))
    assert not isinstance(bad, Failure)
    return photo.tobytes() == bad.image.tobytes()


def crashing(photo: Image.Image) -> npt.NDArray[np.int64]:
    if is_bad(photo):
        os.kill(os.getpid(), signal.SIGSEGV)
    return who(photo)


def hanging(photo: Image.Image) -> npt.NDArray[np.int64]:
    if is_bad(photo):
        time.sleep(60)
    return who(photo)


def refusing(photo: Image.Image) -> npt.NDArray[np.int64]:
    if is_bad(photo):
        raise EncoderError("not this one")
    return who(photo)


class CrashingEncoder(HandcraftedEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.dimension = 1

    @property
    def prepare(self) -> Prepare:
        return crashing


class OwnEncoder(HandcraftedEncoder):
    """One that no other process can be told of."""

    def prepare(self, photo: Image.Image) -> npt.NDArray[np.int64]:
        return who(photo)


@pytest.fixture
def folder(tmp_path: Path) -> IndexFolder:
    folder = IndexFolder(tmp_path / "index")
    folder.claim()
    return folder


@pytest.fixture
def photos(folder: IndexFolder) -> list[str]:
    """Their names in the folder."""
    stored = [kept(folder, Fetched(photo_bytes(n), Validators())) for n in range(COUNT)]
    return [photo.sha256 for photo in stored if isinstance(photo, Stored)]


@pytest.fixture
def none_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "FEW", 0)


def all_of(decoders: Decoders, photos: list[str]) -> dict[str, Decoded]:
    for sha256 in photos:
        decoders.begin(Work(sha256, is_sketched=False, is_embedded=False))
    found: dict[str, Decoded] = {}
    while len(decoders):
        found |= {photo.sha256: photo for photo in decoders.take(patient=True)}
    return found


def processes_of(found: dict[str, Decoded]) -> set[int]:
    return {int(d.prepared[0]) for d in found.values() if d.prepared is not None}


def test_a_few_are_decoded_here_and_the_others_apart(
    folder: IndexFolder, photos: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "FEW", 3)
    with closing(Decoders(folder, who)) as decoders:
        few, many = all_of(decoders, photos[:3]), all_of(decoders, photos[3:])
    assert processes_of(few) == {os.getpid()}
    assert os.getpid() not in processes_of(many)
    assert 1 <= len(processes_of(many)) <= decoding.DECODERS


@pytest.mark.usefixtures("none_is_few")
def test_what_a_process_makes_is_what_is_made_here(folder: IndexFolder, photos: list[str]) -> None:
    encoder = HandcraftedEncoder()
    with closing(Decoders(folder, encoder.prepare)) as decoders:
        found = all_of(decoders, photos)
    for number, sha256 in enumerate(photos):
        photo = decode(photo_bytes(number))
        assert not isinstance(photo, Failure)
        assert np.array_equal(found[sha256].prepared, encoder.prepare(photo.image))
        assert folder.thumbnail(sha256, photo.width).stat().st_size
        assert set(found[sha256].took) == {Stage.DECODE, Stage.THUMBNAILS, Stage.PREPARE}


def test_of_what_is_no_photo_the_time_counts_too(folder: IndexFolder) -> None:
    stored = kept(folder, Fetched(b"no photo", Validators()))
    assert isinstance(stored, Stored)
    with closing(Decoders(folder, who)) as decoders:
        photo = all_of(decoders, [stored.sha256])[stored.sha256]
    assert isinstance(photo.outcome, Failure)
    assert set(photo.took) == {Stage.DECODE}


@pytest.mark.usefixtures("none_is_few")
@pytest.mark.parametrize(
    ("prepare", "cause"),
    [
        (crashing, "its decoder crashed"),
        (hanging, "decoding it took over 8 seconds"),
    ],
)
def test_a_crash_and_a_hang_cost_one_photo(
    folder: IndexFolder,
    photos: list[str],
    prepare: Callable[[Image.Image], npt.NDArray[np.int64]],
    cause: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "PHOTO_SECONDS", 8)
    with closing(Decoders(folder, prepare)) as decoders:
        found = all_of(decoders, photos)
    bad = found.pop(photos[BAD])
    assert bad.outcome == Failure(FailureCode.UNDECODABLE, cause)
    assert not any(isinstance(photo.outcome, Failure) for photo in found.values())


@pytest.mark.usefixtures("none_is_few")
@pytest.mark.parametrize(
    "answer",
    [
        b"no JSON",
        b"[1]",
        b'{"facts": {"width": 1}, "is_sketched": false, "prepared": null, "took": {}}',
        b'{"failure": {"code": "?", "message": ""}}',
    ],
)
def test_an_answer_that_is_none_costs_one_photo(
    folder: IndexFolder, photos: list[str], answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of somebody who has broken into a decoder."""
    received = Connection.recv_bytes

    def changed(connection: Connection, most: int | None = None) -> bytes:
        said = received(connection, most)
        if said == b"ready":
            return said
        monkeypatch.setattr(Connection, "recv_bytes", received)
        return answer

    monkeypatch.setattr(Connection, "recv_bytes", changed)
    with closing(Decoders(folder, who)) as decoders:
        bad = all_of(decoders, photos[:1])[photos[0]]
        good = all_of(decoders, photos[1:])
    assert bad.outcome == Failure(FailureCode.UNDECODABLE, "its decoder answered nonsense")
    assert not any(isinstance(photo.outcome, Failure) for photo in good.values())


@pytest.mark.usefixtures("none_is_few")
def test_what_is_raised_in_a_process_is_raised_here(folder: IndexFolder, photos: list[str]) -> None:
    with (
        closing(Decoders(folder, refusing)) as decoders,
        pytest.raises(EncoderError, match="not this one"),
    ):
        all_of(decoders, photos)


@pytest.mark.usefixtures("none_is_few")
def test_a_photo_that_crashes_its_decoder_is_reported_and_the_rest_published(shop: Shop) -> None:
    shop.offer(range(COUNT))
    outcome = shop.build(CrashingEncoder())
    assert [(f.product.id, f.failure.code) for f in outcome.failed] == [
        (f"p{BAD}", FailureCode.UNDECODABLE)
    ]
    assert len(shop.snapshot().ids) == COUNT - 1


@pytest.mark.usefixtures("none_is_few")
def test_what_no_process_can_be_told_of_is_done_here(
    folder: IndexFolder, photos: list[str]
) -> None:
    for prepare in (OwnEncoder().prepare, lambda photo: 1 * who(photo), partial(who)):
        with closing(Decoders(folder, prepare)) as decoders:
            assert processes_of(all_of(decoders, photos)) == {os.getpid()}


@pytest.mark.usefixtures("none_is_few")
@pytest.mark.parametrize("python", ["/bin/false", "/no/such/python"])
def test_where_no_process_can_begin_all_is_done_here(
    folder: IndexFolder, photos: list[str], python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    with closing(Decoders(folder, who)) as decoders:
        assert processes_of(all_of(decoders, photos)) == {os.getpid()}


def test_a_program_that_builds_is_not_run_again_for_it(shop: Shop, tmp_path: Path) -> None:
    """Whatever it does beside: many guard nothing by `if __name__ == "__main__"`."""
    shop.offer(range(COUNT))
    shop.write_catalogue()
    program = tmp_path / "program.py"
    program.write_text(
        """
import sys
from pathlib import Path
from indexer import decoding
from indexer.build import build, sole_indexer
from indexer.reconciling import Silent
from tests.indexer.conftest import QUICK
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.folder import IndexFolder
from vitrine.sources import read_source
print("once")
decoding.FEW = 0
folder = IndexFolder(Path(sys.argv[2]))
folder.claim()
with sole_indexer(folder):
    built = build(read_source(sys.argv[1]), folder, HandcraftedEncoder(), QUICK, Silent())
print(built.indexed)
""",
        encoding="utf-8",
    )
    command = [sys.executable, program, shop.catalogue, tmp_path / "index"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=environment
    )
    assert (ran.stdout, ran.stderr) == (f"once\n{COUNT}\n", "")


@pytest.mark.usefixtures("none_is_few")
def test_processes_end_with_the_decoders(folder: IndexFolder, photos: list[str]) -> None:
    with closing(Decoders(folder, who)) as decoders:
        processes = processes_of(all_of(decoders, photos))
        assert all(is_running(process) for process in processes)
    assert not any(is_running(process) for process in processes)


def test_processes_end_with_who_started_them_however_that_ends(
    folder: IndexFolder, photos: list[str]
) -> None:
    program = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
from indexer import decoding
from tests.indexer.test_decoding import all_of, processes_of, who
from vitrine.folder import IndexFolder
decoding.FEW = 0
with closing(decoding.Decoders(IndexFolder(Path(sys.argv[1])), who)) as decoders:
    print(*processes_of(all_of(decoders, sys.argv[2:])), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", program, str(folder.root), *photos]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (ran.returncode, ran.stderr) == (-signal.SIGKILL, "")
    processes = [int(process) for process in ran.stdout.split()]
    assert processes
    assert any(all(not is_running(process) for process in processes) for _ in moments(30))


def moments(seconds: float) -> Iterator[None]:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        yield
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def test_times_taken_elsewhere_are_steps_of_their_stages() -> None:
    timings = Timings()
    timings.add({Stage.DECODE: 2.0, Stage.PREPARE: 1.0})
    timings.add({Stage.DECODE: 3.0})
    assert timings.seconds() == {Stage.DECODE: 5.0, Stage.PREPARE: 1.0}
    steps = {account.stage: account.steps for account in timings.accounts(2)}
    assert steps == {Stage.DECODE: 2, Stage.PREPARE: 1}
