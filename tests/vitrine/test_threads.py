"""Threads that wait for hosts: used again, replaced where they are stuck, and gone at the end."""

from __future__ import annotations

import threading
import time

import pytest

from vitrine.fetching.threads import Threads

SOON_S = 5.0


def test_one_after_the_other_is_done_by_one_thread_and_at_once_by_several():
    threads = Threads[int]()
    at_work = set()
    for _ in range(10):
        at_work.add(threads.run(threading.get_ident).result(SOON_S))
        time.sleep(0.05)  # it comes back after its result
    assert len(at_work) == 1
    barrier = threading.Barrier(5)
    for future in [threads.run(lambda: barrier.wait(SOON_S)) for _ in range(5)]:
        future.result(SOON_S)
    threads.close()


def test_one_that_is_stuck_stops_no_other():
    threads, never = Threads[bool](), threading.Event()
    stuck = threads.run(never.wait)
    assert threads.run(lambda: True).result(SOON_S)
    assert not stuck.done()
    never.set()
    threads.close()


def test_what_work_raises_is_in_its_future_and_the_thread_goes_on():
    threads = Threads[int]()
    with pytest.raises(ZeroDivisionError):
        threads.run(lambda: 1 // 0).result(SOON_S)
    assert threads.run(lambda: 1).result(SOON_S) == 1
    threads.close()


def test_all_end_when_they_are_closed_or_done():
    others, go_on = set(threading.enumerate()), threading.Event()
    threads = Threads[bool]()
    busy = [threads.run(lambda: go_on.wait(SOON_S)) for _ in range(3)]
    threads.run(lambda: True).result(SOON_S)
    threads.close()
    go_on.set()
    assert all(future.result(SOON_S) for future in busy)
    until = time.monotonic() + SOON_S
    while set(threading.enumerate()) - others and time.monotonic() < until:
        time.sleep(0.01)
    assert not set(threading.enumerate()) - others
