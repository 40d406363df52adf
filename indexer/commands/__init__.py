"""The commands of `python -m indexer`, one a module, each loaded when it is wanted."""

from importlib import import_module

import click

SECTIONS = {
    "Make the index and change it": ("build", "add", "remove", "rollback", "import"),
    "Look into it": ("status", "verify", "search", "sheet", "map", "duplicates"),
    "Choose an encoder": ("evaluate", "encoders"),
}
"""All names, by what the commands are for, in the order in which `--help` has them."""

PYTHON_NAMES = {"import": "import_", "map": "map_"}
MODULES = {"import": "import_"}


def command_of(name: str) -> click.Command:
    """The command of a name that is in `SECTIONS`."""
    module = import_module(f"{__name__}.{MODULES.get(name, name)}")
    command: click.Command = getattr(module, PYTHON_NAMES.get(name, name))
    return command
