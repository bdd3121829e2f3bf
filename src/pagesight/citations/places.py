"""Where a quote stands: its boxes on each page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from pagesight.document import Chunk, Page, Region, Span
from pagesight.geometry import union
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
    """Boxes of the lines that the quote touches, of a table those of the cells in one row as one;
    the whole chunk's where the quote is empty. That of a figure comes first: it is what a reader
    wants to see."""
    chunk = piece.chunk
    figure = chunk.regions[:1] if chunk.kind == "figure" else ()
    touched: Sequence[Span | Region] = chunk.touched(start, end)
    if chunk.kind == "table":
        touched = tuple(_rows(chunk, start, end))
    places = (*figure, *(touched or chunk.regions))
    found = dict.fromkeys((place.page, place.bbox) for place in places)
    return tuple(Box.on(pages[index], bbox) for index, bbox in found)


def _rows(chunk: Chunk, start: int, end: int) -> Iterator[Region]:
    """What the quote touches, a box for each line of the chunk and page."""
    spans = chunk.touched(start, end)
    lines = groupby(spans, key=lambda span: (chunk.text.count("\n", 0, span.start), span.page))
    for (_, page), same in lines:
        yield Region(page=page, bbox=union(span.bbox for span in same))
