"""The pictures of a report: which are needed, under which keys, and how they get small."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from pagesight.evaluation.record import Found
from pagesight.evaluation.report.data import gold_pages, missed
from pagesight.evaluation.scores.summary import Report
from pagesight.evaluation.sets.cases import Case, GoldPage
from pagesight.geometry import BBox

PICTURED = 60
"""Missed questions that get pictures: about 240, which at 320 pixels make a page of 4 MB."""
SHOWN_HITS = 3
"""Hits that are shown for a missed question."""
SHOWN_GOLD = 2
"""Gold pages that are shown for a missed question."""
THUMBNAIL = 320
"""Pixels across: twice the width that the report shows, for screens with fine pixels."""

_QUALITY = 75
"""Of JPEG: the text of a page stays clean, at about 12 kB for 320 pixels."""
_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPage:
    """A page to be rendered with boxes drawn on it."""

    key: str
    document: str
    """File name."""
    page: int
    """1-based."""
    boxes: tuple[BBox, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Pictures that a report has places for, each once, in the order of the page."""

    pages: tuple[WantedPage, ...]
    crops: tuple[str, ...]
    """Keys of the library's crop store; `crop_key` makes the key of the picture."""


def wanted_pictures(report: Report, limit: int = PICTURED) -> Wanted:
    """What the first `limit` missed questions show: gold pages with the gold boxes, crops of
    figures and tables, and for text the page with the place of the hit."""
    pages: dict[str, WantedPage] = {}
    crops: dict[str, None] = {}
    for item in missed(report)[:limit]:
        for gold in gold_pages(item.case)[:SHOWN_GOLD]:
            wanted = gold_picture(item.case, gold)
            pages.setdefault(wanted.key, wanted)
        for found in item.row.hits[:SHOWN_HITS]:
            if found.image:
                crops.setdefault(found.image)
            elif (page := hit_page(found)) is not None:
                pages.setdefault(page.key, page)
    return Wanted(pages=tuple(pages.values()), crops=tuple(crops))


def gold_picture(case: Case, gold: GoldPage) -> WantedPage:
    """A gold page with the gold boxes on it."""
    boxes = tuple(
        box.bbox for box in case.boxes if (box.document, box.page) == (gold.document, gold.page)
    )
    return _page(gold.document, gold.page, boxes)


def hit_page(found: Found) -> WantedPage | None:
    """The first page that a hit stands on, with its places there; None for a hit without one."""
    if not found.places:
        return None
    first = found.places[0].page
    boxes = tuple(place.bbox for place in found.places if place.page == first)
    return _page(found.document, first, boxes)


def crop_key(image: str) -> str:
    """The key of the picture of a crop."""
    return f"crop/{image}"


def picture_key(found: Found) -> str:
    """The key of the picture that stands for a hit; "" for a hit without a place."""
    if found.image:
        return crop_key(found.image)
    page = hit_page(found)
    return page.key if page else ""


def thumbnail(picture: bytes, width: int) -> bytes:
    """A JPEG at most `width` pixels wide, on white.

    Raises:
        OSError: the bytes are no picture.
    """
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as opened:
        layer = opened.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    paper.alpha_composite(layer)
    small = paper.convert("RGB")
    small.thumbnail((width, 4 * width))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def data_uri(picture: bytes) -> str:
    """The bytes of a JPEG or PNG as a URI; "" for anything else."""
    for signature, kind in _SIGNATURES.items():
        if picture.startswith(signature):
            return f"data:{kind};base64,{base64.b64encode(picture).decode('ascii')}"
    return ""


def _page(document: str, page: int, boxes: Sequence[BBox]) -> WantedPage:
    """The key names the boxes too: two questions may mark different places of one page."""
    marks = ";".join(f"{box.x0:g},{box.y0:g},{box.x1:g},{box.y1:g}" for box in boxes)
    key = f"page/{document}#{page}" + (f"@{marks}" if marks else "")
    return WantedPage(key=key, document=document, page=page, boxes=tuple(boxes))
