"""A Milvus server process on loopback, by milvus-lite, which can be stopped and started again."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

STARTING_S = 60.0


class LiteServer:
    """`data` is its folder; its port is free when it is made, and stays the same."""

    def __init__(self, data: Path) -> None:
        self._data = data
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = listener.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, collection: str = "shop") -> str:
        return f"milvus+http://127.0.0.1:{self._port}/{collection}"

    def start(self) -> None:
        where = ("--host", "127.0.0.1", "--port", str(self._port), "--data-dir", str(self._data))
        command = [sys.executable, "-m", "milvus_lite", "server", *where]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + STARTING_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, "the server has ended"
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the server does not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
