"""Where a quote stands: its boxes on each page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pagesight.document import Page
from pagesight.results import Box, Citation, Evidence

Pages = Callable[[str], Sequence[Page]]
"""Document id -> its pages, at least those that the evidence stands on."""


def citation(
    piece: Evidence, quote: tuple[int, int], pages: Pages, *, claim: int, verified: bool
) -> Citation:
    """The citation of the characters [start, end) of a piece's chunk."""
    chunk = piece.chunk
    start, end = quote
    boxes = _boxes(piece, start, end, {page.index: page for page in pages(chunk.document_id)})
    return Citation(
        mark=piece.mark,
        chunk_id=chunk.id,
        document_id=chunk.document_id,
        document=piece.document.name,
        title=piece.document.title,
        kind=chunk.kind,
        label=chunk.label,
        page_number=boxes[0].page_number,
        page_label=boxes[0].page_label,
        boxes=boxes,
        quote=chunk.text[start:end],
        crop=piece.image_path,
        verified=verified,
        claim=claim,
    )


def _boxes(piece: Evidence, start: int, end: int, pages: Mapping[int, Page]) -> tuple[Box, ...]:
    """Boxes of the lines that the quote touches; the whole chunk's where the quote is empty. That
    of a figure comes first: it is what a reader wants to see."""
    chunk = piece.chunk
    figure = chunk.regions[:1] if chunk.kind == "figure" else ()
    places = (*figure, *(chunk.touched(start, end) or chunk.regions))
    found = dict.fromkeys((place.page, place.bbox) for place in places)
    return tuple(Box.on(pages[index], bbox) for index, bbox in found)
