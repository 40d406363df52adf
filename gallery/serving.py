"""The production server: its own answers in the gallery's shape, a stop that loses nobody."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import socket
import threading
import time
from typing import Any

import waitress
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

from gallery.plain import plain_answer
from vitrine.settings import Settings

log = logging.getLogger("vitrine.gallery")

CONNECTIONS = 1000  # waiting ones cost next to nothing, and a hundred would shut others out
IDLE_SECONDS = 30
BODY_CEILING = 8
"""The server itself cuts off at so many times the largest upload. What lies between is
refused by the gallery, in its own words."""

HEAPS = 2
M_ARENA_MAX = -8  # of glibc's malloc.h

TURN_SECONDS = 0.1  # between two looks at what is still under way
GRACE_SECONDS = 1.0
"""Whoever connected or was heard of so lately may be sending a request at this moment."""


class _Refusing(ErrorTask):  # type: ignore[misc]
    """What waitress refuses before any route sees it: no HTTP, endless headers, too large."""

    def execute(self) -> None:
        answer = plain_answer(self.request.error.code)
        self.status = answer.status
        self.response_headers.extend(answer.headers)
        self.content_length = len(answer.body)
        self.set_close_on_finish()
        self.write(answer.body)


class _Answering(WSGITask):  # type: ignore[misc]
    """Once the server stops, each answer says that it is the connection's last."""

    def execute(self) -> None:
        if not self.channel.server.accepting:
            self.set_close_on_finish()
        super().execute()


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Answering
    error_task_class = _Refusing

    @property
    def is_under_way(self) -> bool:
        """Whether a request is being received, or answered, or its answer being sent."""
        return bool(self.requests or self.request is not None or self.total_outbufs_len)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, nor likely to be on its way here."""
        return not self.is_under_way and time.time() - self.last_activity > GRACE_SECONDS


class Server:
    """Serves an app on a listening socket, until it is told to stop."""

    def __init__(self, app: Flask, listener: socket.socket, settings: Settings) -> None:
        self._waitress: Any = waitress.create_server(
            app,
            sockets=[listener],
            threads=settings.threads,
            ident="Vitrine",
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            max_request_body_size=BODY_CEILING * settings.max_upload_bytes,
            clear_untrusted_proxy_headers=False,  # the app itself does, behind any server
        )
        self._waitress.channel_class = _Channel
        self._stop_seconds = settings.stop_seconds
        self._calls_to_stop = 0
        self._has_ended = False
        self._ending = threading.RLock()  # a signal may interrupt who holds it

    def stop(self, *_: object) -> None:
        """Answer what is under way and return from `run`; told twice, return at once.

        To be called from any thread, or by a signal.
        """
        self._calls_to_stop += 1
        with self._ending:
            if not self._has_ended:
                self._waitress.pull_trigger()

    def run(self) -> bool:
        """Serve; returns whether nothing is under way any more, for whomever."""
        while not self._calls_to_stop:
            self._turn(1.0)
        self._refuse_others()
        until = time.monotonic() + self._stop_seconds
        while self._channels() and time.monotonic() < until and self._calls_to_stop < 2:
            self._turn(TURN_SECONDS)
            self._close_idle()
        cut_off = len(self._channels())
        if cut_off:
            log.warning("%d requests were cut off.", cut_off)
        threads = self._waitress.task_dispatcher
        threads.shutdown(timeout=0 if cut_off else 1)
        for channel in self._channels():
            channel.handle_close()
        with self._ending:
            self._has_ended = True
            self._waitress.trigger.close()
        return not threads.threads

    def _turn(self, seconds: float) -> None:
        server = self._waitress
        server.asyncore.loop(
            timeout=seconds, map=server._map, use_poll=server.adj.asyncore_use_poll, count=1
        )

    def _refuse_others(self) -> None:
        """Nobody is let in any more, save those who have been connected already."""
        server = self._waitress
        known = -1
        while len(server.active_channels) > known:
            known = len(server.active_channels)
            server.handle_accept()
        server.socket.close()
        server.accepting = False
        server.del_channel()

    def _close_idle(self) -> None:
        for channel in self._channels():
            if channel.is_idle:
                channel.handle_close()

    def _channels(self) -> list[_Channel]:
        return list(self._waitress.active_channels.values())


def share_heaps() -> None:
    """Let all threads take memory from the same few heaps, where the C library has several.

    Each of them else has one of its own, and each keeps what its largest request once took.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)


def serve_until_told(server: Server) -> bool:
    """Run until SIGTERM or Ctrl-C; returns whether nothing is under way any more."""
    for told_by in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told_by, server.stop)
    return server.run()


def leave_at_once() -> None:
    """End the process with status 0, whatever its threads are still doing."""
    logging.shutdown()
    os._exit(0)
