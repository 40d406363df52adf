"""Milvus gives the answers of faiss, and a generation there is published whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from concurrent import futures
from dataclasses import replace

import numpy as np
import pytest

from indexer.collections import refuse_foreign
from indexer.indexing import IndexWish
from indexer.publishing import publish
from indexer.rollback import roll_back
from tests.drawings import photo_bytes
from tests.generations import (
    clustered_unit_vectors,
    contents_of,
    product,
    random_unit_vectors,
)
from tests.milvus_server import LiteServer
from vitrine.address import MilvusAddress
from vitrine.folder import FolderError, IndexFolder
from vitrine.index import Filter, FlatIndex, milvus
from vitrine.index.milvus import MilvusIndex, collection_of, fill
from vitrine.index.server import MilvusError, MilvusServer
from vitrine.snapshot import SnapshotError, open_current, verify

for package in ("pymilvus", "milvus_lite"):
    pytest.importorskip(package, reason=f"{package} is not installed: make scale")

COUNT, DIMENSION, K = 600, 24, 12
EQUAL = [5, 50, 120, 121, 122, 200, 431, 599]  # rows with one vector
COLOURS = np.arange(COUNT) % 5
KINDS = np.arange(COUNT) % 3


@pytest.fixture(scope="module")
def vectors():
    vectors = random_unit_vectors(COUNT, DIMENSION)
    vectors[EQUAL] = vectors[EQUAL[0]]
    return vectors


@pytest.fixture(scope="module")
def flat(vectors):
    return FlatIndex.build(vectors)


@pytest.fixture(scope="module")
def index(milvus, vectors):
    """The same in Milvus, with two facets whose names are no names of fields."""
    server = MilvusServer(MilvusAddress.parse(milvus.address()))
    facets = {'Colour "é"': COLOURS.tolist(), "row": KINDS.tolist()}
    ids = [f'p"{row}\\é' for row in range(COUNT)]
    return fill(server, "compared", vectors, ids, facets, has_lists=False)


def of_facets(colours=None, kinds=None):
    mask, accepted = np.ones(COUNT, dtype=bool), {}
    for name, codes, wanted in (('Colour "é"', COLOURS, colours), ("row", KINDS, kinds)):
        if wanted is not None:
            mask &= np.isin(codes, wanted)
            accepted[name] = wanted
    return Filter.by(mask, accepted, is_listed=False)


def test_it_holds_what_it_was_given(index, vectors):
    assert len(index) == COUNT
    assert index.dimension == DIMENSION
    assert np.array_equal(index.vectors(), vectors)
    rows = np.array([599, 3, 3, 77])
    assert np.array_equal(index.vectors_of(rows), vectors[rows])
    assert np.array_equal(index.vector(8), vectors[8])
    assert index.ids_of(np.array([8, 2])) == ['p"2\\é', 'p"8\\é']
    assert np.allclose(index.lengths(), 1, atol=1e-6)


@pytest.mark.parametrize(
    "allowed",
    [
        None,
        of_facets(colours=[2]),
        of_facets(colours=[0, 4], kinds=[1]),
        Filter.by(np.arange(COUNT) % 7 == 0),
        replace(of_facets(colours=[1, 2]), is_listed=True),
    ],
    ids=["all", "facet", "facets", "rows", "facet and rows"],
)
@pytest.mark.parametrize("listed", [10_000, 20], ids=["named", "sifted"])
def test_answers_are_those_of_faiss_ties_in_row_order(index, flat, allowed, listed, monkeypatch):
    monkeypatch.setattr(milvus, "LISTED", listed)
    for row in (*range(0, COUNT, 41), *EQUAL):
        query, left_out = flat.vector(row), [row, (row + 7) % COUNT]
        found = index.search(query, K, allowed, left_out)
        wanted = flat.search(query, K, allowed, left_out)
        assert [n.row for n in found] == [n.row for n in wanted]
        assert [n.score for n in found] == pytest.approx([n.score for n in wanted], abs=2e-6)


def test_a_row_that_no_filter_lets_pass_is_never_found(index, flat):
    nothing = of_facets(colours=[9])
    assert index.search(flat.vector(0), K, nothing) == []
    few = Filter.by(np.isin(np.arange(COUNT), [3, 77]))
    assert {n.row for n in index.search(flat.vector(0), 100, few)} == {3, 77}


def test_all_are_ranked_and_of_very_many_the_nearest(index, flat, monkeypatch):
    query = flat.vector(9)
    assert np.array_equal(index.ranking(query).rows, flat.ranking(query).rows)
    monkeypatch.setattr(milvus, "MOST_HITS", 100)
    rows = index.ranking(flat.vector(10)).rows
    assert np.array_equal(rows[:100], flat.ranking(flat.vector(10)).rows[:100])
    assert np.array_equal(rows[100:], np.sort(rows[100:]))


def test_no_question_is_without_a_deadline(index, flat, monkeypatch):
    client, timeouts = index._server._connected(), []
    for method in ("search", "query"):
        asked = getattr(client, method)

        def spy(*positional, asked=asked, **named):
            timeouts.append(named["timeout"])
            return asked(*positional, **named)

        monkeypatch.setattr(client, method, spy)
    index.check()
    index.search(index.vector(77), 3)
    index.ranking(flat.vector(78))
    assert timeouts == [index._server._deadline_s] * 4
    index.batch(flat.vectors()[:2], 3, 1)
    assert timeouts[4:] == [index._server.patience]


def test_more_equals_than_milvus_finds_are_no_trouble(index, flat, monkeypatch):
    monkeypatch.setattr(MilvusIndex, "most", 5)
    found = index.search(flat.vector(EQUAL[0]), 3, None, [EQUAL[1]])
    assert len(found) == 3
    assert {n.row for n in found} < set(EQUAL)


def test_what_cannot_be_told_to_milvus_is_sifted_and_may_be_short(index, flat, monkeypatch):
    monkeypatch.setattr(milvus, "LISTED", 5)
    monkeypatch.setattr(milvus, "MOST_HITS", 40)
    nearest = flat.ranking(flat.vector(2)).rows[:40]
    allowed = Filter.by(np.isin(np.arange(COUNT), [*nearest[10:16], *range(0, COUNT, 50)]))
    found = [n.row for n in index.search(flat.vector(2), K, allowed)]
    wanted = [row for row in nearest.tolist() if allowed.mask[row]]
    assert found == wanted[:K]


class TestLists:
    """An inverted file, as for catalogues that are too large to compare every product."""

    RECALL = 0.95

    @pytest.fixture
    def vectors(self):
        return clustered_unit_vectors(3000, 32, clusters=40)

    @pytest.fixture
    def snapshot(self, folder, vectors):
        products = [product(number) for number in range(len(vectors))]
        wish = IndexWish("ivf", self.RECALL)
        publish(folder, contents_of(products), vectors, wish=wish)
        return open_current(folder)

    def test_they_reach_the_recall_that_is_asked_for_and_say_true_cosines(self, snapshot, vectors):
        facts, index = snapshot.manifest.index, snapshot.index
        assert (facts.kind, facts.asked) == ("ivf", self.RECALL)
        assert facts.recall >= self.RECALL
        assert 1 <= facts.nprobe < facts.lists
        flat, hits = FlatIndex.build(vectors), 0
        for row in range(0, 3000, 60):
            found = index.nearest_others(row, 10)
            wanted = flat.nearest_others(row, 10)
            hits += len({n.row for n in found} & {n.row for n in wanted})
            rows = [n.row for n in found]
            assert [n.score for n in found] == pytest.approx(vectors[rows] @ vectors[row], abs=2e-6)
        assert hits / 500 >= self.RECALL - 0.03

    def test_a_narrow_filter_leaves_nothing_out(self, snapshot, vectors):
        mask = np.arange(3000) % 97 == 0
        found = snapshot.index.search(vectors[5], 31, Filter.by(mask))
        assert {n.row for n in found} == set(np.flatnonzero(mask))

    def test_they_are_verified(self, snapshot, folder):
        problems = [c for c in verify(folder.generation(snapshot.name)) if c.problem]
        assert problems == []


class TestGenerations:
    """Each is a collection of its own, and the alias leads to the published one's."""

    def publish(self, folder, count=30, seed=0):
        products = [product(number) for number in range(count)]
        vectors = random_unit_vectors(count, DIMENSION, seed)
        return publish(folder, contents_of(products), vectors)

    def collections(self, folder):
        server = MilvusServer(folder.vectors)
        return {
            name
            for name in server._asked("list_collections")
            if name.startswith(f"{folder.vectors.collection}_")
        }

    def leads_to(self, folder):
        return MilvusServer(folder.vectors).alias_of(folder.vectors.collection)

    def test_the_alias_follows_and_old_ones_are_forgotten(self, folder):
        names = []
        for seed in range(5):
            names.append(self.publish(folder, 30 + seed))
            facts = open_current(folder).manifest.index
            assert self.leads_to(folder) == facts.collection
        assert folder.generation_names() == names[:-4:-1]
        assert len(self.collections(folder)) == 3
        manifest = roll_back(folder)
        assert self.leads_to(folder) == manifest.index.collection
        assert folder.current_name() == names[-2]
        assert len(open_current(folder)) == 33

    def test_no_vector_lies_in_the_folder_and_no_login(self, folder):
        with_login = replace(folder, vectors=replace(folder.vectors, token="me:secret"))
        name = self.publish(with_login)
        home = folder.generation(name)
        assert {path.name for path in home.iterdir()} == {
            "image_ids.json",
            "manifest.json",
            "palettes.npy",
            "products.sqlite",
        }
        assert "secret" not in (home / "manifest.json").read_text()
        # What was written down leads there by itself.
        assert len(open_current(IndexFolder(folder.root))) == 30

    def test_a_collection_that_is_not_as_published_is_not_served(self, folder):
        name = self.publish(folder)
        server = MilvusServer(folder.vectors)
        collection = open_current(folder).manifest.index.collection
        record = server.ask(
            "query", collection, filter="row in [29]", output_fields=["*"], limit=1
        )[0]
        server.ask("upsert", collection, [record | {"product": "another"}])
        with pytest.raises(SnapshotError, match="collection has the ids"):
            open_current(folder)
        server.ask("upsert", collection, [record | {"vector": [1.0] + [0.0] * (DIMENSION - 1)}])
        with pytest.raises(SnapshotError, match=r"collection has the vectors.*build again"):
            open_current(folder)
        server.ask("upsert", collection, [record])
        open_current(folder)
        middle = server.ask("query", collection, filter="row in [13]", output_fields=["*"])[0]
        server.ask("upsert", collection, [middle | {"facet_0": 77}])
        problems = {c.name: c.problem for c in verify(folder.generation(name)) if c.problem}
        assert problems == {"facets in the collection are the products'": "not so in rows [13]"}
        server.ask("delete", collection, filter="row in [13]")
        with pytest.raises(SnapshotError, match="vectors are as many as ids: 29 and not 30"):
            open_current(folder)
        server.drop(collection)
        with pytest.raises(SnapshotError, match=f"has no collection {collection}"):
            open_current(folder)

    def test_what_another_folder_has_published_is_not_taken_over(self, folder, tmp_path):
        self.publish(folder)
        other = IndexFolder(tmp_path / "other", folder.vectors)
        with pytest.raises(FolderError, match=r"was not published from .*other\. Choose another"):
            refuse_foreign(other)
        other.claim()
        with pytest.raises(FolderError, match="was not published from"):
            self.publish(other)
        refuse_foreign(folder)

    def test_under_another_name_the_old_ones_are_forgotten_too(self, folder):
        names = [self.publish(folder)]
        renamed = replace(
            folder, vectors=replace(folder.vectors, collection=f"{folder.vectors.collection}_new")
        )
        names += [self.publish(renamed, 31 + more) for more in range(2)]
        # The first one still lies where it was published, and can be gone back to.
        assert len(open_current(IndexFolder(folder.root))) == 32
        assert roll_back(IndexFolder(folder.root), names[0]).products == 30
        self.publish(renamed, 40)
        self.publish(renamed, 41)
        self.publish(renamed, 42)
        assert names[0] not in folder.generation_names()
        assert not any(collection_of(folder.vectors, names[0]) in c for c in self.all_of(folder))

    def all_of(self, folder):
        return MilvusServer(folder.vectors)._asked("list_collections")

    def test_a_collection_of_that_name_is_left_alone(self, folder, vectors):
        server = MilvusServer(folder.vectors)
        name = folder.vectors.collection
        fill(server, name, vectors[:3], ["a", "b", "c"], {}, has_lists=False)
        with pytest.raises(FolderError, match="is a collection that Vitrine has not made"):
            refuse_foreign(folder)

    def test_what_fails_on_the_way_is_not_published_and_cleared_up_later(self, folder, monkeypatch):
        first = self.publish(folder)
        asked = MilvusServer._asked

        def full(server, method, *positional, **named):
            if method in ("flush", "drop_collection"):
                raise server.error("No space left on device")
            return asked(server, method, *positional, **named)

        monkeypatch.setattr(MilvusServer, "_asked", full)
        with pytest.raises(MilvusError, match="No space left on device"):
            self.publish(folder, 31)
        monkeypatch.undo()
        assert folder.current_name() == first
        assert len(self.collections(folder)) == 2
        self.publish(folder, 32)
        assert len(self.collections(folder)) == 2
        assert not list(folder.generations.glob(".*"))


class TestTrouble:
    """One sentence each, exit status 2, and nothing half-published."""

    @pytest.fixture
    def build(self, tmp_path, monkeypatch):
        monkeypatch.setenv("VITRINE_FOLDER", str(tmp_path / "index"))
        monkeypatch.setenv("VITRINE_MILVUS_SECONDS", "1")
        (tmp_path / "photos").mkdir()

        def build(address, **environment):
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            catalogue = str(tmp_path / "shop.csv")
            command = ("-m", "indexer", "build", catalogue, "--encoder", "handcrafted")
            return subprocess.run(
                [sys.executable, *command, "--index", address],
                capture_output=True,
                text=True,
                check=False,
            )

        (tmp_path / "shop.csv").write_text("ProductId,ImageURL\n1,photos/1.png\n")
        return build

    def assert_refused(self, done, words):
        assert done.returncode == 2, done.stderr
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error")]
        assert words in line
        assert "Traceback" not in done.stderr

    def test_a_server_that_does_not_answer(self, build, tmp_path):
        self.assert_refused(build("milvus+http://127.0.0.1:1/shop"), "it does not answer. Start it")
        assert not list((tmp_path / "index" / "generations").iterdir())

    def test_one_can_move_away_from_a_server_that_is_gone(self, build, tmp_path):
        (tmp_path / "photos" / "1.png").write_bytes(photo_bytes(1))
        with LiteServer(tmp_path / "milvus") as server:
            done = build(server.address())
            assert done.returncode == 0, done.stderr
        done = build(str(tmp_path / "index"))
        assert done.returncode == 0, done.stderr
        assert open_current(IndexFolder(tmp_path / "index")).manifest.index.address is None

    def test_an_address_that_is_none(self, build):
        done = build("milvus+http://127.0.0.1/no-name")
        assert done.returncode == 2
        assert "names no collection of Milvus" in " ".join(done.stderr.split())

    def test_a_login_that_is_refused(self, build):
        with refusing_logins() as port:
            done = build(f"milvus+http://127.0.0.1:{port}/shop", VITRINE_MILVUS_TOKEN="me:secret")
        self.assert_refused(done, "it refuses the login. Give VITRINE_MILVUS_TOKEN")
        assert "secret" not in done.stderr

    def test_a_package_that_is_missing(self, address, monkeypatch):
        monkeypatch.setitem(sys.modules, "pymilvus", None)
        monkeypatch.setitem(sys.modules, "pymilvus.exceptions", None)
        with pytest.raises(MilvusError, match=r"needs the package pymilvus\..* make scale"):
            MilvusServer(address).has("shop")

    def test_a_file_that_another_process_has_open(self, build, tmp_path):
        file = tmp_path / "vectors.db"
        with LiteServer(file):
            done = build(f"milvus+{file}/shop")
        self.assert_refused(done, "the file is in use by another process")


class TestFile:
    """Without a server: in one file, for one process."""

    def test_it_is_published_to_and_found_in(self, tmp_path, vectors):
        address = MilvusAddress.parse(f"milvus+{tmp_path}/vectors.db/shop")
        folder = IndexFolder(tmp_path / "index", address)
        folder.claim()
        refuse_foreign(folder)
        products = [product(number) for number in range(COUNT)]
        publish(folder, contents_of(products), vectors)
        snapshot = open_current(folder)
        assert isinstance(snapshot.index, MilvusIndex)
        assert np.array_equal(snapshot.index.vectors(), vectors)
        wanted = FlatIndex.build(vectors).nearest_others(3, K)
        assert [n.row for n in snapshot.index.nearest_others(3, K)] == [n.row for n in wanted]


def refusing_logins():
    """A server of the same protocol that lets nobody in; gives its port."""
    import contextlib

    import grpc

    class Refuses(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, _):
            def refuse(_, context):
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure")

            return grpc.unary_unary_rpc_method_handler(refuse)

    @contextlib.contextmanager
    def running():
        server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Refuses()])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(None)

    return running()
