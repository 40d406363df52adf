"""Where in Milvus the vectors of an index are: `milvus+http://host:19530/shop`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from vitrine.errors import UnusableError

PREFIX = "milvus+"
EXAMPLES = f"{PREFIX}http://host:19530/shop, or {PREFIX}vectors.db/shop for a file"
COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class AddressError(UnusableError):
    """What was given is no address of a collection; the message says how one looks."""


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """A collection's name at a server or in a file, `uri`; of a server, in one `database`.

    The name is an alias, which leads to the published generation's own collection. `token` is
    a login, ``user:password`` or an API key. It is no part of what is written down or shown.
    """

    uri: str
    collection: str
    database: str = ""
    token: str = ""

    @classmethod
    def parse(cls, text: str) -> MilvusAddress:
        """Raises `AddressError`."""
        shown = re.sub("//.*@", "//", text)
        wrong = AddressError(f"{shown} names no collection of Milvus. Give {EXAMPLES}.")
        try:
            parts = urlsplit(text.removeprefix(PREFIX))
            is_server = parts.scheme in ("http", "https")
            found = cls._at_server(parts) if is_server else cls._in_file(text)
        except ValueError:
            raise wrong from None
        names = [found.collection, *([found.database] if found.database else [])]
        if not found.uri or not all(COLLECTION.fullmatch(name) for name in names):
            raise wrong
        return found

    @classmethod
    def _at_server(cls, parts: SplitResult) -> MilvusAddress:
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 19530)
        database, _, collection = parts.path.strip("/").rpartition("/")
        token = unquote(parts.netloc.rpartition("@")[0])
        uri = f"{parts.scheme}://{host}:{port}" if host else ""
        return cls(uri, collection, database, token)

    @classmethod
    def _in_file(cls, text: str) -> MilvusAddress:
        file, _, collection = text.removeprefix(PREFIX).rpartition("/")
        return cls(file if file.endswith(".db") else "", collection)

    @property
    def is_file(self) -> bool:
        return not self.uri.startswith(("http://", "https://"))

    def __str__(self) -> str:
        database = f"{self.database}/" if self.database else ""
        return f"{PREFIX}{self.uri}/{database}{self.collection}"

    def __repr__(self) -> str:
        return f"MilvusAddress({str(self)!r})"


def is_address(text: str) -> bool:
    """Whether this is meant for an address, and not for a folder."""
    return text.startswith(PREFIX)
