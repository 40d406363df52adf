"""Ctrl-C at the worst moments: when the main thread has just locked what other threads need."""

from __future__ import annotations

import _thread
import signal
import subprocess
import sys
import threading
import traceback
from contextlib import nullcontext
from queue import SimpleQueue

import pytest

from tests.drawings import photo_bytes
from vitrine.interrupts import check, held_back, wait_for

# Each run is interrupted at another of the moments at which the main thread has locked a
# condition, of a future, a queue or a thread that is being started.
INTERRUPTED_BUILDS = """
import os, signal, sys, threading, time
from pathlib import Path
from indexer.build import build, sole_indexer
from indexer.reconciling import Silent
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.fetching import FetchLimits
from vitrine.folder import IndexFolder
from vitrine.sources import read_source

photos, home = Path(sys.argv[1]), Path(sys.argv[2])
for moment in range(1, 32, 2):
    folder, seen = IndexFolder(home / str(moment)), 0

    def interrupt(frame, event, _):
        global seen
        code = frame.f_code
        if event == "return" and code.co_name == "__enter__" and code.co_filename.endswith(
            "threading.py"
        ):
            seen += 1
            if seen == moment:
                signal.raise_signal(signal.SIGINT)

    class Interrupting(Silent):
        def start(self, total):
            sys.setprofile(interrupt)

    folder.claim()
    try:
        with sole_indexer(folder):
            build(read_source(photos), folder, HandcraftedEncoder(), FetchLimits(), Interrupting())
    except KeyboardInterrupt:
        print("interrupted", moment, flush=True)
    finally:
        sys.setprofile(None)
"""


def test_an_interrupt_while_a_lock_is_held_ends_the_build_all_the_same(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(12):
        (photos / f"{number}.png").write_bytes(photo_bytes(number))
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_BUILDS, str(photos), str(tmp_path / "index")],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"interrupted {moment}" for moment in range(1, 32, 2)]


def test_what_was_held_back_is_raised_where_it_may_be_and_at_the_end():
    reached = []
    with held_back():
        signal.raise_signal(signal.SIGINT)
        reached.append("after the signal")
        with pytest.raises(KeyboardInterrupt):
            check()
        check()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            wait_for(SimpleQueue())
    with pytest.raises(KeyboardInterrupt), held_back():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        reached.append("at the end")
    assert reached == ["after the signal", "at the end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_waiting_is_ended_by_ctrl_c():
    timer = threading.Timer(0.1, signal.pthread_kill, [threading.main_thread().ident, 2])
    with held_back():
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            wait_for(SimpleQueue())
    timer.join()


@pytest.mark.parametrize("within", [held_back, nullcontext])
def test_waiting_is_ended_by_ctrl_c_that_came_too_early_to_cut_it_short(within):
    # Sets Python's own note of the signal, and wakes nobody.
    timer = threading.Timer(0.1, _thread.interrupt_main)
    results: SimpleQueue[str] = SimpleQueue()
    late = threading.Timer(5, results.put, ["late"])
    late.start()
    with within():
        timer.start()
        with pytest.raises(KeyboardInterrupt) as raised:
            wait_for(results)
    assert "During handling" not in "".join(traceback.format_exception(raised.value))
    assert late.is_alive()
    late.cancel()
    timer.join()


def test_another_use_of_ctrl_c_is_left_alone(monkeypatch):
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append("theirs"))
    try:
        with held_back():
            signal.raise_signal(signal.SIGINT)
            results: SimpleQueue[int] = SimpleQueue()
            results.put(1)
            assert wait_for(results) == 1
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == ["theirs"]
