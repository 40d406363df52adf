"""A real HTTP server on loopback that behaves as badly as a test asks it to.

    server.replies["/a.jpg"] = Reply(PHOTO)                    one reply for every request
    server.replies["/b.jpg"] = [Reply(status=503), Reply()]    one each; the last one stays
    server.folder = tmp_path                                   any other path is a file in there
    server.url("/a.jpg"), server.url("/a.jpg", host="127.0.0.2")

Path `/404` and whatever is neither set nor in the folder answer 404.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from vitrine.fetching import Reach

LOOPBACK = Reach(allows=lambda address: ip_address(address).is_loopback, ports=None)
"""Where tests may fetch from: this machine alone."""

PHOTO = b"\xff\xd8\xff\xe0 not a photo that decodes, but bytes to compare \xff\xd9" * 50


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Pauses are in seconds; `headers` come last and replace nothing."""

    body: bytes = PHOTO
    status: int = 200
    content_type: str | None = "image/jpeg"
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None  # answers 304 to a request that names it
    last_modified: str | None = None  # likewise
    content_length: int | None = None  # what the header claims instead of the truth
    no_length: bool = False  # no Content-Length: the body ends with the connection
    chunked: bool = False
    delay_s: float = 0.0  # before the first byte
    drip_head_s: float = 0.0  # before each byte of the head
    drip_body_s: float = 0.0  # before each byte of the body
    cut_after: int | None = None  # hang up after so many bytes of the body
    endless: bool = False  # the body again and again


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    path: str
    host: str
    headers: Mapping[str, str]


def redirect(target: str, status: int = 302) -> Reply:
    return Reply(b"", status, content_type=None, headers={"Location": target})


class PhotoServer:
    """Listens on 127.0.0.1 and 127.0.0.2, each on a port of its own; a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.replies: dict[str, Reply | Sequence[Reply]] = {}
        self.folder: Path | None = None
        self.latency_s = 0.0
        """Before the first byte of a file in the folder."""
        self.seen: list[Seen] = []
        self.counts: Counter[str] = Counter()
        self.connections = 0
        self.peaks: Counter[str] = Counter()
        """The most requests that waited for their answers at once, by host name. One whose
        answer has begun counts no more: whoever has it may ask again before it is noted here."""
        self.peak_overall = 0
        self.waiting: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.sent_bytes: Counter[str] = Counter()
        """Bytes of bodies, by path, that the sockets have accepted."""
        self.stopping = threading.Event()
        self.sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._scheme = "https" if tls else "http"
        self._servers = {
            address: _Server(address, self, tls) for address in ("127.0.0.1", "127.0.0.2")
        }
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            for server in self._servers.values()
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        for connection in list(self.sockets):  # that clients have kept open
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of `path`; `host` is 127.0.0.1, localhost or 127.0.0.2."""
        server = self._servers["127.0.0.2" if host == "127.0.0.2" else "127.0.0.1"]
        return f"{self._scheme}://{host}:{server.server_port}{path}"

    @property
    def endpoints(self) -> list[str]:
        """What `--allow-host` must be given for the server to be asked."""
        hosts = ("127.0.0.1", "localhost", "127.0.0.2")
        return [urlsplit(self.url("", host)).netloc for host in hosts]

    def requests(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def begin(self, seen: Seen) -> Reply:
        """Count a request in and choose its reply."""
        with self._lock:
            self.seen.append(seen)
            number = self.counts[seen.path]
            self.counts[seen.path] += 1
            self.under_way[seen.host] += 1
            self.waiting[seen.host] += 1
            self.peaks[seen.host] = max(self.peaks[seen.host], self.waiting[seen.host])
            self.peak_overall = max(self.peak_overall, self.waiting.total())
        replies = self.replies.get(seen.path) or self._file(seen.path)
        if isinstance(replies, Reply):
            return replies
        return replies[min(number, len(replies) - 1)]

    def answer(self, seen: Seen) -> None:
        with self._lock:
            self.waiting[seen.host] -= 1

    def end(self, seen: Seen) -> None:
        with self._lock:
            self.under_way[seen.host] -= 1

    def _file(self, path: str) -> Reply:
        if self.folder is not None:
            file = (self.folder / unquote(urlsplit(path).path).lstrip("/")).resolve()
            if file.is_relative_to(self.folder.resolve()) and file.is_file():
                body = file.read_bytes()
                return Reply(
                    body,
                    content_type=None,
                    etag=f'"{hashlib.sha256(body).hexdigest()[:16]}"',
                    last_modified=formatdate(file.stat().st_mtime, usegmt=True),
                    delay_s=self.latency_s,
                )
        return Reply(b"<h1>Not here</h1>", 404, content_type="text/html", delay_s=self.latency_s)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A test may open dozens of connections at one moment.
    request_queue_size = 128

    def __init__(self, address: str, photos: PhotoServer, tls: ssl.SSLContext | None) -> None:
        super().__init__((address, 0), _Handler)
        self.photos = photos
        if tls is not None:
            # The handshake belongs to the request's thread, not to the accepting one.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is a normal thing here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are written apart, which would otherwise cost 40 ms a reply.
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.photos.connections += 1
        self.server.photos.sockets.add(self.connection)

    def finish(self) -> None:
        self.server.photos.sockets.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests look at `PhotoServer.seen` instead."""

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").rpartition(":")[0]
        seen = Seen(self.path, host, dict(self.headers))
        reply = self.server.photos.begin(seen)
        self._pause(reply.delay_s)
        self.server.photos.answer(seen)
        try:
            self._answer(reply)
        except OSError:
            self.close_connection = True
        finally:
            self.server.photos.end(seen)

    def _answer(self, reply: Reply) -> None:
        if self._unchanged(reply):
            self._write_head(Reply(b"", 304, None, etag=reply.etag))
            return
        self._write_head(reply)
        body = reply.body if reply.cut_after is None else reply.body[: reply.cut_after]
        self._write_body(reply, body)
        while reply.endless and not self.server.photos.stopping.is_set():
            self._write_body(reply, body)
        if reply.chunked and reply.cut_after is None:
            self.wfile.write(b"0\r\n\r\n")
        if reply.no_length or reply.cut_after is not None or reply.content_length is not None:
            self.close_connection = True

    def _unchanged(self, reply: Reply) -> bool:
        if reply.etag and "If-None-Match" in self.headers:
            return self.headers["If-None-Match"] == reply.etag
        return bool(
            reply.last_modified and self.headers.get("If-Modified-Since") == reply.last_modified
        )

    def _write_head(self, reply: Reply) -> None:
        lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"]
        if reply.content_type:
            lines.append(f"Content-Type: {reply.content_type}")
        if reply.etag:
            lines.append(f"ETag: {reply.etag}")
        if reply.last_modified:
            lines.append(f"Last-Modified: {reply.last_modified}")
        if reply.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif not reply.no_length and reply.status != 304:
            length = len(reply.body) if reply.content_length is None else reply.content_length
            lines.append(f"Content-Length: {length}")
        lines.extend(f"{name}: {value}" for name, value in reply.headers.items())
        self._write("\r\n".join([*lines, "", ""]).encode(), reply.drip_head_s)

    def _write_body(self, reply: Reply, body: bytes) -> None:
        if reply.chunked and body:
            body = b"%x\r\n%s\r\n" % (len(body), body)
        self._write(body, reply.drip_body_s)
        self.server.photos.sent_bytes[self.path] += len(body)

    def _write(self, data: bytes, drip_s: float) -> None:
        if not drip_s:
            self.wfile.write(data)
            return
        for byte in data:
            if self._pause(drip_s):
                return
            self.wfile.write(bytes([byte]))

    def _pause(self, seconds: float) -> bool:
        return bool(seconds) and self.server.photos.stopping.wait(seconds)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unheard Of"
