"""Exit statuses, and the sentences that end a command which cannot go on."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from indexer.console import stderr
from vitrine.errors import UnusableError

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


@contextmanager
def errors_in_words() -> Iterator[None]:
    """What cannot be used, or not be written, ends the command with a sentence and status 2."""
    try:
        yield
    except UnusableError as error:
        stderr.print(f"Error: {_in_words(error)}")
        sys.exit(UNUSABLE)
    except ValidationError as error:
        from indexer.options import FETCHING

        for problem in error.errors():
            name = str(problem["loc"][0])
            flag = f"--{name.replace('_', '-')}" if name in FETCHING else f"VITRINE_{name.upper()}"
            stderr.print(f"Error: {flag}: {problem['msg']}.")
        sys.exit(UNUSABLE)
    except (OSError, sqlite3.OperationalError) as error:  # no right to write, no space left, …
        stderr.print(
            f"Error: the index cannot be written: {error}.\n"
            "Mend that and run again: what is done is kept."
        )
        sys.exit(UNUSABLE)
    except sqlite3.DatabaseError as error:
        stderr.print(
            f"Error: ledger.sqlite in the index folder is damaged: {error}.\n"
            "Move ledger.sqlite away, and what else begins so, and build again: photos are fetched "
            "anew, and what was added and removed by hand is forgotten. What is published stays."
        )
        sys.exit(UNUSABLE)
    except KeyboardInterrupt:
        stderr.print("Interrupted. What is done is kept: run again to go on from here.")
        sys.exit(INTERRUPTED)


def _in_words(error: UnusableError) -> str:
    from vitrine.snapshot import OlderFormatError, SnapshotError

    if isinstance(error, OlderFormatError):
        return f"{error}."
    if isinstance(error, SnapshotError):
        return f"{error}.\nMake an index with: python -m indexer build CATALOGUE"
    return str(error)
