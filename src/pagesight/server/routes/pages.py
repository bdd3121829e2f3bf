"""Pages as text and as pictures, and the crops of figures and tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import StringConstraints

from pagesight.document import Document, Page
from pagesight.geometry import BBox
from pagesight.server.access import Readable
from pagesight.server.admission import Admission
from pagesight.server.problems import RESPONSES, Problem
from pagesight.server.shelves import Shelf
from pagesight.service import PAGE_DPI, page_index
from pagesight.views import PageText

PICTURES_AT_A_TIME = 2
"""Of one library: one is rendered, and one more is read from what is kept or gets its boxes."""
PICTURES_WAITING = 64
"""A page with thumbnails asks for some at once."""
PICTURE_WAIT_SECONDS = 30.0

MOST_BOXES = 200
DAY_SECONDS = 86_400
"""That a browser keeps a page's picture without asking again; the same bytes can be rendered
otherwise by a newer version."""
YEAR_SECONDS = 365 * DAY_SECONDS
"""That it keeps a crop: its name is the digest of its bytes."""

DocumentId = Annotated[str, Path(description="Id of a document.", max_length=200)]
PageNumber = Annotated[int, Path(ge=1, le=10**6, description="1-based.")]
Dots = Annotated[int, Query(ge=36, le=200, description="Pixels an inch.")]
CropKey = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="64 hexadecimal digits.")]
_FRACTION = r"-?[0-9](\.[0-9]{1,17})?"
Fractions = Annotated[
    str, StringConstraints(pattern=rf"^{_FRACTION},{_FRACTION},{_FRACTION},{_FRACTION}$")
]
Boxes = Annotated[
    list[Fractions],
    Query(
        max_length=MOST_BOXES,
        description="Places to highlight: left,top,right,bottom as fractions of the page.",
    ),
]

Known = Annotated[str, Header(alias="If-None-Match", max_length=4000)]

_PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "The caller has it already (If-None-Match)."},
}

router = APIRouter(tags=["pages"], responses=RESPONSES)


async def lane(request: Request, shelf: Readable) -> Admission:
    """Pictures of a library wait for each other: a page that takes a minute holds up no question
    and no other library."""
    state = request.app.state
    if not hasattr(state, "picture_lanes"):
        state.picture_lanes = {}
    lanes: dict[str, Admission] = state.picture_lanes
    if shelf.name not in lanes:
        lanes[shelf.name] = Admission(PICTURES_AT_A_TIME, PICTURES_WAITING, PICTURE_WAIT_SECONDS)
    return lanes[shelf.name]


@router.get("/api/libraries/{library}/documents/{id}/pages/{number}")
def page_text(shelf: Readable, id: DocumentId, number: PageNumber) -> PageText:
    """A page with its words."""
    return shelf.service.page(_document(shelf, id).id, number)


@router.get(
    "/api/libraries/{library}/documents/{id}/pages/{number}/image",
    response_class=Response,
    responses=_PNG,
)
async def page_image(
    shelf: Readable,
    pictures: Annotated[Admission, Depends(lane)],
    id: DocumentId,
    number: PageNumber,
    dpi: Dots = PAGE_DPI,
    box: Boxes = [],  # noqa: B006 - FastAPI makes a new one for each request
    known: Known = "",
) -> Response:
    """A page as PNG, with places highlighted on it where `box` names some."""
    return await pictures.run(partial(_page_image, shelf, id, number, dpi, box, known))


@router.get("/api/libraries/{library}/crops/{key}", response_class=Response, responses=_PNG)
def crop(shelf: Readable, key: CropKey, known: Known = "") -> Response:
    """The picture of a figure or table of this library as PNG."""
    library = shelf.app.library
    if not library.shows(key):
        raise Problem(404, "no such crop", "no figure or table of this library has this picture")
    headers = _headers(key, f"max-age={YEAR_SECONDS}, immutable")
    if _has(known, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        png = library.crop_path(key).read_bytes()
    except FileNotFoundError:
        raise Problem(
            404, "crop is gone", "its file is gone: `pagesight doctor --repair` makes it anew"
        ) from None
    return Response(png, media_type="image/png", headers=headers)


def _page_image(
    shelf: Shelf, id: str, number: int, dpi: int, boxes: Sequence[str], known: str
) -> Response:
    document = _document(shelf, id)
    index = page_index(document, number)
    asked = f"{version('pagesight')} {document.id} {index} {dpi} {' '.join(boxes)}"
    tag = hashlib.sha256(asked.encode()).hexdigest()[:32]
    headers = _headers(tag, f"max-age={DAY_SECONDS}")
    if _has(known, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    places: list[BBox] = []
    if boxes:
        page = shelf.app.library.pages(document.id)[index]
        places = [_place(box, page) for box in boxes]
    png = shelf.renderer.picture(document.id, index, dpi, places)
    return Response(png, media_type="image/png", headers=headers)


def _document(shelf: Shelf, id: str) -> Document:
    """By its whole id: paths and names would tell of files that are not the caller's."""
    document = shelf.app.library.document(id)
    if document is None:
        raise Problem(404, "no such document", "there is no document with this id in the library")
    return document


def _place(box: str, page: Page) -> BBox:
    """A box in points; what lies outside of the page is cut off."""
    x0, y0, x1, y1 = (min(max(float(part), 0.0), 1.0) for part in box.split(","))
    return BBox(x0 * page.width, y0 * page.height, x1 * page.width, y1 * page.height)


def _headers(tag: str, age: str) -> dict[str, str]:
    # Another key may see less: what one may see is not shown to the next in the same browser.
    return {
        "ETag": f'"{tag}"',
        "Cache-Control": f"private, {age}",
        "Vary": "Authorization",
    }


def _has(known: str, tag: str) -> bool:
    """Whether an If-None-Match header names this entity tag."""
    tags = [part.strip().removeprefix("W/") for part in known.split(",")]
    return tag in tags or "*" in tags
