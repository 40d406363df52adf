"""The indexer on a disk that fails, or in a process that is killed, at a chosen call.

    with Machine(tmp_path) as machine:
        machine.run(["build", …], root)                          and counts the calls
        machine.run(["build", …], root, Fault.KILL, at=17)       dies at the 17th
        machine.run(["build", …], root, Fault.FULL, at=17)       no space from then on

The calls are the real ones, whoever makes them (see `faults.c`, which is preloaded): a write,
a flush, a rename, a file made or removed beneath the index folder. `python -m tests.faults` is
the process in which they happen; it loads what the indexer needs once, and forks for each run.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

SOURCE = Path(__file__).with_suffix(".c")
COMPILER = shutil.which("cc") or shutil.which("gcc")
PATIENCE_S = 60.0  # what has not ended by then never will, but for a large catalogue

NOTHING, KILL, FAIL_ONCE, FAIL_ON = range(4)  # as in faults.c


class Fault(StrEnum):
    """What happens at the chosen call: SIGKILL, an error once, or no space from then on."""

    NONE = "none"
    KILL = "kill"
    NO_SPACE = "no space once"
    FULL = "full from then on"
    BROKEN = "I/O error"


CODES = {
    Fault.NONE: (NOTHING, 0),
    Fault.KILL: (KILL, 0),
    Fault.NO_SPACE: (FAIL_ONCE, errno.ENOSPC),
    Fault.FULL: (FAIL_ON, errno.ENOSPC),
    Fault.BROKEN: (FAIL_ONCE, errno.EIO),
}


@dataclass(frozen=True, slots=True)
class Ran:
    """`status` is negative for a signal; `call` is what was struck, empty where nothing was."""

    status: int
    count: int
    call: str
    said: str
    seconds: float


class Machine:
    """A process that runs the command line as often as is asked. Use it with `with`."""

    def __init__(self, home: Path, patience_s: float = PATIENCE_S) -> None:
        assert COMPILER
        library = home / "faults.so"
        flags = ["-shared", "-fPIC", "-O1", "-o", str(library)]
        subprocess.run([COMPILER, *flags, str(SOURCE), "-ldl"], check=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults", str(library), str(patience_s)],
            env={**os.environ, "LD_PRELOAD": str(library), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(
        self, arguments: Sequence[str], root: Path, fault: Fault = Fault.NONE, at: int = 0
    ) -> Ran:
        """`python -m indexer` with these arguments, which write beneath `root`."""
        assert self._process.stdin
        assert self._process.stdout
        question = {
            "arguments": arguments,
            "root": str(root.resolve()),
            "what": CODES[fault],
            "at": at,
        }
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return Ran(**json.loads(self._process.stdout.readline()))


def _serve(library: Path, patience_s: float) -> None:
    """Answer one question a line, each in a forked process."""
    shim = ctypes.CDLL(str(library))
    shim.faults_call.restype = ctypes.c_char_p
    from indexer import amending, build, display  # noqa: F401
    from indexer.__main__ import cli
    from vitrine.encoders import handcrafted  # noqa: F401

    for line in sys.stdin:
        question = json.loads(line)
        with tempfile.TemporaryFile() as said:
            began = time.monotonic()
            child = os.fork()
            if child == 0:
                _be_the_indexer(cli, question, said.fileno(), shim)
            status = _waited_for(child, patience_s)
            said.seek(0)
            answer = Ran(
                status=os.waitstatus_to_exitcode(status),
                count=shim.faults_count(),
                call=os.fsdecode(shim.faults_call()),
                said=said.read().decode(errors="replace"),
                seconds=time.monotonic() - began,
            )
        fields = {name: getattr(answer, name) for name in Ran.__slots__}
        print(json.dumps(fields), flush=True)


def _be_the_indexer(cli: Any, question: dict[str, Any], said: int, shim: ctypes.CDLL) -> None:
    status = 1
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        what, code = question["what"]
        shim.faults_arm(os.fsencode(question["root"]), ctypes.c_long(question["at"]), what, code)
        cli.main(question["arguments"], prog_name="python -m indexer")
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _waited_for(child: int, patience_s: float) -> int:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.002)
    os.kill(child, signal.SIGABRT)
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), float(sys.argv[2]))
