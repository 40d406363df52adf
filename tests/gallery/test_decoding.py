"""Photos decoded in processes apart: what these give back, what stops them, what outlives them."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import requests
from PIL import Image

from gallery import decoding, uploads
from gallery.decoding import Decoders
from tests.drawings import photo_bytes
from tests.gallery.conftest import served
from vitrine.failures import Failure, FailureCode
from vitrine.photos import Photo, decode
from vitrine.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ROOT = Path(__file__).parents[2]


def saved(image: Image.Image, format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def large(width: int, height: int) -> bytes:
    """A PNG of few bytes and of as many pixels as are wanted."""
    return saved(Image.new("RGB", (width, height), "red"), "PNG")


def children(pid: int | str = "self") -> set[int]:
    """The processes that a process has started and that run."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError):  # a thread that has just ended
            found |= {int(child) for child in task.read_text().split()}
    return found


def is_running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until(holds, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@contextmanager
def opened(**limits) -> Iterator[Decoders]:
    decoders = Decoders(**limits)
    try:
        yield decoders
    finally:
        decoders.close()


@contextmanager
def one_worker(**limits) -> Iterator[tuple[Decoders, int]]:
    """Decoders whose only worker has started, and its process."""
    before = children()
    with opened(**limits) as decoders:
        assert isinstance(decoders.decode(photo_bytes(1)), Photo)
        (worker,) = children() - before
        yield decoders, worker


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    with opened() as decoders:
        yield decoders


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(photo_bytes(1), id="PNG"),
        pytest.param(photo_bytes(2, (3000, 4000), kind="JPEG"), id="a JPEG that is scaled down"),
        pytest.param(saved(Image.effect_noise((2000, 1501), 60), "PNG"), id="several bands"),
        pytest.param(saved(Image.new("RGB", (1, 1)), "WEBP"), id="one pixel"),
        pytest.param(large(65_535, 30), id="bands of few rows"),
    ],
)
def test_a_photo_comes_back_as_it_is_decoded_here(decoders: Decoders, body: bytes):
    apart, here = decoders.decode(body), decode(body)
    assert isinstance(apart, Photo)
    assert isinstance(here, Photo)
    assert (apart.width, apart.height, apart.format) == (here.width, here.height, here.format)
    assert apart.image.mode == "RGB"
    assert np.array_equal(np.asarray(apart.image), np.asarray(here.image))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"%PDF-1.7", photo_bytes(1)[:200], large(10_000, 8001)]
)
def test_a_failure_comes_back_as_it_is_told_here(decoders: Decoders, body: bytes):
    failure = decoders.decode(body)
    assert isinstance(failure, Failure)
    assert failure == decode(body)


def test_one_worker_serves_photo_after_photo():
    with one_worker() as (decoders, worker):
        before = children()
        for body in (photo_bytes(2), b"no photo", photo_bytes(3)):
            decoders.decode(body)
        assert children() == before
        assert worker in before


def test_there_are_as_many_workers_as_photos_at_a_time():
    before = children()
    with opened() as decoders:
        threads = [
            threading.Thread(target=decoders.decode, args=[large(1000, 1000)]) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 1 <= len(children() - before) <= 3
    wait_until(lambda: children() == before)


class TestWhatStopsAWorker:
    """Each costs one photo, and the next one is decoded."""

    def refused(self, decoders: Decoders, body: bytes, caplog) -> str:
        failure = decoders.decode(body)
        assert isinstance(failure, Failure)
        assert failure.code is FailureCode.UNDECODABLE
        assert failure.message in caplog.text
        assert isinstance(decoders.decode(photo_bytes(2)), Photo)
        return failure.message

    @pytest.mark.parametrize("crash", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
    def test_a_crash(self, crash, caplog):
        with one_worker() as (decoders, worker):
            # It is to die of the photo, and not before.
            os.kill(worker, signal.SIGSTOP)
            dying = threading.Timer(0.1, lambda: (os.kill(worker, crash), resume(worker)))
            dying.start()
            message = self.refused(decoders, photo_bytes(1), caplog)
            assert crash.name in message
            assert not is_running(worker)

    def test_a_hang(self, caplog):
        with one_worker(seconds=3) as (decoders, worker):
            os.kill(worker, signal.SIGSTOP)
            began = time.monotonic()
            message = self.refused(decoders, photo_bytes(1), caplog)
            assert 3 <= time.monotonic() - began < 30
            assert "after 3 seconds" in message
            assert not is_running(worker)

    def test_the_room_that_a_photo_took_is_given_back(self):
        with one_worker() as (decoders, _):
            (worker,) = decoders._workers
            assert isinstance(decoders.decode(large(1000, 1000)), Photo)
            assert os.fstat(worker._shared.fileno()).st_blocks == 0

    def test_more_memory_than_it_may_have(self, caplog):
        with one_worker(memory=450 * 2**20) as (decoders, _):
            assert isinstance(decoders.decode(large(1000, 1000)), Photo)
            assert "more memory than" in self.refused(decoders, large(7000, 7000), caplog)

    def test_pixels_that_there_is_no_room_to_hand_over(self):
        with Path(os.devnull).open("rb") as nothing:  # which can't be mapped
            head = decoding._decoded(photo_bytes(1), nothing.fileno())
        assert head["failure"] == FailureCode.UNDECODABLE
        assert "more memory than" in str(head["message"])

    def test_an_end_between_two_photos_costs_none(self):
        with one_worker() as (decoders, worker):
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda: not is_running(worker))
            assert isinstance(decoders.decode(photo_bytes(1)), Photo)


def resume(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


@dataclass
class BareWorker:
    """A worker without a gallery: the other end of its connection, its file, its process."""

    connection: Connection
    file: IO[bytes]
    process: subprocess.Popen[bytes]

    def send(self, body: bytes) -> None:
        os.pwrite(self.file.fileno(), body, 0)
        os.ftruncate(self.file.fileno(), 3 * 10**8)
        self.connection.send_bytes(str(len(body)).encode())


@contextmanager
def bare_worker(seconds: float) -> Iterator[BareWorker]:
    ours, theirs = Pipe()
    with ours, theirs, tempfile.TemporaryFile() as file:
        files = [theirs.fileno(), file.fileno()]
        process = subprocess.Popen(
            [sys.executable, "-m", "gallery.decoding", *map(str, [*files, seconds, 2**31])],
            cwd=ROOT,
            pass_fds=files,
        )
        theirs.close()
        try:
            yield BareWorker(ours, file, process)
        finally:
            process.kill()
            process.wait()


def test_a_worker_stops_itself_where_nobody_else_does():
    with bare_worker(seconds=0.05) as worker:
        worker.send(large(8000, 8000))
        assert worker.process.wait(timeout=30) == -signal.SIGALRM


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_group_leaves_the_answer_to_the_gallery(signalled):
    with bare_worker(seconds=30) as worker:
        worker.send(photo_bytes(1))
        assert b'"columns": 96' in worker.connection.recv_bytes()
        worker.process.send_signal(signalled)
        worker.send(b"no photo")
        assert b"not_an_image" in worker.connection.recv_bytes()
        worker.connection.close()
        assert worker.process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"no JSON",
        b'{"failure": "no such code", "message": ""}',
        b'{"width": 9, "height": 9, "format": "PNG", "columns": -3, "rows": -3}',
        b'{"width": 1e9, "height": 1e9, "format": "PNG", "columns": 1e9, "rows": 1e9}',
        b'{"width": 2, "height": 2, "format": "PNG", "columns": 3, "rows": 3}',
        b"[" * 60_000,
    ],
)
def test_a_worker_that_somebody_has_broken_into_can_answer_nothing_but_a_photo(
    answer: bytes, monkeypatch
):
    with one_worker() as (decoders, process):
        (worker,) = decoders._workers
        ours, theirs = Pipe()
        monkeypatch.setattr(worker, "_connection", ours)
        with theirs:
            theirs.send_bytes(answer)
            failure = decoders.decode(photo_bytes(1))
        assert isinstance(failure, Failure)
        assert failure.code is FailureCode.UNDECODABLE
        assert not is_running(process)


def test_nor_can_it_take_away_the_pixels_that_the_gallery_reads(monkeypatch):
    with one_worker() as (decoders, _):
        (worker,) = decoders._workers
        ours, theirs = Pipe()
        monkeypatch.setattr(worker, "_connection", ours)
        with theirs:
            theirs.send_bytes(
                b'{"width": 9, "height": 9, "format": "PNG", "columns": 9, "rows": 9}'
            )
            monkeypatch.setattr(
                "gallery.decoding._write", lambda file, body: os.ftruncate(file, 100)
            )
            failure = decoders.decode(photo_bytes(1))
        assert isinstance(failure, Failure)
        assert "nonsense" in failure.message


def test_a_worker_imports_what_it_needs_and_no_more():
    program = "import sys, gallery.decoding; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"torch", "flask", "faiss", "pandas", "requests", "transformers", "gallery.uploads"}
    assert not heavy & set(run.stdout.split())


def test_a_worker_can_write_no_file(tmp_path):
    program = """if True:
        import sys
        from gallery.decoding import _confine
        _confine(2**31)
        try:
            with open(sys.argv[1], "wb", 0) as file:
                file.write(b"x")
        except OSError:
            sys.exit(7)
    """
    command = [sys.executable, "-c", program, str(tmp_path / "file")]
    run = subprocess.run(command, cwd=ROOT, check=False)
    assert run.returncode == 7


class TestGallery:
    def test_it_starts_none_before_a_photo_is_searched_with(self, client, monkeypatch):
        before = children()
        with opened() as decoders:
            monkeypatch.setattr(uploads, "decoders", decoders)
            for path in ("/", "/item/1003", "/get_similar?id=1003", "/healthz"):
                assert client.get(path).status_code == 200
            assert children() == before

    def test_a_crash_costs_one_answer_and_says_what_to_do(self, app, wardrobe, monkeypatch):
        with (
            one_worker() as (decoders, worker),
            served(app, Settings(index=wardrobe.root)) as address,
        ):
            monkeypatch.setattr(uploads, "decoders", decoders)
            os.kill(worker, signal.SIGSTOP)
            dying = threading.Timer(0.3, lambda: (os.kill(worker, signal.SIGSEGV), resume(worker)))
            dying.start()
            photo = {"image": ("a.png", photo_bytes(7, (480, 640)))}
            answer = requests.post(f"{address}/get_similar", files=photo, timeout=30)
            assert answer.status_code == 422
            assert answer.json() == {
                "error": "The photo can't be read in reasonable time and memory. Save it anew as "
                "JPEG and try again.",
                "code": "undecodable",
                "status": 422,
            }
            answer = requests.post(f"{address}/get_similar", files=photo, timeout=30)
            assert answer.json()["results"][0]["id"] == "1007"

    @pytest.mark.parametrize("signalled", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
    def test_it_leaves_no_worker_behind(self, wardrobe, signalled):
        command = [sys.executable, "app.py", "--port", "0", "--index", str(wardrobe.root)]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as gallery:
            try:
                address = re.search(r"http://\S+", gallery.stdout.readline()).group()
                photo = {"image": ("a.png", photo_bytes(7))}
                answer = requests.post(f"{address}/get_similar", files=photo, timeout=60)
                assert answer.status_code == 200
                (worker,) = children(gallery.pid)
                gallery.send_signal(signalled)
                gallery.wait(timeout=20)
                wait_until(lambda: not is_running(worker))
            finally:
                gallery.kill()
