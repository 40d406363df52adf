"""Checkpoints at the model hub, and in the folder where its client keeps what it downloaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from vitrine.encoders.base import EncoderError
from vitrine.encoders.checkpoint import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    WEIGHTS_INDEX_FILE,
    json_object,
)
from vitrine.encoders.processor import PREPROCESSOR_FILE
from vitrine.encoders.text import TOKENIZER_FILES, has_tokenizer

HUB_PATIENCE_S = 3.0
"""How long anyone waits for the hub's answer. Left alone, its client may try for over a minute."""


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model's name at the hub (owner/model), and which of its revisions.

    `revision` is a commit, a branch, or a pull request's (``refs/pr/5``); None is the
    newest. `reads_text` says that it is not whole without its tokenizer.
    """

    id: str
    revision: str | None = None
    reads_text: bool = False

    def __str__(self) -> str:
        return f"{self.id}@{self.revision}" if self.revision else self.id


def cached(model: HubModel) -> Path | None:
    """The folder of the hub's cache that holds the model whole, if any; asks nobody."""
    from huggingface_hub import try_to_load_from_cache

    def has(file: str) -> str | None:
        found = try_to_load_from_cache(model.id, file, revision=model.revision)
        return found if isinstance(found, str) else None

    config = has(CONFIG_FILE)
    if config is None:
        return None
    folder = Path(config).parent
    if has(WEIGHTS_FILE) is None:
        index = has(WEIGHTS_INDEX_FILE)
        if index is None:
            return None
        shards = set(json_object(Path(index)).get("weight_map", {}).values())
        if not all((folder / shard).is_file() for shard in shards):
            return None
    return None if model.reads_text and not has_tokenizer(folder) else folder


def offered(models: Collection[HubModel]) -> set[HubModel]:
    """Those that the hub offers, of all asked at once within `HUB_PATIENCE_S` altogether."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    answered: set[HubModel] = set()

    def ask(model: HubModel) -> None:
        try:
            url = hf_hub_url(model.id, CONFIG_FILE, revision=model.revision)
            get_hf_file_metadata(url, timeout=HUB_PATIENCE_S)
        except Exception:  # whatever it is, the model cannot be had from there
            return
        answered.add(model)

    # Threads, because no timeout of the client covers the look-up of the host's name;
    # daemons, because they must not hold up the process's end.
    threads = [
        threading.Thread(target=ask, args=(model,), name="hub-probe", daemon=True)
        for model in models
    ]
    deadline = time.monotonic() + HUB_PATIENCE_S
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return answered.copy()


def fetched(model: HubModel) -> Path:
    """The folder of the model's checkpoint, downloaded first if need be; never a pickle.

    Raises EncoderError, whose text says what to do.
    """
    from huggingface_hub import snapshot_download

    wanted = [
        CONFIG_FILE,
        PREPROCESSOR_FILE,
        "model*.safetensors",
        WEIGHTS_INDEX_FILE,
        *TOKENIZER_FILES,
    ]
    try:
        folder = cached(model) or Path(
            snapshot_download(model.id, revision=model.revision, allow_patterns=wanted)
        )
    except Exception as error:  # the client lets through errors of four libraries
        cause = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise EncoderError(
            f"{model}: not on this machine, and the download from the hub failed ({cause}). "
            "Run again with a network, put the checkpoint in a folder and give --encoder FOLDER, "
            "or give --encoder compact, which needs no download."
        ) from error
    if not any((folder / file).is_file() for file in (WEIGHTS_FILE, WEIGHTS_INDEX_FILE)):
        raise EncoderError(
            f"{model}: what the hub has of it holds no {WEIGHTS_FILE}, and weights in a pickle "
            "may run any code and are never loaded. Pull requests of its page often hold that "
            f"file: give {model.id}@refs/pr/NUMBER, or take another model."
        )
    return folder
