"""A build on a Ray cluster of two nodes does what a build on one machine does."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from indexer.cluster import BLOCK, ClusterError, Site, share_of
from tests.drawings import photo_bytes
from tests.photo_server import Reply
from vitrine.fetching import FetchLimits
from vitrine.folder import IndexFolder
from vitrine.snapshot import EncoderFacts, open_current, verify

ray_utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not installed: make scale")

PRODUCTS = 2 * BLOCK + 30  # several blocks for each of the workers
LOST, BROKEN = 3, 4
PER_HOST = 2
LEDGER = {
    "download": "location, sha256, fallback, etag, last_modified, code, message",
    "photo": "*",
    "vector": "*",
    "sketch": "*",
}


@pytest.fixture(scope="module")
def cluster():
    """Two nodes; processes on this machine, as far as Ray is concerned two machines."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    node = {"num_cpus": 1, "object_store_memory": 80_000_000}
    head = node | {"include_dashboard": False}
    cluster = ray_utils.Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(**node)
    yield cluster
    cluster.shutdown()


@pytest.fixture
def shop(tmp_path, photo_server):
    """A catalogue at a host, of which one photo is gone and one is none."""
    with (tmp_path / "shop.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["ProductId", "ProductTitle", "ImageURL"])
        for number in range(PRODUCTS):
            path = f"/{number}.png"
            rows.writerow([f"p{number}", f"Thing {number}", photo_server.url(path)])
            body = b"no photo" * 9 if number == BROKEN else photo_bytes(number, (90, 120))
            photo_server.replies[path] = Reply(body, etag=f'"{number}"')
    photo_server.replies[f"/{LOST}.png"] = Reply(status=404)
    return tmp_path


def command(shop, index, *options):
    return [
        *(sys.executable, "-m", "indexer", "build", str(shop / "shop.csv")),
        *("--index", str(shop / index), "--encoder", "handcrafted"),
        *("--per-host", str(PER_HOST), *options),
    ]


def build(shop, index, *options):
    done = subprocess.run(
        command(shop, index, *options), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def ledger(folder):
    """What it says of photos, but for when."""
    with closing(sqlite3.connect(folder.ledger)) as db:
        return {
            table: sorted(db.execute(f"SELECT {columns} FROM {table}"), key=repr)
            for table, columns in LEDGER.items()
        }


def assert_same(shop, found, wanted):
    found, wanted = IndexFolder(shop / found), IndexFolder(shop / wanted)
    assert ledger(found) == ledger(wanted)
    for file in ("vector.index", "image_ids.json", "palettes.npy"):
        assert (found.current / file).read_bytes() == (wanted.current / file).read_bytes()
    for folder in ("photos", "thumbs"):
        names = [
            {path.name for path in (index.root / folder).rglob("*")} for index in (found, wanted)
        ]
        assert names[0] == names[1]
    assert len(open_current(found)) == PRODUCTS - 2
    assert not [c for c in verify(found.generation(found.current_name())) if c.problem]


def test_the_ledger_and_the_generation_are_those_of_one_machine(cluster, shop, photo_server):
    build(shop, "here")
    photo_server.counts.clear()
    photo_server.peaks.clear()
    said = build(shop, "there", "--ray", cluster.address)
    assert f"{PRODUCTS - 1} photos fetched, {PRODUCTS - 2} embedded" in said
    assert set(photo_server.counts.values()) == {1}
    assert photo_server.peak_overall <= PER_HOST
    assert_same(shop, "there", "here")
    photo_server.counts.clear()
    said = build(shop, "there", "--ray", cluster.address)
    # What was broken may have been mended.
    assert "1 photo fetched, 0 embedded" in said
    assert set(photo_server.counts.values()) == {1}


def test_a_changed_photo_and_another_encoder_are_dealt_with(cluster, shop, photo_server):
    build(shop, "there", "--ray", cluster.address)
    photo_server.replies["/7.png"] = Reply(photo_bytes(999, (90, 120)), etag='"new"')
    photo_server.replies["/8.png"] = Reply(status=404)
    compact = ("--encoder", "compact")
    said = build(shop, "there", "--ray", cluster.address, *compact)
    # The one that was broken is asked for again, and the one that is gone keeps its last photo.
    assert f"2 photos fetched, {PRODUCTS - 2} embedded with compact" in said
    folder = IndexFolder(shop / "there")
    assert open_current(folder).manifest.encoder.name == "compact"
    assert len(open_current(folder)) == PRODUCTS - 2


def test_a_node_that_dies_in_the_middle_costs_what_it_had_in_hand(cluster, shop, photo_server):
    build(shop, "here")
    photo_server.counts.clear()
    for path, reply in list(photo_server.replies.items()):
        photo_server.replies[path] = Reply(reply.body, reply.status, etag=reply.etag, delay_s=0.1)
    doomed = cluster.add_node(num_cpus=1, object_store_memory=80_000_000)
    with subprocess.Popen(
        command(shop, "there", "--ray", cluster.address),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        wait_for(lambda: len(photo_server.counts) > 10, process)
        cluster.remove_node(doomed, allow_graceful=False)
        said, _ = process.communicate()
    assert process.returncode == 0, said
    assert_same(shop, "there", "here")
    assert sum(photo_server.counts.values()) <= PRODUCTS + 2 * BLOCK


def test_a_build_that_is_killed_goes_on_and_fetches_little_again(cluster, shop, photo_server):
    build(shop, "here")
    photo_server.counts.clear()
    photo_server.replies |= {
        path: Reply(reply.body, reply.status, etag=reply.etag, delay_s=0.05)
        for path, reply in photo_server.replies.items()
    }
    there = IndexFolder(shop / "there")
    with subprocess.Popen(
        command(shop, "there", "--ray", cluster.address), stderr=subprocess.DEVNULL
    ) as process:
        wait_for(lambda: len(recorded(there)) >= BLOCK, process)
        process.send_signal(signal.SIGKILL)
    known = recorded(there)
    assert there.current_name() is None
    time.sleep(1)  # what its workers still have in hand
    before = dict(photo_server.counts)
    build(shop, "there", "--ray", cluster.address)
    again = {path for path, count in photo_server.counts.items() if count > before.get(path, 0)}
    again.discard(f"/{BROKEN}.png")  # it may have been mended
    assert not {location for location in known if any(location.endswith(p) for p in again)}
    assert_same(shop, "there", "here")


def wait_for(condition, process):
    until = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < until
        assert process.poll() is None, process.stdout and process.stdout.read()
        time.sleep(0.02)


def recorded(folder):
    """What the ledger has of photos that could be had."""
    try:
        with closing(sqlite3.connect(f"file:{folder.ledger}?mode=ro", uri=True)) as db:
            query = "SELECT location FROM download WHERE sha256 IS NOT NULL"
            return {location for (location,) in db.execute(query)}
    except sqlite3.OperationalError:
        return set()


def test_an_address_where_nothing_answers_is_said_in_a_sentence(shop):
    done = subprocess.run(
        command(shop, "there", "--ray", "127.0.0.1:1"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "No Ray cluster answers at 127.0.0.1:1. Start one with: ray start" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_node_with_another_folder_at_that_path_is_refused(tmp_path):
    site = Site(
        IndexFolder(tmp_path), "who writes", EncoderFacts(name="e", fingerprint="f"), FetchLimits()
    )
    with pytest.raises(ClusterError, match="is not the same on"):
        site.check()
    IndexFolder(tmp_path).holder.write_text("who writes")
    site.check()


@pytest.mark.parametrize("workers", [1, 2, 3, 6])
def test_all_workers_together_keep_to_what_one_may_do(workers):
    limits = FetchLimits(workers=16, per_host=6, delay_s=0.5)
    share = share_of(limits, workers)
    assert share.per_host * workers <= limits.per_host
    assert share.workers * workers <= limits.workers
    # So many workers, each waiting so long, ask as seldom as one.
    assert workers / share.delay_s == pytest.approx(1 / limits.delay_s)
