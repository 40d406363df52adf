"""What the gallery tells its owner of itself, and that it tells nothing of anybody else."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from gallery.measuring import access
from tests.drawings import photo_bytes

ROOT = Path(__file__).parents[2]


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def logged(wardrobe, monkeypatch):
    """A client whose requests are logged, and the lines of the log."""
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    monkeypatch.setattr(access, "handlers", [])
    client = create_app({"index": wardrobe.root, "access_log": True}).test_client()
    return client, file


def steps():
    names = ("fetch", "decode", "prepare", "embed", "search", "render")
    return {name: value("vitrine_step_seconds_count", step=name) for name in names}


def grown(before):
    return {name: int(count - before[name]) for name, count in steps().items()}


def seconds():
    """What all embedding, and all searching by photo, has taken so far."""
    return (
        value("vitrine_step_seconds_sum", step="embed"),
        value("vitrine_request_seconds_sum", route="/search"),
    )


def test_the_steps_of_a_search_are_timed_apart(client):
    before = steps()
    assert client.get("/get_similar?id=1003").status_code == 200
    assert grown(before) == dict.fromkeys(before, 0) | {"search": 1}
    before, (embedding, request) = steps(), seconds()
    photo = {"image": (io.BytesIO(photo_bytes(3)), "a.png")}
    assert client.post("/search", data=photo).status_code == 200
    assert grown(before) == dict.fromkeys(before, 1) | {"fetch": 0}
    after = seconds()
    assert 0 < after[0] - embedding < after[1] - request


def test_requests_are_counted_by_route_and_status_and_never_by_what_strangers_write(client):
    item = "/item/<product_id:product_id>"
    before = value("vitrine_requests_total", method="GET", route=item, status="200")
    for product_id in ("1003", "1004"):
        client.get(f"/item/{product_id}")
    after = value("vitrine_requests_total", method="GET", route=item, status="200")
    assert after == before + 2
    for number in range(50):
        client.get(f"/invented-{number}")
        client.open("/", method=f"INVENTED{number}")
    families = [family for family in REGISTRY.collect() if family.name == "vitrine_requests"]
    labels = [sample.labels for sample in families[0].samples]
    assert not [found for found in labels if "invented" in str(found).lower()]
    assert {"method": "other", "route": "", "status": "405"} in labels


def test_refusals_are_counted_by_their_code(client):
    before = value("vitrine_refused_total", code="unknown_product")
    client.get("/get_similar?id=nope")
    assert value("vitrine_refused_total", code="unknown_product") == before + 1


def test_a_line_for_each_request_has_nothing_of_anybody(logged):
    client, file = logged
    secret = {
        "headers": {"User-Agent": "agent-7", "Referer": "http://from.test/", "Cookie": "a=b"},
        "environ_base": {"REMOTE_ADDR": "203.0.113.77"},
    }
    client.get("/?q=rareword&Colour=Red", **secret)
    client.get("/item/1003?more=1004", **secret)
    client.get("/photo/secrettoken", **secret)
    client.get("/nowhere/at-all", **secret)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/", 200),
        ("/item/<product_id:product_id>", 200),
        ("/photo/<token>", 404),
        ("", 404),
    ]
    for line in lines:
        assert set(line) == {"at", "method", "route", "status", "bytes", "ms"}
        assert line["ms"] > 0
        assert line["bytes"] > 0
    for told in ("rareword", "1003", "secrettoken", "at-all", "203.0.113", "agent-7", "from.test"):
        assert told not in file.getvalue()


def test_nothing_is_logged_unless_the_owner_wants_it(wardrobe, capfd):
    create_app({"index": wardrobe.root}).test_client().get("/")
    assert capfd.readouterr().err == ""


def test_no_page_of_the_gallery_has_the_metrics(client):
    assert client.get("/metrics").status_code == 404


def test_prometheus_reads_them_at_an_address_of_their_own(wardrobe):
    with socket.create_server(("127.0.0.1", 0)) as free:
        metrics = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-u", "app.py", "--port", "0", "--index", str(wardrobe.root)],
        cwd=ROOT,
        env=os.environ | {"VITRINE_METRICS": metrics, "VITRINE_ACCESS_LOG": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    address = re.search(r"http://[\d.:]+", process.stdout.readline())[0]
    assert requests.get(address + "/get_similar?id=1003", timeout=5).status_code == 200
    found = requests.get(f"http://{metrics}/metrics", timeout=5).text
    samples = [s for family in text_string_to_metric_families(found) for s in family.samples]
    values = {sample.name: sample.value for sample in samples if not sample.labels}
    assert values["vitrine_products"] == 30
    assert values["vitrine_encoder_searches"] == 0
    searched = [
        s.value
        for s in samples
        if s.name == "vitrine_step_seconds_count" and s.labels == {"step": "search"}
    ]
    assert searched == [1]
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert [json.loads(line)["route"] for line in errors.splitlines()] == ["/get_similar"]


def test_it_is_alive_without_an_index_and_ready_only_with_one(wardrobe, tmp_path):
    client = create_app({"index": tmp_path / "none"}).test_client()
    alive = client.get("/healthz")
    assert alive.status_code == 200
    assert (alive.json["generation"], alive.json["products"]) == (None, 0)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["code"]) == (503, "no_index")
    answer = create_app({"index": wardrobe.root}).test_client().get("/readyz").json
    assert (answer["status"], answer["products"]) == ("ready", 30)
