"""The gallery as an app (`create_app`), and as a server (`python app.py`)."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

import click
from flask import Flask
from flask_compress import Compress
from pydantic import ValidationError

from gallery import about, api, context, fashion, pages, photos, sitemap
from gallery.admission import Admission
from gallery.asked import AskedPhotos
from gallery.context import Gallery
from gallery.guards import guard
from gallery.json import JsonProvider
from gallery.live import LiveSnapshot
from gallery.live_maps import LiveMaps
from gallery.measuring import measure, publish_metrics
from gallery.preferences import add_preferences
from gallery.proxies import believe
from gallery.serving import Server, leave_at_once, serve_until_told, share_heaps
from gallery.static import add_static
from gallery.uploads import PHOTOS_IN_MEMORY, UploadEncoder
from vitrine.address import AddressError
from vitrine.folder import IndexFolder
from vitrine.index_encoder import load_encoder_of
from vitrine.settings import Settings


def create_app(config: Settings | Mapping[str, Any] | None = None) -> Flask:
    """The gallery as a WSGI app; settings that are not given come from the environment."""
    settings = config if isinstance(config, Settings) else Settings(**(config or {}))
    folder = IndexFolder.at(settings.index, settings.folder)
    app = Flask(__name__, static_folder=None)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.json = JsonProvider(app)
    app.extensions[context.EXTENSION] = Gallery(
        settings=settings,
        folder=folder,
        live=LiveSnapshot(folder, settings.reload_seconds),
        maps=LiveMaps(folder),
        uploads=UploadEncoder(partial(load_encoder_of, folder), admit=context.admitted),
        asked=AskedPhotos(folder.asked, settings.asked_hours, settings.keep_uploads),
        admission=Admission(
            settings.client_searches,
            settings.all_searches,
            # Whatever is set, one thread is left for clicks.
            max(1, min(PHOTOS_IN_MEMORY + settings.encoder_queue, settings.threads - 1)),
        ),
    )
    measure(app, settings)
    app.config["COMPRESS_STREAMS"] = False  # photos are compressed already
    Compress(app)
    guard(app, settings)
    believe(app, settings)
    add_static(app)
    add_preferences(app)
    pages.add_pages(app)
    for module in (photos, api, fashion, about, sitemap):
        app.register_blueprint(module.blueprint)
    return app


def _help(setting: str) -> str:
    field = Settings.model_fields[setting]
    return f"{field.description}  [default: {field.default}]"


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Make the index first: python -m indexer",
)
@click.option("--host", metavar="ADDRESS", help=_help("host"))
@click.option("--port", type=int, metavar="PORT", help=_help("port"))
@click.option("--index", metavar="PLACE", help=_help("index"))
def main(**options: Any) -> None:
    """Serve the gallery of an index.

    A newly published index is taken up without a restart. Ctrl-C stops the server once what is
    under way has been answered.
    Every other setting is an environment variable: see docs/settings.md.

    \b
    python app.py                          the demo, at http://127.0.0.1:5000
    python app.py --index my/index         an index of your own
    python app.py --host 0.0.0.0           for the whole network to see
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    # That requests wait a moment for a thread is daily life, and no warning.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    given = {name: value for name, value in options.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems = [f"{e['loc'][0]}: {e['msg']}" for e in error.errors()]
        raise click.UsageError("; ".join(problems)) from None
    share_heaps()
    try:
        app = create_app(settings)
    except AddressError as error:
        raise click.UsageError(str(error)) from None
    if settings.metrics:
        _publish_metrics(app, settings.metrics)
    try:
        listener = _listen(settings)
    except OSError as error:
        click.echo(f"Error: {_why_not(error, settings)}", err=True)
        sys.exit(2)
    server = Server(app, listener, settings)
    port = listener.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"Vitrine: http://{host}:{port} · {_what_is_served(app)}")
    is_done = serve_until_told(server)
    click.echo("Stopped.")
    if not is_done:
        leave_at_once()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family)


def _publish_metrics(app: Flask, address: str) -> None:
    gallery: Gallery = app.extensions[context.EXTENSION]
    try:
        publish_metrics(
            address,
            products=lambda: len(gallery.live.snapshot() or ()),
            at_work=lambda: gallery.admission.at_work,
        )
    except OSError as error:
        click.echo(f"Error: can't answer Prometheus at {address}: {error.strerror}", err=True)
        sys.exit(2)


def _why_not(error: OSError, settings: Settings) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {settings.port} is in use. Stop the program that uses it, "
            f"or take another: python app.py --port {settings.port % 65535 + 1}"
        )
    if error.errno == errno.EACCES:
        return f"port {settings.port} is not allowed here. Take one above 1023, such as 5000."
    return f"can't listen on {settings.host}: {error.strerror}. Try --host 127.0.0.1."


def _what_is_served(app: Flask) -> str:
    gallery: Gallery = app.extensions[context.EXTENSION]
    snapshot = gallery.live.snapshot()
    if snapshot is not None:
        return f"{len(snapshot):,} products, encoder {snapshot.manifest.encoder.name}"
    absence, place = gallery.live.absence, gallery.folder.place
    command = absence.command("" if gallery.has_default_index else place)
    return f"nothing to show from {place}: {absence} Run: {command}"


if __name__ == "__main__":
    main()
