"""Connections that keep to a photo's deadline and within its reach, whatever the host does.

A socket time-out bounds one wait, and a host that drips a byte now and then, in
the headers or in the body, never runs into it. So every wait of these sockets asks
the budget of the photo that its thread is fetching. That holds alike for headers
and bodies, for http and https, and for a pooled connection used again.

A name is resolved once for each connection, every address that it has is judged,
and the socket connects to one that was judged: no second look-up can change it.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from vitrine.fetching.addresses import Endpoint, Reach

# How soon a waiting thread notices that nobody wants its photo any more.
_SLICE_S = 0.2

_HEAD_BYTES = 1_000_000  # of heads, which http.client bounds as well


class Budget:
    """What one request may still take: time, and bytes from its socket, heads included.

    The bytes of the body are counted where they have been decoded. That does not hold against
    every answer: urllib3 2.8 reads a chunk whose size is given as −1 to the end of the
    connection, in one go. `stop` may be called from another thread.
    """

    def __init__(self, left_s: float, connect_s: float, silence_s: float, max_bytes: int) -> None:
        self._ends = time.monotonic() + left_s
        self._stopped = False
        self.connect_s = connect_s
        self.silence_s = silence_s
        # Chunks have heads of their own, which for very small ones weigh as much again.
        self._left_bytes = 2 * max_bytes + _HEAD_BYTES

    def stop(self) -> None:
        """Let the thread that works on the photo give up at its next wait."""
        self._stopped = True

    def take(self, wanted_s: float) -> float:
        """As much of `wanted_s` as is left; raises TimeoutError where nothing is."""
        left = min(wanted_s, self._ends - time.monotonic())
        if self._stopped or left <= 0:
            raise TimeoutError("out of time")
        return left

    def receive(self, count: int) -> int:
        """Note so many more bytes; raises `FloodError` where they are too many. Returns `count`."""
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise FloodError("more bytes than any photo may have")
        return count


current_budget: ContextVar[Budget] = ContextVar("current_budget")
"""The budget of the photo that this thread is fetching."""

current_reach: ContextVar[Reach] = ContextVar("current_reach")
"""Where this thread's requests may go. It has no default: forgotten, nothing is reached."""


class FloodError(OSError):
    """More bytes have come than were allowed for."""


class PortError(HTTPError):
    """A port that is out of reach; the message names it."""


class AddressError(HTTPError):
    """A host that leads to an address out of reach; the message names both."""


def _received(sock: socket.socket, receive: Callable[[], int]) -> int:
    budget = current_budget.get()
    silent_until = time.monotonic() + budget.silence_s
    while True:
        sock.settimeout(min(_SLICE_S, budget.take(silent_until - time.monotonic())))
        try:
            return budget.receive(receive())
        except TimeoutError:
            continue  # `take` decides whether there is time for another wait


class _PlainSocket(socket.socket):
    def recv_into(self, *args: Any) -> int:
        return _received(self, lambda: socket.socket.recv_into(self, *args))


class _TLSSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any) -> int:
        return _received(self, lambda: ssl.SSLSocket.recv_into(self, *args))


def _connect(connection: HTTPConnection) -> socket.socket:
    budget = current_budget.get()
    problem: OSError | None = None
    for family, kind, protocol, _, address in _judged(connection):
        sock = _PlainSocket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(budget.take(budget.connect_s))
            sock.connect(address)
            sock.settimeout(budget.take(budget.connect_s))  # for the TLS handshake
        except OSError as error:
            sock.close()
            problem = error
        else:
            return sock
    raise NewConnectionError(connection, str(problem)) from problem


def _judged(connection: HTTPConnection) -> list[Any]:
    """What `getaddrinfo` says of the host, if each address there is may be connected to.

    One that may not spoils the rest: a name that leads both ways is no public host's. An
    endpoint that the owner trusts may lead anywhere.
    """
    reach = current_reach.get()
    host, port = connection.host.strip("[]"), connection.port
    endpoint = Endpoint.of(host, port)
    is_trusted = endpoint in reach.trusted
    if not is_trusted and reach.ports is not None and port not in reach.ports:
        asked = " and ".join(map(str, sorted(reach.ports)))
        raise PortError(f"{host} on port {port}, and only {asked} are asked")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    except UnicodeError as error:  # a label that is too long
        raise NameResolutionError(host, connection, socket.gaierror(str(error))) from error
    if not found:
        raise NameResolutionError(host, connection, socket.gaierror("no address"))
    for *_, address in found:
        if not is_trusted and not reach.allows(str(address[0])):
            raise AddressError(f"{endpoint} leads to {address[0]}, which is not public")
    return found


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _TLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class BudgetedAdapter(HTTPAdapter):
    """requests' adapter over the connections of this module; needs a `current_budget`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = create_urllib3_context()
        context.sslsocket_class = _TLSSocket
        super().init_poolmanager(*args, ssl_context=context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
