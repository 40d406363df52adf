"""An app in a process of its own, so that it shares no interpreter with who measures it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import Any

from flask import Flask
from waitress.server import create_server


@contextmanager
def in_a_process(serve: Callable[..., None], *arguments: object) -> Iterator[Any]:
    """Run `serve(told, *arguments)`; yields what it puts into the queue `told`, once it does."""
    processes = get_context("spawn")
    told = processes.Queue()
    process = processes.Process(target=serve, args=(told, *arguments), daemon=True)
    process.start()
    try:
        yield told.get(timeout=120)
    finally:
        process.terminate()
        process.join()


@contextmanager
def served(make: Callable[..., Flask], *arguments: object, threads: int = 4) -> Iterator[int]:
    """Serve `make(*arguments)` as `python app.py` serves the gallery; yields its port."""
    with in_a_process(_serve, threads, make, *arguments) as port:
        yield port


def _serve(ports: Queue[int], threads: int, make: Callable[..., Flask], *arguments: object) -> None:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(make(*arguments), host="127.0.0.1", port=0, threads=threads)
    ports.put(server.effective_port)
    server.run()
