"""What the fuzzers share: coverage-guided runs of atheris over a corpus that is kept.

What is found is written into the corpus' folder, and ends the run.
"""

from __future__ import annotations

import functools
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

MAX_LENGTH = 4096  # bytes of an input

Mutate = Callable[[bytes, int], bytes]
"""Of an input and the most bytes that there may be: another input."""


@dataclass(frozen=True)
class Fuzzer:
    """`check` raises where a promise is broken; `prepare` imports what it calls, so that the
    code of `guiding` (packages or modules) tells which inputs reach something new.

    `seconds` are those of one input, `megabytes` of the whole process. `words` are what inputs
    are made of, and hard to come upon by chance. `mutated` knows better than the usual mutations,
    which it is given, what makes another input that is not refused at once: of an input, the
    most bytes that there may be, and a number to choose by.
    """

    name: str
    check: Callable[[bytes], None]
    prepare: Callable[[], None]
    guiding: Sequence[str]
    seeds: Callable[[], Iterable[bytes]]
    seconds: int
    megabytes: int
    words: Sequence[bytes] = ()
    mutated: Callable[[Mutate, bytes, int, int], bytes] | None = None

    def run(self, seconds: int, corpus: Path | None) -> None:
        """Look for so many seconds; never returns."""
        atheris = _atheris()

        def mutate(body: bytes, most: int) -> bytes:
            mutated: bytes = atheris.Mutate(body, most)  # which is another one once it fuzzes
            return mutated

        folder = corpus or Path(tempfile.mkdtemp(prefix=f"fuzz-{self.name}-"))
        folder.mkdir(parents=True, exist_ok=True)
        with atheris.instrument_imports(include=list(self.guiding)):
            self.prepare()
        for number, seed in enumerate(self.seeds()):
            (folder / f"seed-{number}").write_bytes(seed)
        options = [
            f"-max_total_time={seconds}",
            f"-timeout={self.seconds}",
            f"-rss_limit_mb={self.megabytes}",
            f"-artifact_prefix={folder}/found-",
            f"-max_len={MAX_LENGTH}",
        ]
        if self.words:
            words = folder.with_name(f"{folder.name}.words")
            words.write_text("".join(f'"{_escaped(word)}"\n' for word in self.words))
            options.append(f"-dict={words}")
        mutator = self.mutated and functools.partial(self.mutated, mutate)
        atheris.Setup([sys.argv[0], str(folder), *options], self.check, custom_mutator=mutator)
        atheris.Fuzz()

    def command(self, help: str | None) -> click.Command:
        """The command line of its module."""

        @click.command(help=help)
        @click.option("--seconds", default=900, show_default=True, help="How long to look.")
        @click.option(
            "--corpus",
            type=click.Path(path_type=Path),
            help="Folder to keep inputs in, and go on from.",
        )
        def main(seconds: int, corpus: Path | None) -> None:
            self.run(seconds, corpus)

        return main


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def _atheris() -> Any:
    try:
        import atheris
    except ImportError:
        raise SystemExit("There is no atheris here. Install it: pip install atheris") from None
    return atheris
