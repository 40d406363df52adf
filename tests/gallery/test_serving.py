"""The server itself: what it answers before any route sees it, and how it stops."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
import requests

from app import create_app
from gallery.serving import Server
from tests.drawings import photo_bytes
from tests.gallery.conftest import MAX_UPLOAD, served
from vitrine.settings import Settings

ROOT = Path(__file__).parents[2]
POLICY = {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"}


@pytest.fixture(scope="module")
def address(wardrobe):
    settings = Settings(index=wardrobe.root, max_upload_bytes=MAX_UPLOAD, client_searches=1)
    app = create_app(settings)
    app.add_url_rule("/broken", view_func=lambda: 1 / 0)
    with served(app, settings) as address:
        yield address


def said(address, request):
    """The answer to these bytes, whatever they are."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        answer = HTTPResponse(connection)
        answer.begin()
        return answer, answer.read()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 300_000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"nonsense\r\n\r\n", 400),
    ],
    ids=["headers", "body", "length", "lengths", "encoding", "nonsense"],
)
def test_what_is_refused_before_any_route_sees_it_has_the_shape_of_all_errors(
    address, request_bytes, status
):
    answer, body = said(address, request_bytes)
    assert answer.status == status
    found = json.loads(body)
    assert set(found) == {"error", "code", "status"}
    assert found["status"] == status
    assert set(answer.headers["Content-Security-Policy"].split("; ")) >= POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_every_status_has_the_headers(address):
    photo = {"image": ("a.png", photo_bytes(3))}
    style = re.search('href="(/static/[^"]+/style.css)"', requests.get(address, timeout=5).text)[1]
    etag = requests.get(address + style, timeout=5).headers["ETag"]
    answers = [
        requests.get(address + "/", timeout=5),
        requests.get(address + style, timeout=5),
        requests.get(address + style, headers={"If-None-Match": etag}, timeout=5),
        requests.get(address + "/nowhere", timeout=5),
        requests.delete(address + "/", timeout=5),
        requests.post(address + "/search", data={"url": "x" * 100_000}, timeout=5),
        requests.post(address + "/get_similar", files=photo, timeout=5),
        requests.post(address + "/get_similar", files=photo, timeout=5),
        requests.get(address + "/broken", timeout=5),
    ]
    assert [a.status_code for a in answers] == [200, 200, 304, 404, 405, 413, 200, 429, 500]
    for answer in answers:
        assert set(answer.headers["Content-Security-Policy"].split("; ")) >= POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Traceback" not in answer.text


@contextmanager
def stopping(wardrobe, stop_seconds):
    """A server with a slow page, and a way to tell it to stop; gives both and when it has ended."""
    settings = Settings(index=wardrobe.root, stop_seconds=stop_seconds)
    app = create_app(settings)
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        begun.set()
        go_on.wait(20)
        return "x" * 3_000_000  # more than the buffers of a connection hold

    app.add_url_rule("/slow", view_func=slow)
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(app, listener, settings)
    port = listener.getsockname()[1]
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(server.run()))
    thread.start()
    try:
        yield server, port, begun, go_on, thread, outcome
    finally:
        go_on.set()
        server.stop()
        server.stop()
        thread.join(10)


def ended(thread):
    thread.join(10)
    return not thread.is_alive()


def test_requests_under_way_are_answered_whole_and_new_ones_are_not_let_in(wardrobe):
    with stopping(wardrobe, 20) as (server, port, begun, go_on, thread, outcome):
        idle, busy = HTTPConnection("127.0.0.1", port), HTTPConnection("127.0.0.1", port)
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        busy.request("GET", "/slow")
        assert begun.wait(5)
        server.stop()
        time.sleep(0.5)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        assert idle.sock.recv(1) == b""  # closed, as nothing was under way
        assert thread.is_alive()
        go_on.set()
        answer = busy.getresponse()
        assert len(answer.read()) == 3_000_000
        assert ended(thread)
        assert outcome == [True]
        for connection in (idle, busy):
            connection.close()


def test_who_is_connected_and_asks_as_the_server_stops_is_answered(wardrobe):
    with stopping(wardrobe, 20) as (server, port, _, _, thread, outcome):
        before, silent = HTTPConnection("127.0.0.1", port), HTTPConnection("127.0.0.1", port)
        silent.connect()
        before.request("GET", "/healthz")
        before.getresponse().read()
        server.stop()
        time.sleep(0.3)
        for connection in (before, silent):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Connection"]) == (200, "close")
            connection.close()
        assert ended(thread)
        assert outcome == [True]


def test_an_upload_that_is_being_sent_is_received_and_answered(wardrobe):
    with stopping(wardrobe, 20) as (server, port, _, _, thread, outcome):
        body = b'{"id": "1003"}'
        with socket.create_connection(("127.0.0.1", port)) as connection:
            head = (
                "POST /get_similar HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body[:5])
            time.sleep(0.3)
            server.stop()
            time.sleep(0.3)
            connection.sendall(body[5:])
            answer = HTTPResponse(connection)
            answer.begin()
            assert answer.status == 200
            assert answer.headers["Connection"] == "close"
            assert json.loads(answer.read())["query"]["id"] == "1003"
        assert ended(thread)
        assert outcome == [True]


def test_what_never_ends_is_cut_off_in_the_end(wardrobe, caplog):
    with stopping(wardrobe, 0.3) as (server, port, begun, _, thread, outcome):
        busy = HTTPConnection("127.0.0.1", port)
        busy.request("GET", "/slow")
        assert begun.wait(5)
        server.stop()
        assert ended(thread)
        assert outcome == [False]
        assert "1 requests were cut off" in caplog.text
        busy.close()


def test_a_process_that_is_told_to_stop_answers_and_ends_with_status_0(wardrobe):
    """Under load: no request on a connection that was let in is left without its answer."""
    process = subprocess.Popen(
        [sys.executable, "-u", "app.py", "--port", "0", "--index", str(wardrobe.root)],
        cwd=ROOT,
        env=os.environ | {"VITRINE_CLIENT_SEARCHES": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = re.search(r"http://[\d.:]+", process.stdout.readline())[0]
    outcomes, answered = [], threading.Event()

    def ask():
        with requests.Session() as session:
            while True:
                try:
                    files = {"image": ("a.png", io.BytesIO(photo_bytes(3)))}
                    answer = session.post(address + "/get_similar", files=files, timeout=20)
                except requests.ConnectionError as error:
                    outcomes.append("refused" if "refused" in str(error) else str(error))
                    return
                outcomes.append(answer.status_code)
                answered.set()

    people = [threading.Thread(target=ask) for _ in range(4)]
    for person in people:
        person.start()
    assert answered.wait(20)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    for person in people:
        person.join(20)
    assert process.wait(20) == 0
    assert process.stdout.read() == "Stopped.\n"
    process.stdout.close()
    assert set(outcomes) == {200, "refused"}
    assert outcomes.count("refused") == 4
