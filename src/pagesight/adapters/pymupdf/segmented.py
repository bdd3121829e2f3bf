"""PDF files whose pages another library divides; words, crops and what is hidden are found as by
`PyMuPDFParser`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pagesight.adapters.pymupdf import PyMuPDFParser, opened, reason_of
from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.render import Renderer
from pagesight.adapters.pymupdf.text.hidden import without_hidden
from pagesight.adapters.pymupdf.text.lines import region_text, text_block, vocabulary_of
from pagesight.adapters.pymupdf.text.words import Word, text_layer
from pagesight.adapters.pymupdf.turning import straighten
from pagesight.document import (
    DocumentProfile,
    Element,
    Figure,
    Page,
    PageContent,
    Span,
    Table,
    TextBlock,
)
from pagesight.errors import PagesightError
from pagesight.flow import Segment
from pagesight.geometry import BBox
from pagesight.ports import CropWriter, Segmenter

_LEAST_PICTURE = 40.0
"""Points of the shorter side of an image that shows something: smaller ones are icons."""
_INSIDE = 0.5
"""Share of a word's box, or an image's, that has to lie in a region to belong to it."""


@dataclass(frozen=True, slots=True)
class SegmentedParser:
    """Implements `pagesight.ports.Parser`."""

    segmenter: Segmenter
    crops: CropWriter
    crop_dpi: int
    ocr_dpi: int

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same bytes would be parsed differently."""
        plain = PyMuPDFParser(self.crops, None, crop_dpi=self.crop_dpi, ocr_dpi=self.ocr_dpi)
        return f"{self.segmenter.fingerprint}, words of {plain.fingerprint}"

    def profile(self, path: Path, passwords: Sequence[str] = ()) -> DocumentProfile:
        """What is known before parsing.

        Raises:
            DocumentError: the file cannot be parsed; the message names it and the remedy.
        """
        return PyMuPDFParser(self.crops, None).profile(path, passwords)

    def parse_pages(
        self, path: Path, start: int, stop: int, passwords: Sequence[str] = ()
    ) -> tuple[PageContent, ...]:
        """The pages with 0-based index in [start, stop); those past the end are left out. A page
        that fails is returned with its `error` and no elements.

        Raises:
            DocumentError: the file cannot be opened.
            ServiceError: the segmenter lacks what it needs.
            OSError: a crop cannot be stored.
        """
        with opened(path, passwords) as document:
            stop = min(stop, document.page_count)
            return tuple(self._page(document[index], index) for index in range(start, stop))

    def _page(self, page: Any, index: int) -> PageContent:
        label = page.get_label() or str(index + 1)
        straighten(page)
        width, height = float(page.rect.width), float(page.rect.height)
        made = Page(index=index, label=label, width=width, height=height)
        try:
            return self._divided(page, made)
        except (OSError, PagesightError):
            # Not the page's fault: the disk is full, say, and so it is for every page.
            raise
        except Exception as error:
            return PageContent(page=replace(made, error=reason_of(error)), elements=())

    def _divided(self, page: Any, made: Page) -> PageContent:
        layer, hidden = without_hidden(page, text_layer(page))
        whole = BBox(0.0, 0.0, made.width, made.height)
        segments = self.segmenter.segments(
            _alone(page),
            lambda: Renderer(page, self.ocr_dpi).crop(whole).png,
            (made.width, made.height),
            has_text=bool(layer.words),
        )
        work = _Divided(self, made.index, Renderer(page, self.crop_dpi), layer.words)
        elements = list(work.elements(segments, layer.images))
        return PageContent(
            page=replace(made, ocr=not layer.words and bool(elements)),
            elements=tuple(elements),
            hidden=hidden,
        )


def _alone(page: Any) -> bytes:
    with pymupdf.open() as copy:
        copy.insert_pdf(page.parent, from_page=page.number, to_page=page.number)
        return bytes(copy.tobytes())


class _Divided:
    """A page in hand: each of its words goes into one element."""

    def __init__(
        self, parser: SegmentedParser, index: int, renderer: Renderer, words: Sequence[Word]
    ) -> None:
        self._parser = parser
        self._index = index
        self._renderer = renderer
        self._words = list(words)
        self._has_text = bool(words)
        self._vocabulary = vocabulary_of(words)

    def elements(self, segments: Sequence[Segment], images: Sequence[BBox]) -> Iterator[Element]:
        """What the segments hold, then the images that are in none, then the words that are."""
        for segment in segments:
            yield from self._element(segment)
        figures = [each.bbox for each in segments if each.kind == "figure"]
        for image in images:
            known = any(image.inside(figure) > _INSIDE for figure in figures)
            if self._has_text and not known and min(image.width, image.height) >= _LEAST_PICTURE:
                yield self._figure(image, region_text(self._taken(image)))
        for block in sorted({word.block for word in self._words}):
            words = [word for word in self._words if word.block == block and word.text]
            if words:
                yield self._text(words, Segment(kind="text", bbox=words[0].bbox))

    def _element(self, segment: Segment) -> Iterator[Element]:
        words = self._taken(segment.bbox)
        read = region_text(words) if self._has_text else segment.text
        if segment.kind == "figure":
            yield self._figure(segment.bbox, read)
        elif segment.kind == "table":
            yield Table(
                page=self._index,
                bbox=segment.bbox,
                image=self._cut(segment.bbox),
                cells=tuple(replace(cell, page=self._index) for cell in segment.grid.cells)
                if segment.grid
                else (),
                header_rows=segment.grid.header_rows if segment.grid else 0,
                text=read,
            )
        elif words:
            yield self._text(words, segment)
        elif not self._has_text and segment.text.strip():
            text = segment.text.strip()
            span = Span(start=0, end=len(text), page=self._index, bbox=segment.bbox)
            yield TextBlock(
                page=self._index, bbox=segment.bbox, role=segment.role, text=text, spans=(span,)
            )

    def _taken(self, bbox: BBox) -> list[Word]:
        own = [word for word in self._words if word.text and word.bbox.inside(bbox) > _INSIDE]
        taken = set(map(id, own))
        self._words = [word for word in self._words if id(word) not in taken]
        return own

    def _text(self, words: Sequence[Word], segment: Segment) -> TextBlock:
        return text_block(words, page=self._index, role=segment.role, vocabulary=self._vocabulary)

    def _figure(self, bbox: BBox, text: str) -> Figure:
        return Figure(
            page=self._index,
            bbox=bbox,
            image=self._cut(bbox),
            text=text,
            text_by_ocr=not self._has_text and bool(text),
        )

    def _cut(self, bbox: BBox) -> str:
        return self._parser.crops.put(self._renderer.crop(bbox).png)
