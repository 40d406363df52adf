"""An app in a process of its own, so that it shares no interpreter with who measures it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.queues import Queue

from flask import Flask
from waitress.server import create_server


@contextmanager
def served(make: Callable[..., Flask], *arguments: object) -> Iterator[int]:
    """Serve `make(*arguments)` as `python app.py` serves the gallery; yields its port."""
    processes = get_context("spawn")
    ports = processes.Queue()
    process = processes.Process(target=_serve, args=(ports, make, *arguments), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=120)
    finally:
        process.terminate()
        process.join()


def _serve(ports: Queue[int], make: Callable[..., Flask], *arguments: object) -> None:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(make(*arguments), host="127.0.0.1", port=0, threads=4)
    ports.put(server.effective_port)
    server.run()
