"""What every request can reach: the settings, the current snapshot, the upload encoder."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePath

from flask import current_app, g
from flask_babel import lazy_gettext as _l

from gallery.admission import Admission
from gallery.asked import AskedPhotos
from gallery.live import Absence, LiveSnapshot
from gallery.live_maps import LiveMaps
from gallery.proxies import client
from gallery.refusals import Code, Refusal
from gallery.uploads import UploadEncoder
from vitrine.fetching import PUBLIC_WEB, Reach
from vitrine.folder import IndexFolder
from vitrine.settings import Settings
from vitrine.snapshot import Snapshot

EXTENSION = "vitrine"
RETRY_SECONDS = 2  # for a database that is being started again

ABSENCES = {
    Absence.NO_INDEX: _l("There is no index yet."),
    Absence.NOT_OURS: _l("The index folder holds other files, and no index."),
    Absence.NEWER_FORMAT: _l("The index was made by a newer Vitrine than this one."),
    Absence.OLDER_FORMAT: _l("The index was made by an older Vitrine than this one."),
    Absence.DAMAGED: _l("The index is damaged, and no earlier one is left."),
    Absence.UNREACHABLE: _l("The vectors are in a database that does not answer now."),
}


@dataclass(frozen=True, slots=True)
class Gallery:
    settings: Settings
    folder: IndexFolder
    live: LiveSnapshot
    maps: LiveMaps
    uploads: UploadEncoder
    asked: AskedPhotos
    admission: Admission
    reach: Reach = PUBLIC_WEB  # of addresses that strangers give

    @property
    def has_default_index(self) -> bool:
        return bool(self.settings.index == Settings.model_fields["index"].default)


def gallery() -> Gallery:
    """The running app's own."""
    found: Gallery = current_app.extensions[EXTENSION]
    return found


def admitted() -> AbstractContextManager[None]:
    """Hold it while using the encoder; refuses whoever asks too often, or finds it too busy."""
    return gallery().admission.admitted(client())


def current_snapshot() -> Snapshot | None:
    """The snapshot to answer from, if there is one.

    It is the same for the whole of a request, so that no answer mixes two generations.
    """
    if "snapshot" not in g:
        g.snapshot = gallery().live.snapshot()
    found: Snapshot | None = g.snapshot
    return found


def snapshot() -> Snapshot:
    """The snapshot to answer from; refuses where there is none."""
    current = current_snapshot()
    if current is None:
        absence = gallery().live.absence
        if absence is Absence.UNREACHABLE:
            raise unreachable()
        # Which folder it is, strangers need not know.
        command = absence.command("" if gallery().has_default_index else "FOLDER")
        raise Refusal(Code.NO_INDEX, ABSENCES[absence], command)
    return current


def unreachable() -> Refusal:
    """What is said where a search gets no answer from the database that has the vectors."""
    words = _l("The search engine does not answer now. Try again in a moment.")
    return Refusal(Code.INDEX_UNREACHABLE, words, retry_after=RETRY_SECONDS)


def encoder_name(snapshot: Snapshot) -> str:
    """The encoder as strangers may know it: of a folder of the server, its last part alone."""
    return _for_strangers(snapshot.manifest.encoder.name)


@functools.lru_cache(8)
def _for_strangers(encoder: str) -> str:
    name = PurePath(encoder)
    return name.name if name.is_absolute() else str(name)
