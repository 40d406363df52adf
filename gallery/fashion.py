"""`POST /fashion`: an older program's question, and its answer in its own shape."""

from __future__ import annotations

import base64
import io
from typing import Annotated

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from PIL import Image

# TypedDict of the standard library keeps no annotations of its own before Python 3.12.
from typing_extensions import TypedDict

from gallery import context
from gallery.answers import said
from gallery.embedding import embedded
from gallery.operations import PHOTO, Operation, answers
from gallery.refusals import UPLOAD_FAILURES, Code, Refusal
from gallery.tiles import THUMBNAIL_WIDTH
from vitrine.figures import stored_photo
from vitrine.folder import IndexFolder
from vitrine.products import IndexedProduct
from vitrine.search import similar_to_vector

blueprint = Blueprint("fashion", __name__)

PRODUCTS = 6


class Fashion(TypedDict):
    """Products that look like a photo: `"0"` is the best, in both."""

    images: Annotated[dict[str, str], said("Their photos as PNG files, in Base64.")]
    captions: Annotated[
        dict[str, str],
        said("What is known of them: the title, then a fact a line, as in `Colour: Red`."),
    ]


@blueprint.post("/fashion")
@answers(
    Operation(
        Fashion,
        form=(PHOTO,),
        refuses=(
            Code.NO_QUERY,
            Code.SEVERAL_QUERIES,
            *(Code(failure.value) for failure in UPLOAD_FAILURES),
            Code.NO_INDEX,
            Code.INDEX_UNREACHABLE,
            Code.ENCODER_MISMATCH,
            Code.ENCODER_UNAVAILABLE,
            Code.TOO_MANY_SEARCHES,
            Code.BUSY,
        ),
    )
)
def fashion() -> ResponseReturnValue:
    """The six products that look most like a photo, as pictures with captions.

    For clients of an older program. There are fewer only where the index has fewer.
    `/get_similar` says more, and sends addresses in the place of pictures.
    """
    snapshot = context.snapshot()
    body = _upload()
    with context.admitted():
        photo = embedded(snapshot, body, crop=None)
    found = similar_to_vector(snapshot, photo.vector, PRODUCTS)
    products = snapshot.products.get(neighbour.row for neighbour in found)
    folder = context.gallery().folder
    answer: Fashion = {
        "images": {
            str(place): base64.b64encode(_png(folder, product)).decode()
            for place, product in enumerate(products)
        },
        "captions": {str(place): _caption(product) for place, product in enumerate(products)},
    }
    return jsonify(answer)


def _upload() -> bytes:
    uploads = [file for file in request.files.getlist("image") if file.filename]
    if not uploads:
        raise Refusal(
            Code.NO_QUERY,
            _("No photo was sent. Send one as the file image of a multipart form."),
        )
    if len(uploads) > 1:
        raise Refusal(Code.SEVERAL_QUERIES, _("Send one photo at a time."))
    body: bytes = uploads[0].read()
    return body


def _png(folder: IndexFolder, product: IndexedProduct) -> bytes:
    """The gallery's copy of the photo; where that can't be read, a plate of the photo's colour."""
    image = stored_photo(folder, product, THUMBNAIL_WIDTH)
    if image is None:
        width = min(product.width, THUMBNAIL_WIDTH)
        height = max(1, round(width * product.height / product.width))
        image = Image.new("RGB", (width, height), product.colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _caption(product: IndexedProduct) -> str:
    facts = [f"{name}: {value}" for name, value in product.facts.items()]
    return "\n".join([product.title, *facts])
