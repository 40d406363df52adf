"""The commands of `python -m indexer`, one a module, in the order in which `--help` has them."""

from indexer.commands.add import add
from indexer.commands.build import build
from indexer.commands.duplicates import duplicates
from indexer.commands.encoders import encoders
from indexer.commands.evaluate import evaluate
from indexer.commands.import_ import import_
from indexer.commands.map import map_
from indexer.commands.remove import remove
from indexer.commands.rollback import rollback
from indexer.commands.search import search
from indexer.commands.sheet import sheet
from indexer.commands.status import status
from indexer.commands.verify import verify

COMMANDS = {
    "Make the index and change it": (build, add, remove, rollback, import_),
    "Look into it": (status, verify, search, sheet, map_, duplicates),
    "Choose an encoder": (evaluate, encoders),
}
"""By what they are for."""
