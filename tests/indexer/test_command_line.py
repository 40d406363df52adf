"""`python -m indexer` as an owner meets it: words, JSON and exit statuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from indexer import console
from indexer.__main__ import NAMES, cli
from indexer.commands import command_of
from indexer.commands.encoders import encoders
from tests.drawings import photo_bytes
from tests.photo_server import Reply, redirect
from vitrine.encoders import REGISTRY


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


def in_a_process(*arguments: str) -> Done:
    """Run the command line as an owner does."""
    done = subprocess.run(
        [sys.executable, "-m", "indexer", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def indexer():
    """Run the command line in this process, which saves the start of another."""

    def run(*arguments: str, check: int | None = 0) -> Done:
        done = CliRunner().invoke(cli, arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert check is None or done.exit_code == check, done.output
        return Done(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def build(indexer, shop):
    def build(*options: str, check: int | None = 0) -> Done:
        shop.write_catalogue()
        where = ["--index", str(shop.folder.root), "--encoder", "handcrafted"]
        return indexer("build", str(shop.catalogue), *where, *options, check=check)

    return build


def test_a_build_says_what_it_did_what_failed_and_what_to_do(shop, build):
    shop.offer(range(5))
    shop.urls["gone"] = shop.server.url("/404")
    shop.write_catalogue()
    where = ["--index", str(shop.folder.root), "--encoder", "handcrafted"]
    done = in_a_process("build", str(shop.catalogue), *where)
    assert done.returncode == 0
    assert "6 products" in done.stderr
    assert "5 photos fetched, 5 embedded with handcrafted" in done.stdout
    assert "http_404" in done.stdout
    assert "correct its address" in done.stdout
    assert f"line 7: {shop.server.url('/404')}" in done.stdout.replace("\n", "")
    assert "Published 5 products" in done.stdout
    assert "Nothing has changed: 5 products" in build().stdout


def test_json_has_every_failure_and_skipped_row(shop, build):
    shop.offer(range(2))
    shop.urls["gone"] = shop.server.url("/404")
    shop.urls["empty"] = ""
    facts = json.loads(build("--json").stdout)
    assert (facts["products"], facts["indexed"], facts["downloaded"]) == (3, 2, 2)
    assert facts["causes"] == {"http_404": 1}
    assert [(f["id"], f["line"], f["code"]) for f in facts["failed"]] == [("gone", 4, "http_404")]
    assert [(r["line"], r["code"]) for r in facts["skipped_rows"]] == [(5, "no_image_url")]


def test_timings_account_for_the_stages_that_there_were(shop, build):
    shop.offer(range(5))
    accounts = json.loads(build("--timings", "--json").stdout)["timings"]
    steps = {account["stage"]: account["steps"] for account in accounts}
    once = ("read the catalogue", "load the encoder", "encode", "publish")
    assert all(steps[stage] == 1 for stage in once)
    assert steps["decode"] == steps["make thumbnails"] == steps["keep what was fetched"] == 5
    assert all(0 < account["share"] < 1 for account in accounts)
    again = build("--timings").stdout
    assert "wait for photos" in again
    assert "decode" not in again
    assert "timings" not in json.loads(build("--json").stdout)


def test_strict_turns_a_failed_photo_into_exit_status_one(shop, build):
    shop.offer(range(2))
    shop.urls["gone"] = shop.server.url("/404")
    build("--strict", check=1)


def test_not_one_photo_is_exit_status_two_and_the_old_generation_stays(shop, build, indexer):
    shop.offer(range(2))
    build()
    before = shop.folder.current_name()
    shop.urls = {"p0": shop.server.url("/404")}
    said = build(check=2).stdout
    assert "nothing was published" in said
    assert "stays as it is" in said
    assert shop.folder.current_name() == before
    indexer("verify", "--index", str(shop.folder.root))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no catalogue at"),
        ("", "is empty"),
        ("ProductId,ImageURL\n", "has a header but no products"),
        ("ProductId,Colour\n1,Red\n", "has no column ImageURL"),
    ],
)
def test_an_unusable_catalogue_is_exit_status_two_and_touches_nothing(
    shop, indexer, content, words
):
    if content is not None:
        shop.catalogue.write_text(content)
    done = indexer("build", str(shop.catalogue), "--index", str(shop.folder.root), check=2)
    assert words in " ".join(done.stderr.split())
    assert not shop.folder.root.exists()


def test_a_folder_that_is_not_ours_is_refused_and_left_alone(shop, build):
    shop.offer(range(1))
    shop.folder.root.mkdir()
    (shop.folder.root / "holiday.jpg").write_bytes(b"precious")
    assert "no index of Vitrine" in " ".join(build(check=2).stderr.split())
    assert [p.name for p in shop.folder.root.iterdir()] == ["holiday.jpg"]


def test_the_kind_of_index_and_its_recall_are_the_owners_to_choose(shop, build, indexer):
    shop.offer(range(12))
    where = ["--index", str(shop.folder.root)]

    def published():
        return json.loads((shop.folder.root / "current" / "manifest.json").read_text())["index"]

    build()
    assert published() == {"kind": "flat", "recall": 1.0}
    build("--index-kind", "ivf", "--recall", "0.9")
    assert (published()["kind"], published()["asked"]) == ("ivf", 0.9)
    assert published()["recall"] >= 0.9
    indexer("verify", *where)
    assert "Nothing has changed" in build("--index-kind", "ivf", "--recall", "0.9").stdout
    indexer("remove", "p3", *where)
    assert (published()["kind"], published()["asked"]) == ("ivf", 0.9)
    found = json.loads(indexer("search", "p1", *where, "-k", "3", "--json").stdout)
    assert len(found["results"] if isinstance(found, dict) else found) == 3
    build()
    assert published() == {"kind": "flat", "recall": 1.0}
    build("--index-kind", "tree", check=2)
    build("--recall", "1.5", check=2)


def test_an_unknown_encoder_is_refused_with_the_known_ones(shop, indexer):
    shop.offer(range(1))
    shop.write_catalogue()
    where = ["--index", str(shop.folder.root)]
    done = indexer("build", str(shop.catalogue), *where, "--encoder", "nonsense", check=2)
    assert "dinov2-small" in done.stderr


@pytest.mark.parametrize("command", ["status", "verify", "evaluate", "search"])
def test_without_an_index_every_command_says_how_to_make_one(tmp_path, indexer, command):
    argument = ["p1"] if command == "search" else []
    done = indexer(command, *argument, "--index", str(tmp_path / "none"), check=2)
    assert "python -m indexer build" in " ".join(done.stderr.split())


def test_status_tells_what_is_there_and_what_is_not(shop, build, indexer):
    shop.offer(range(3))
    shop.urls["gone"] = shop.server.url("/404")
    build()
    where = ["--index", str(shop.folder.root)]
    words = indexer("status", *where).stdout
    assert "3 products" in words
    assert "handcrafted" in words
    assert "http_404" in words
    facts = json.loads(indexer("status", *where, "--json").stdout)
    assert facts["products"] == 3
    assert [(p["id"], p["code"]) for p in facts["photoless"]] == [("gone", "http_404")]


def test_verify_passes_what_is_sound_and_names_what_is_not(shop, build, indexer):
    shop.offer(range(3))
    build()
    where = ["--index", str(shop.folder.root)]
    assert "✗" not in indexer("verify", *where).stdout
    path = shop.folder.root / "vector.index"
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.write_bytes(body)
    done = indexer("verify", *where, check=1)
    assert "✗ hash of vector.index" in done.stdout
    failed = [
        c for c in json.loads(indexer("verify", *where, "--json", check=1).stdout) if c["problem"]
    ]
    assert [check["name"] for check in failed] == ["hash of vector.index"]


def test_search_takes_an_id_or_a_photo(shop, build, indexer, tmp_path):
    shop.offer(range(6))
    build()
    where = ["--index", str(shop.folder.root), "--json"]
    by_id = json.loads(indexer("search", "p2", "-k", "3", *where).stdout)
    assert len(by_id) == 3
    assert "p2" not in [found["id"] for found in by_id]
    photo = tmp_path / "query.png"
    photo.write_bytes(photo_bytes(2))
    by_photo = json.loads(indexer("search", str(photo), "-k", "4", *where).stdout)
    assert (by_photo[0]["id"], by_photo[0]["score"]) == ("p2", 1.0)
    assert [found["id"] for found in by_photo[1:]] == [found["id"] for found in by_id]
    lost = indexer("search", "nowhere.jpg", *where, check=2)
    assert "neither a product's id" in " ".join(lost.stderr.split())
    photo.write_text("<html>")
    assert "is a web page" in " ".join(
        indexer("search", str(photo), *where, check=2).stderr.split()
    )


def test_encoders_are_listed_with_what_one_chooses_by(indexer):
    listed = {e["name"]: e for e in json.loads(indexer("encoders", "--json").stdout)}
    assert next(iter(listed)) == "dinov2-small"
    assert listed["handcrafted"]["availability"] == "built in"
    assert [name for name, e in listed.items() if e["reads_text"]] == [
        "clip-vit-b32",
        "siglip2-base",
    ]


def test_the_list_of_encoders_fits_a_terminal_of_80_columns(monkeypatch):
    monkeypatch.setattr(console.stdout, "width", 80)
    listed = CliRunner().invoke(encoders, [])
    lines = listed.output.splitlines()
    assert listed.exit_code == 0
    for name, spec in REGISTRY.items():
        facts, kind = [line for line in lines if line.startswith(f"{name} ")]
        assert str(spec.dimension) in facts
        assert spec.licence in facts
        assert ("texts" in facts) == spec.reads_text
        assert kind.split(maxsplit=1)[1].rstrip() == spec.summary, "folded"
    assert max(len(line.rstrip()) for line in lines) <= 80


def test_a_rollback_shows_the_older_products_and_the_next_build_goes_on(shop, build, indexer):
    where = ["--index", str(shop.folder.root)]
    assert "there is no index" in indexer("rollback", *where, check=2).stderr
    assert not shop.folder.root.exists()
    shop.offer(range(4))
    build()
    good = shop.folder.current_name()
    assert "no generation older" in indexer("rollback", *where, check=2).stderr
    del shop.urls["p3"]
    build()
    bad = shop.folder.current_name()
    done = indexer("rollback", *where).stdout
    assert f"Went back from {bad} to {good}: 4 products of shop.csv" in done
    assert shop.snapshot().name == good
    listed = json.loads(indexer("rollback", "--list", *where, "--json").stdout)
    assert [(g["generation"], g["is_current"], g["products"]) for g in listed] == [
        (bad, False, 3),
        (good, True, 4),
    ]
    assert good in indexer("rollback", "--list", *where).stdout
    assert "✗" not in indexer("verify", *where).stdout
    # By hand goes on from what is shown, and the next build from the catalogue.
    assert "Published 3 products" in indexer("remove", "p0", *where).stdout
    assert list(shop.snapshot().ids) == ["p1", "p2", "p3"]
    indexer("remove", "--undo", "p0", *where)
    assert "0 photos fetched" in build().stdout
    assert list(shop.snapshot().ids) == ["p0", "p1", "p2"]
    assert json.loads(indexer("rollback", *where, "--json").stdout)["products"] == 4


def test_a_damaged_ledger_is_told_of_with_what_to_do_which_then_helps(shop, build, indexer):
    shop.offer(range(6))
    build()
    published = shop.folder.current_name()
    body = bytearray(shop.folder.ledger.read_bytes())
    body[4096:] = b"\x5a" * (len(body) - 4096)
    shop.folder.ledger.write_bytes(body)
    said = build(check=2).stderr
    assert "ledger.sqlite in the index folder is damaged" in said
    assert shop.folder.current_name() == published
    for path in shop.folder.root.glob("ledger.sqlite*"):
        path.rename(shop.home / path.name)
    assert "6 photos fetched" in build().stdout
    assert "✗" not in indexer("verify", "--index", str(shop.folder.root)).stdout


def test_help_teaches_every_command():
    listed = CliRunner().invoke(cli, ["--help"]).stdout
    for name in NAMES:
        summary = command_of(name).get_short_help_str(100)
        assert re.search(rf"^  {name} +{re.escape(summary)}$", listed, re.MULTILINE), "cut short"
        words = CliRunner().invoke(cli, [name, "--help"]).stdout
        assert "--index" in words or name == "encoders"
        assert summary in words


def start(shop):
    shop.write_catalogue()
    where = ["--index", str(shop.folder.root), "--encoder", "handcrafted"]
    return subprocess.Popen(
        [sys.executable, "-m", "indexer", "build", str(shop.catalogue), *where],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def served(shop) -> dict[str, int]:
    """How often each photo was sent whole."""
    return {path: count for path, count in shop.server.counts.items() if count}


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_goes_on_where_it_stopped(shop, build, stop):
    shop.offer(range(60))
    for number in range(60):
        shop.serve(number, photo_bytes(number), delay_s=0.1)
    shop.server.replies["/0.png"] = Reply(b"gone", 404)
    process = start(shop)
    while len(served(shop)) < 30 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(stop)
    output, _ = process.communicate(timeout=30)
    if stop is signal.SIGINT:
        assert process.returncode == 130
        assert "run again" in " ".join(output.split())
    assert shop.folder.current_name() is None
    before = served(shop)
    assert 30 <= len(before) < 60

    facts = json.loads(build("--json").stdout)
    twice = {path for path, count in served(shop).items() if count > 1}
    # Only what was on its way when the process died may be asked for again.
    assert len(twice) <= 16
    assert len(served(shop)) == 60
    assert facts["indexed"] == 59
    # A request of the dead process may be counted only now, so one may be among both.
    assert facts["downloaded"] == len(twice | (served(shop).keys() - before.keys()))
    assert facts["causes"] == {"http_404": 1}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "0"], "--workers: Input should be greater than or equal to 1"),
        (["--max-bytes", "-5"], "--max-bytes: Input should be greater"),
        (["--deadline", "soon"], "'soon' is not a valid float"),
    ],
)
def test_options_are_checked_before_any_work(shop, build, options, words):
    shop.offer(range(1))
    assert words in build(*options, check=2).stderr
    assert not shop.server.seen


def test_limits_are_the_owners_to_set(shop, build):
    shop.offer(range(2))
    shop.serve(1, photo_bytes(1, (400, 600)))
    limit = len(photo_bytes(0)) + 10
    facts = json.loads(build("--max-bytes", str(limit), "--json").stdout)
    assert facts["causes"] == {"too_large": 1}


def test_titles_and_addresses_are_text_and_never_markup(shop, build, indexer):
    shop.offer(range(2))
    shop.urls["gone"] = "photos/[/x] :smile:.png"
    shop.urls["[/b] [red]"] = shop.urls.pop("p1")
    assert "[/x] :smile:" in build().stdout
    where = ["--index", str(shop.folder.root)]
    assert "[/x] :smile:" in indexer("status", *where).stdout
    assert "Thing [/b] [red]" in indexer("search", "p0", *where).stdout
    found = json.loads(indexer("search", "p0", *where, "--json").stdout)
    assert [f["id"] for f in found] == ["[/b] [red]"]


def test_a_build_whose_encoder_cannot_be_had_can_be_run_again_with_another(shop, build, indexer):
    shop.offer(range(1))
    shop.write_catalogue()
    where = ["--index", str(shop.folder.root)]
    indexer("build", str(shop.catalogue), *where, "--encoder", "nonsense", check=2)
    build()


def test_status_tells_of_a_run_in_which_everything_failed(shop, build, indexer):
    shop.urls["gone"] = shop.server.url("/404")
    assert "stays as it is" not in build(check=2).stdout
    done = indexer("status", "--index", str(shop.folder.root), check=2)
    assert "http_404" in done.stderr
    assert "there is no index" in done.stderr


def test_search_says_why_a_product_has_no_photo(shop, build, indexer):
    shop.offer(range(2))
    shop.urls["gone"] = shop.server.url("/404")
    build()
    done = indexer("search", "gone", "--index", str(shop.folder.root), check=2)
    assert "could not be had (http_404)" in done.stderr


def test_products_are_added_removed_and_restored_by_hand(shop, build, indexer, tmp_path):
    shop.offer(range(3))
    build()
    where = ["--index", str(shop.folder.root)]
    photo = tmp_path / "new.png"
    photo.write_bytes(photo_bytes(7))
    words = indexer("add", str(photo), "--id", "h7", "--fact", "Colour=Red", *where).stdout
    assert "Added 1 product (h7)." in words
    assert "Published 4 products" in words
    facts = json.loads(indexer("remove", "p1", *where, "--json").stdout)
    assert (facts["ids"], facts["indexed"], facts["held_out"]) == (["p1"], 3, 1)
    assert "By hand: 1 product added, 1 held out." in build().stdout
    built = json.loads(build("--json").stdout)
    assert (built["by_hand"], built["held_out"], built["indexed"]) == (1, 1, 3)
    assert "1 product added, 1 held out" in indexer("status", *where).stdout
    status = json.loads(indexer("status", *where, "--json").stdout)
    assert status["by_hand"] == [{"id": "h7", "origin": str(photo)}]
    assert status["held_out"] == [{"id": "p1"}]
    assert "Published 4 products" in indexer("remove", "--undo", "p1", *where).stdout


def test_what_cannot_be_amended_is_a_sentence_and_exit_status_two(shop, build, indexer):
    shop.offer(range(2))
    build()
    where = ["--index", str(shop.folder.root)]
    before = shop.folder.current_name()
    for arguments, words in (
        (["add", str(shop.catalogue)], "shop.csv: the file is no photo"),
        (["remove", "nobody"], "Error: nobody: no product of this index."),
        (["add", "a.png", "b.png", "--id", "x"], "are for one photo"),
    ):
        assert words in indexer(*arguments, *where, check=2).stderr
    assert shop.folder.current_name() == before


def test_names_that_are_no_text_are_refused_in_words_and_searched_with_all_the_same(
    shop, build, indexer, tmp_path
):
    shop.offer(range(3))
    build()
    odd = tmp_path / os.fsdecode(b"odd\xff")
    odd.mkdir()
    photo = odd / "photo.png"
    photo.write_bytes(photo_bytes(1))
    where = ("--index", str(shop.folder.root))
    found = indexer("search", str(photo), "-k", "1", "--json", *where).stdout
    assert json.loads(found)[0]["id"] == "p1"
    for refused in (("add", str(photo)), ("build", str(odd))):
        assert "a name that is no text" in indexer(*refused, *where, check=2).stderr
    elsewhere = ("--index", str(odd / "index"), "--encoder", "handcrafted")
    said = indexer("build", str(shop.catalogue), *elsewhere, check=2).stderr
    assert "a name that is no text" in said


class TestHosts:
    """Which hosts are fetched from: those of the public web, and what the owner trusts."""

    @pytest.fixture(autouse=True)
    def nothing_is_allowed(self, shop, monkeypatch):
        monkeypatch.delenv("VITRINE_ALLOW_HOST")

    def test_photos_of_a_private_host_are_refused_with_the_way_to_allow_it(self, shop, build):
        shop.offer(range(1))
        shop.urls["inside"] = "http://127.0.0.1/a.jpg"
        said = " ".join(build(check=2).stdout.split())
        assert "--allow-host HOST:PORT" in said
        assert "--allow-host HOST[:PORT]" in said
        assert shop.server.connections == 0
        assert not shop.folder.current_name()

    def test_an_allowed_host_is_fetched_from(self, shop, build):
        shop.offer(range(2))
        (here, *_) = shop.server.endpoints
        assert json.loads(build("--allow-host", here, "--json").stdout)["indexed"] == 2

    def test_so_is_one_that_the_environment_allows(self, shop, build, monkeypatch):
        shop.offer(range(2))
        monkeypatch.setenv("VITRINE_ALLOW_HOST", f"nas.lan {shop.server.endpoints[0]}")
        assert json.loads(build("--json").stdout)["indexed"] == 2

    def test_what_is_no_host_is_refused_before_any_work(self, shop, build):
        said = " ".join(build("--allow-host", "http://nas.lan/", check=2).stderr.split())
        assert "'http://nas.lan/' is no HOST or HOST:PORT: write nas.lan or" in said
        assert not shop.folder.root.exists()

    def test_a_catalogue_at_a_private_url_brings_its_hosts_photos_and_no_others(
        self, shop, indexer
    ):
        shop.offer(range(2))
        shop.urls["beside"] = "1.png"
        shop.urls["elsewhere"] = shop.server.url("/0.png", "127.0.0.2")
        shop.write_catalogue()
        shop.server.replies["/shop.csv"] = Reply(shop.catalogue.read_bytes(), content_type=None)
        where = ["--index", str(shop.folder.root), "--encoder", "handcrafted", "--json"]
        facts = json.loads(indexer("build", shop.server.url("/shop.csv"), *where).stdout)
        assert facts["indexed"] == 3
        assert [(f["id"], f["code"]) for f in facts["failed"]] == [("elsewhere", "port")]
        assert {seen.host for seen in shop.server.seen} == {"127.0.0.1"}

    def test_a_photo_that_is_added_by_its_private_url_is_fetched(self, shop, indexer):
        shop.offer(range(1))
        where = ["--index", str(shop.folder.root), "--encoder", "handcrafted"]
        indexer("add", shop.urls["p0"], *where)
        assert shop.snapshot().ids == ("0",)

    def test_a_photo_that_is_added_leads_to_no_other_private_host(self, shop, indexer):
        shop.offer(range(1))
        shop.server.replies["/away.png"] = redirect(shop.server.url("/0.png", "127.0.0.2"))
        where = ["--index", str(shop.folder.root), "--encoder", "handcrafted"]
        said = indexer("add", shop.server.url("/away.png"), *where, check=2).stderr
        assert "--allow-host HOST:PORT" in " ".join(said.split())
        assert shop.server.counts == {"/away.png": 1}
