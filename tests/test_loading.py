"""What is loaded cannot bring code along: by what is written, in all that indexes and serves.

ruff refuses calls of pickle, marshal, `eval` and `exec` (`pyproject.toml`); here is what it
does not know. That no trap is sprung is tested where each kind of file is read.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [ROOT / "app.py"]
for folder in ("gallery", "indexer", "vitrine"):
    FILES += sorted((ROOT / folder).rglob("*.py"))

IMPORTS = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
LOADERS = {"torch.load", "torch.hub.load", "pandas.read_pickle", "pd.read_pickle"}
# What has no weights to load is asked for no kind of them.
WITHOUT_WEIGHTS = {"AutoImageProcessor", "kind"}
ONLY_AS = {"trust_remote_code": False, "use_safetensors": True, "allow_pickle": False}


def dangers(code: str) -> list[str]:
    """What in this code may load a pickle, or run what comes with a checkpoint."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [f"import {a.name}" for a in node.names if a.name.split(".")[0] in IMPORTS]
        elif isinstance(node, ast.ImportFrom):
            modules = {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
            found += [f"from {m}" for m in modules if m.split(".")[0] in IMPORTS or m in LOADERS]
        elif isinstance(node, ast.Call):
            found += _dangers_of_call(node)
    return found


def _dangers_of_call(call: ast.Call) -> list[str]:
    called = ast.unparse(call.func)
    last = called.rpartition(".")[2]
    said = {word.arg: ast.unparse(word.value) for word in call.keywords}
    found = [
        f"{called}({word}={said[word]})"
        for word, only in ONLY_AS.items()
        if said.get(word, str(only)) != str(only)
    ]
    must: set[str] = set()
    if last == "from_pretrained":
        must = {"trust_remote_code", "local_files_only"}
        if called.rpartition(".")[0] not in WITHOUT_WEIGHTS:
            must.add("use_safetensors")
    elif called in ("np.load", "numpy.load"):
        must = {"allow_pickle"}
    elif last == "recv" and not call.args:
        found.append(f"{called}() of a connection of processes")
    if called in LOADERS:
        found.append(called)
    return found + [f"{called} without {word}" for word in sorted(must - said.keys())]


def test_nothing_that_is_loaded_can_bring_code():
    found = {path: dangers(path.read_text(encoding="utf-8")) for path in FILES}
    assert len(found) > 50
    assert {path.relative_to(ROOT): seen for path, seen in found.items() if seen} == {}


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "import joblib.numpy_pickle as np_pickle",
        "from pickle import loads",
        "from torch import load",
        "torch.load(path)",
        "torch.load(path, weights_only=True)",
        "pd.read_pickle(path)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=wanted)",
        "connection.recv()",
        "kind.from_pretrained(folder, local_files_only=True)",
        "kind.from_pretrained(folder, local_files_only=True, trust_remote_code=True)",
        "kind.from_pretrained(folder, **options)",
        "AutoConfig.from_dict(settings, trust_remote_code=True)",
        "AutoModel.from_pretrained(folder, local_files_only=True, trust_remote_code=False)",
        "AutoModel.from_pretrained(folder, local_files_only=True, trust_remote_code=False, "
        "use_safetensors=None)",
    ],
)
def test_what_could_bring_code_is_seen(code):
    assert dangers(code)
