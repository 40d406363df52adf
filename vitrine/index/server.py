"""A Milvus to ask: with a deadline, in our own words where it fails, and again when it is back."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

from vitrine.address import MilvusAddress
from vitrine.errors import UnusableError
from vitrine.settings import Settings

PATIENCE_S = 600.0  # for what takes its time: to make an index, to load it
PAUSE_S = 1.0
"""For so long after it did not answer it is not asked at all, so that not every thread of a server
waits for it."""

NOT_LOADED = 101  # of Milvus's error codes
NO_COLLECTION = 100
CONNECT_FAILED = 2
SILENCE = ("Retry", "UNAVAILABLE", "DEADLINE_EXCEEDED", "closed channel", "find no available")


class MilvusError(UnusableError, ConnectionError):
    """Milvus does not answer, or not as it should; the message says what to do."""


class MilvusServer:
    """One database of a Milvus server, or a file of milvus-lite's.

    The library itself tries again, until the deadline. Safe to ask from many threads.
    """

    def __init__(self, address: MilvusAddress) -> None:
        settings = Settings()
        self.address = address
        self.patience = PATIENCE_S
        self._deadline_s = settings.milvus_seconds
        login = settings.milvus_token
        self._token = address.token or (login.get_secret_value() if login else "")
        self._lock = threading.Lock()
        self._client: Any = None
        self._down_until = float("-inf")

    def ask(self, method: str, collection: str, *positional: Any, **named: Any) -> Any:
        """Call a method of pymilvus's client about a collection.

        One that the server has let go of, as after a restart, is loaded first. Raises
        `MilvusError`.
        """
        try:
            return self._asked(method, collection, *positional, **named)
        except _NotLoadedError:
            self._asked("load_collection", collection)
        try:
            return self._asked(method, collection, *positional, **named)
        except _NotLoadedError:
            raise self.error(f"{collection} is still being loaded") from None

    def has(self, collection: str) -> bool:
        """Whether there is a collection of this name."""
        return bool(self.ask("has_collection", collection))

    def drop(self, collection: str) -> None:
        """Remove a collection, if there is one of this name."""
        if self.has(collection):
            self.ask("drop_collection", collection, timeout=self.patience)

    def alias_of(self, alias: str) -> str | None:
        """The collection that an alias leads to; None where there is no such alias."""
        if not self.has(alias) or alias in self._asked("list_collections"):
            return None
        return str(self.ask("describe_alias", alias)["collection_name"])

    def lead(self, alias: str, collection: str) -> None:
        """Let an alias lead to a collection, in one call."""
        leads_to = self.alias_of(alias)
        if leads_to == collection:
            return
        self.ask("create_alias" if leads_to is None else "alter_alias", collection, alias)

    def error(self, problem: str) -> MilvusError:
        return MilvusError(f"Milvus at {self.address.uri}: {problem}.")

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _asked(self, method: str, *positional: Any, **named: Any) -> Any:
        try:
            from grpc import RpcError
            from pymilvus.exceptions import MilvusException
        except ModuleNotFoundError as error:
            raise _missing(self.address, error) from None
        if time.monotonic() < self._down_until:
            raise self._silence()
        named["timeout"] = named.get("timeout") or self._deadline_s
        try:
            client = self._connected()
            return getattr(client, method)(*positional, **named)
        except MilvusException as error:
            raise self._told(error) from error
        except RpcError as error:  # what the library lets through
            if _is_unauthenticated(error):
                raise self._refused_login() from error
            self._is_down()
            raise self._silence() from error
        except ValueError as error:  # a channel that another thread has closed
            self._is_down()
            raise self._silence() from error

    def _connected(self) -> Any:
        with self._lock:
            if time.monotonic() < self._down_until:  # as others have found who held the lock
                raise self._silence()
            if self._client is None:
                try:
                    self._client = _connect(self.address, self._token, self._deadline_s)
                except Exception:
                    self._down_until = time.monotonic() + PAUSE_S
                    raise
            return self._client

    def _told(self, error: Any) -> MilvusError:
        """What Milvus, or the library in its place, has said, in our words."""
        code, message = error.code, str(error.message)
        if code == NOT_LOADED:
            return _NotLoadedError(message)
        if code == NO_COLLECTION:
            return self.error(f"{message}. Build the index again")
        if _is_unauthenticated(error):
            return self._refused_login()
        if self.address.is_file and "Open local milvus failed" in message:
            return self.error(
                "the file is in use by another process, or is none of milvus-lite's. Stop that, "
                "or let both use a server: see docs/scale.md"
            )
        if _is_silence(code, message):
            self._is_down()
            return self._silence()
        return self.error(message.rstrip("."))

    def _is_down(self) -> None:
        self._down_until = time.monotonic() + PAUSE_S
        self.close()

    def _refused_login(self) -> MilvusError:
        return self.error(
            "it refuses the login. Give VITRINE_MILVUS_TOKEN=user:password, or an API key"
        )

    def _silence(self) -> MilvusError:
        return self.error("it does not answer. Start it, or correct the address")


class _NotLoadedError(MilvusError):
    """The server has the collection, but not in memory."""


def _is_silence(code: object, message: str) -> bool:
    """Whether the server could not be reached at all, or not in time, or is being started."""
    return code == CONNECT_FAILED or any(words in message for words in SILENCE)


def _is_unauthenticated(error: BaseException) -> bool:
    """Whether an answer that the library tells of in words of its own was a refused login."""
    from grpc import RpcError, StatusCode

    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        if isinstance(cause, RpcError) and cause.code() is StatusCode.UNAUTHENTICATED:
            return True
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    return False


def _connect(address: MilvusAddress, token: str, timeout: float) -> Any:
    try:
        from pymilvus import MilvusClient

        if address.is_file:
            import milvus_lite  # noqa: F401 - what pymilvus starts

            Path(address.uri).parent.mkdir(parents=True, exist_ok=True)
    except ModuleNotFoundError as error:
        raise _missing(address, error) from None
    # What goes wrong is raised as well, and told in our own words.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    logging.getLogger("milvus_lite").setLevel(logging.CRITICAL)
    return MilvusClient(address.uri, token=token, db_name=address.database, timeout=timeout)


def _missing(address: MilvusAddress, error: ModuleNotFoundError) -> MilvusError:
    package = (error.name or "").partition(".")[0].replace("_", "-")
    return MilvusError(f"{address} needs the package {package}. Install it with: make scale")
