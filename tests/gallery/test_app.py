"""`python app.py` as its owner runs it, and what importing it costs."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from app import create_app
from vitrine.settings import Settings

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "openvino", "scipy", "pandas")


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@contextmanager
def running(*arguments):
    """A server of our own; gives the process, its first line and its address."""
    process = subprocess.Popen(
        [sys.executable, "-u", "app.py", "--port", "0", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        line = process.stdout.readline()
        yield process, line, re.search(r"http://[\d.:]+", line)[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_importing_and_creating_the_app_loads_nothing_heavy_and_no_index(tmp_path):
    program = (
        "import sys, app\n"
        f"app.create_app({{'index': {str(tmp_path / 'none')!r}}})\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
    assert not (tmp_path / "none").exists()


def test_a_click_loads_nothing_heavy(wardrobe):
    program = (
        "import sys, app\n"
        f"client = app.create_app({{'index': {str(wardrobe.root)!r}}}).test_client()\n"
        "assert client.get('/').status_code == 200\n"
        "assert client.get('/get_similar?id=1003').status_code == 200\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_settings_come_from_a_mapping_a_record_or_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("VITRINE_INDEX", str(tmp_path))
    settings = [
        create_app(config).extensions["vitrine"].settings
        for config in (None, {"page_size": 7}, Settings(page_size=7))
    ]
    assert [s.page_size for s in settings] == [48, 7, 7]
    assert {s.index for s in settings} == {str(tmp_path)}


def test_one_line_tells_the_address_and_what_is_served(wardrobe):
    with running("--index", str(wardrobe.root)) as (_, line, address):
        assert re.fullmatch(
            r"Vitrine: http://127\.0\.0\.1:\d+ · 30 products, encoder handcrafted\n", line
        )
        assert requests.get(address, timeout=5).status_code == 200


def test_without_an_index_it_starts_and_names_the_command(tmp_path):
    folder = tmp_path / "none"
    with running("--index", str(folder)) as (_, line, address):
        assert (
            f"There is no index yet. Run: python -m indexer build CATALOGUE --index {folder}\n"
            in line
        )
        assert requests.get(address, timeout=5).status_code == 503


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_quietly(wardrobe, how):
    with running("--index", str(wardrobe.root)) as (process, _, address):
        assert requests.get(address, timeout=5).status_code == 200
        started = time.monotonic()
        process.send_signal(how)
        rest = process.stdout.read()
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - started < 5
        assert rest == "Stopped.\n"


def test_a_busy_port_is_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--port", str(port), "--index", str(tmp_path))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        f"Error: port {port} is in use. Stop the program that uses it, "
        f"or take another: python app.py --port {port + 1}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "203.0.113.7"], "can't listen on 203.0.113.7"),
        (["--host", "no.such.host.invalid"], "can't listen on no.such.host.invalid"),
        (["--port", "99999"], "port: Input should be less than or equal to 65535"),
        (["--port", "web"], "'web' is not a valid integer"),
    ],
)
def test_unusable_arguments_end_with_status_2(tmp_path, arguments, words):
    result = run("--index", str(tmp_path), *arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_bad_setting_of_the_environment_is_named(tmp_path):
    result = run("--index", str(tmp_path), VITRINE_THREADS="none")
    assert result.returncode == 2
    assert "threads: Input should be a valid integer" in result.stderr


def test_help_teaches():
    text = run("--help").stdout
    for words in ("--host", "--port", "--index", "python -m indexer", "5000", "data/index"):
        assert words in text
