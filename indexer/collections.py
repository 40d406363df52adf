"""The collections of an index in Milvus: filled for a generation, led to, and forgotten."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.indexing import IndexWish, refuse_odd
from vitrine.address import MilvusAddress
from vitrine.encoders.base import FloatArray
from vitrine.folder import FolderError, IndexFolder
from vitrine.index.calibration import calibrate, sample_of
from vitrine.index.milvus import collection_of, fill
from vitrine.index.server import MilvusError, MilvusServer
from vitrine.snapshot import (
    IndexFacts,
    Manifest,
    SnapshotError,
    digest_of,
    read_manifest,
    sampled_rows,
)


@dataclass(frozen=True, slots=True)
class Records:
    """What a collection has of each product: its id, and the code of each facet's value."""

    ids: Sequence[str]
    facets: Mapping[str, Sequence[int]]


def in_same_place(folder: IndexFolder, facts: IndexFacts | None) -> IndexFolder:
    """The folder, with its next vectors where those of `facts` are, unless it says where."""
    if folder.vectors or facts is None or facts.address is None:
        return folder
    return replace(folder, vectors=MilvusAddress.parse(facts.address))


def refuse_foreign(folder: IndexFolder) -> None:
    """Raise `MilvusError` where Milvus does not answer, and `FolderError` where the alias that the
    folder is to be published by leads to what was not published from here.
    """
    address = folder.vectors
    if address is None:
        return
    with contextlib.closing(MilvusServer(address)) as server:
        leads_to = server.alias_of(address.collection)
        if leads_to is None and server.has(address.collection):
            raise FolderError(
                f"{address} is a collection that Vitrine has not made, and needs as an alias. "
                "Choose another name."
            )
    ours = {collection_of(address, name) for name in folder.generation_names()}
    if leads_to is not None and leads_to not in ours:
        raise FolderError(
            f"{address} leads to {leads_to}, which was not published from {folder.root}. "
            "Choose another name; or, if nobody needs that, drop the alias in Milvus."
        )


def filled(
    address: MilvusAddress, generation: str, vectors: FloatArray, records: Records, wish: IndexWish
) -> IndexFacts:
    """Put unit rows (n, d) into a generation's own collection.

    Raises `MilvusError`; what was made then stays, for `forget`.
    """
    refuse_odd(vectors)
    kind, name = wish.kind_for(len(vectors)), collection_of(address, generation)
    facts = IndexFacts(
        kind=kind,
        recall=1.0,
        address=str(address),
        collection=name,
        vectors=digest_of(vectors),
        sampled=digest_of(vectors[sampled_rows(len(vectors))]),
    )
    with contextlib.closing(MilvusServer(address)) as server:
        has_lists = kind == "ivf"
        index = fill(server, name, vectors, records.ids, records.facets, has_lists=has_lists)
        if not has_lists:
            return facts
        recall = calibrate(index, sample_of(vectors), wish.recall)
        listed = {"bits": 8, "lists": index.lists, "nprobe": index.nprobe, "asked": wish.recall}
        return facts.model_copy(update=listed | {"recall": round(recall, 4)})


def switch_to(folder: IndexFolder, name: str, manifest: Manifest) -> None:
    """Publish a generation; of one in Milvus, the alias leads to its collection from now on."""
    facts = manifest.index
    if facts.address and facts.collection:
        address = folder.vectors or MilvusAddress.parse(facts.address)
        with contextlib.closing(MilvusServer(address)) as server:
            server.lead(address.collection, facts.collection)
    folder.switch(name)


def forget(folder: IndexFolder, home: Path) -> bool:
    """Drop the collection of a generation that lies in `home`, if it has one.

    Returns False where Milvus did not answer, and the collection stays.
    """
    places = [folder.vectors] if folder.vectors else []
    try:
        facts = read_manifest(home).index
        if facts.address is None or facts.collection is None:
            return True
        collection = facts.collection
        before = MilvusAddress.parse(facts.address)
        # It may be where it was when this was published, or have moved with its server.
        if before.uri not in {place.uri for place in places}:
            places.append(before)
    except SnapshotError:  # it was not finished
        if not places:
            return True
        collection = collection_of(places[0], generation_of(home))
    have_answered = True
    for place in places:
        try:
            with contextlib.closing(MilvusServer(place)) as server:
                if server.has(collection):
                    server.drop(collection)
                    return True
        except MilvusError:
            have_answered = False
    return have_answered


def generation_of(home: Path) -> str:
    """The name of the generation in `home`, whose own begins with a dot until it is finished."""
    return home.name.removeprefix(".")
