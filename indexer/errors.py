"""Exit statuses, and the sentences that end a command which cannot go on."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from indexer.amendments import AmendmentError
from indexer.console import stderr
from indexer.evaluation import EvaluationError
from indexer.groups import GroupsError
from indexer.importing.artefacts import OlderIndexError
from indexer.options import FETCHING
from indexer.rollback import RollbackError
from vitrine.catalogue import CatalogueError
from vitrine.encoders.base import EncoderError
from vitrine.figures import FigureError
from vitrine.folder import FolderError
from vitrine.snapshot import OlderFormatError, SnapshotError

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


@contextmanager
def errors_in_words() -> Iterator[None]:
    """What cannot be used, or not be written, ends the command with a sentence and status 2."""
    try:
        yield
    except (
        AmendmentError,
        CatalogueError,
        EncoderError,
        EvaluationError,
        FigureError,
        FolderError,
        GroupsError,
        OlderIndexError,
        RollbackError,
    ) as error:
        stderr.print(f"Error: {error}")
        sys.exit(UNUSABLE)
    except OlderFormatError as error:
        stderr.print(f"Error: {error}.")
        sys.exit(UNUSABLE)
    except SnapshotError as error:
        stderr.print(f"Error: {error}.\nMake an index with: python -m indexer build CATALOGUE")
        sys.exit(UNUSABLE)
    except ValidationError as error:
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
