"""One page: its regions made into elements, crops rendered, words of pictures read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pagesight.adapters.pymupdf.figures import CAPTION, PICTURE, TABLE
from pagesight.adapters.pymupdf.figures.ink import ink_of
from pagesight.adapters.pymupdf.figures.parts import parts_of
from pagesight.adapters.pymupdf.regions import Region, arrange
from pagesight.adapters.pymupdf.render import Renderer
from pagesight.adapters.pymupdf.source import Source, read_source
from pagesight.adapters.pymupdf.text.lines import headed, region_text, text_block, vocabulary_of
from pagesight.adapters.pymupdf.text.marks import comments
from pagesight.adapters.pymupdf.text.words import Word, weight
from pagesight.adapters.pymupdf.turning import straighten, turned_back
from pagesight.document import (
    Caption,
    Element,
    Figure,
    FigurePart,
    Page,
    PageContent,
    Role,
    Table,
    TextBlock,
)
from pagesight.ports import CropWriter, OpticalReader

_ROLES: Mapping[str, Role] = {
    "title": "title",
    "section-header": "heading",
    "list-item": "list",
    "page-header": "header",
    "page-footer": "footer",
    "footnote": "footnote",
    "formula": "formula",
    CAPTION: "caption",
}
_PICTURE_PAGE_LETTERS = 60
"""A scanned page with fewer letters is one picture, say a map or a photograph."""
_LEAST_INK = 0.005
"""Share of a page's pixels from which a page with no words and no pictures shows something, say
handwriting; specks on an empty sheet come to less."""


@dataclass(frozen=True, slots=True)
class PageParser:
    """What pages are parsed with."""

    crops: CropWriter
    reader: OpticalReader | None
    crop_dpi: int
    ocr_dpi: int

    def parse(self, page: Any, index: int, label: str) -> PageContent:
        """Parses a page; its rotation is taken into its content, so that boxes are as displayed.

        Raises:
            Exception: whatever the page made the library raise.
        """
        straighten(page)
        width, height = float(page.rect.width), float(page.rect.height)
        source = read_source(page, self.reader, self.ocr_dpi)
        work = _Work(self, source, index, Renderer(page, self.crop_dpi))
        letters = weight(source.words)
        if source.problem or (source.ocr and letters < _PICTURE_PAGE_LETTERS):
            elements = work.whole_page()
        else:
            elements = [each for region in arrange(page, source) for each in work.elements(region)]
            if not elements and ink_of(page).share >= _LEAST_INK:
                elements = work.whole_page()
        elements += comments(page, source.words)
        return PageContent(
            page=Page(
                index=index,
                label=label,
                width=width,
                height=height,
                ocr=source.ocr,
                error=source.problem,
            ),
            elements=tuple(turned_back(each, source.turn, source.page) for each in elements),
            hidden=source.hidden,
        )


@dataclass(slots=True)
class _Work:
    """The page in hand."""

    parser: PageParser
    source: Source
    index: int
    renderer: Renderer
    vocabulary: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.vocabulary = vocabulary_of(self.source.words)

    def whole_page(self) -> list[Element]:
        crop = self.renderer.crop(self.source.page)
        if crop.is_blank:
            return []
        words, by_ocr = self.source.words, self.source.ocr
        if not words:
            words, by_ocr = crop.words(self.parser.reader), True
        return [
            Figure(
                page=self.index,
                bbox=self.source.page,
                image=self.parser.crops.put(crop.png),
                text=region_text(words),
                text_by_ocr=by_ocr and bool(words),
            )
        ]

    def elements(self, region: Region) -> Iterator[Element]:
        if region.kind == PICTURE:
            yield from self._figure(region)
        elif region.kind == TABLE:
            yield from self._table(region)
        elif region.words:
            role = _role(region, self.source.ocr or self.source.is_scan)
            head, words = headed(region.words) if role == "paragraph" else ((), region.words)
            if head:
                yield self._text(head, "heading")
            yield self._text(words, role)

    def _figure(self, region: Region) -> Iterator[Element]:
        crop = self.renderer.crop(region.bbox)
        if crop.is_blank:
            yield from self._without_crop(region)
            return
        words, by_ocr = region.words, self.source.ocr
        if not words and not region.framed:
            words, by_ocr = crop.words(self.parser.reader), True
        caption = self._caption(region.caption)
        yield Figure(
            page=self.index,
            bbox=region.bbox.rounded(),
            image=self.parser.crops.put(crop.png),
            caption=caption,
            text=region_text(words),
            text_by_ocr=by_ocr and bool(words),
            parts=self._parts(region, words, caption) if caption and caption.label else (),
        )

    def _parts(
        self, region: Region, words: Sequence[Word], caption: Caption
    ) -> tuple[FigurePart, ...]:
        parts = parts_of(region.bbox, words, self.source.marks, region.pieces, caption.text)
        return tuple(
            FigurePart(
                label=f"{caption.label}({part.letter})",
                bbox=part.bbox.rounded(),
                image=self.parser.crops.put(self.renderer.crop(part.bbox).png),
                text=region_text(part.words),
            )
            for part in parts
        )

    def _table(self, region: Region) -> Iterator[Element]:
        crop = self.renderer.crop(region.bbox)
        if crop.is_blank:
            yield from self._without_crop(region)
            return
        cells = region.cells
        words = region.words or crop.words(self.parser.reader)
        yield Table(
            page=self.index,
            bbox=region.bbox.rounded(),
            image=self.parser.crops.put(crop.png),
            cells=tuple(replace(cell, page=self.index) for cell in cells.cells) if cells else (),
            header_rows=cells.header_rows if cells else 0,
            caption=self._caption(region.caption),
            text=region_text(words),
        )

    def _without_crop(self, region: Region) -> Iterator[Element]:
        """Nothing to see; words that are there all the same are kept as text."""
        for part in (region, region.caption):
            if part and part.words:
                yield self._text(part.words, "caption" if part.kind == CAPTION else "paragraph")

    def _text(self, words: Sequence[Word], role: Role) -> TextBlock:
        return text_block(words, page=self.index, role=role, vocabulary=self.vocabulary)

    def _caption(self, region: Region | None) -> Caption | None:
        if region is None or not region.words:
            return None
        block = self._text(region.words, "caption")
        return Caption(label=region.label, text=block.text, spans=block.spans)


def _role(region: Region, is_read: bool) -> Role:
    """`is_read`: the words are those of OCR, whose fonts say nothing."""
    if region.kind in _ROLES:
        return _ROLES[region.kind]
    mono = sum(word.mono for word in region.words)
    return "code" if not is_read and mono > 0.9 * len(region.words) else "paragraph"
