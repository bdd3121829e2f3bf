"""What a page is read from: its text layer and layout, or a scan's OCR words and theirs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from pagesight.adapters.pymupdf.engine import Box, analyse, pymupdf, with_orphans
from pagesight.adapters.pymupdf.text.hidden import without_hidden
from pagesight.adapters.pymupdf.text.usable import is_usable
from pagesight.adapters.pymupdf.text.words import (
    FEW_LETTERS,
    TextLayer,
    Word,
    optical_words,
    text_layer,
    weight,
)
from pagesight.adapters.pymupdf.turning import straighten, turn_of, turned
from pagesight.document import HiddenText
from pagesight.errors import ServiceError
from pagesight.geometry import BBox, union
from pagesight.ports import OpticalReader

MOST_PIXELS = 20e6
"""Of a page rendered for OCR; larger sheets are rendered more coarsely."""
_FINEST_SCAN = 600 / 72
"""Pixels a point; tesseract reads letters that are finer no better."""
_SOME_LETTERS = 120
"""A header and a footer over a scanned page; more is a text layer."""
_MANY_VECTORS = 300
"""Without a single letter: the letters are drawn as paths."""
_HEAD_SHARE = 0.15
"""Of the page's height, above which a running head stands."""
_HEAD_GAP = 3.0
"""Line heights between the page number and the title beside it at least."""
_MOST_HEAD_WORDS = 12
_PAGE_NUMBER = re.compile(r"\[?(?:\d{1,4}|[ivxlc]{1,7})[.\]]?")
_FRAGMENTED_LINES = 60
_SURROGATE_DPI = 100
_NO_READER = (
    "has no text layer and tesseract is not installed: install tesseract-ocr, then ingest again"
)


@dataclass(frozen=True, slots=True)
class Source:
    """All that the regions of a page are made from; boxes in display points."""

    page: BBox
    words: tuple[Word, ...]
    boxes: tuple[Box, ...]
    pictures: tuple[BBox, ...]
    """Pictures that the layout network's pixel half sees."""
    marks: tuple[BBox, ...]
    """Drawing operations and images."""
    images: tuple[BBox, ...]
    blocks: list[dict[str, Any]]
    ocr: bool
    is_scan: bool = False
    """The page is one picture, with OCR's words or with a text layer of OCR's."""
    turn: int = 0
    """Degrees clockwise by which the page was turned to put its text upright; every box here is
    one of the turned page."""
    problem: str = ""
    """Why the page's text could not be read."""
    hidden: tuple[HiddenText, ...] = ()
    """Text that nobody sees and that is in none of the words; boxes as the page is displayed."""


def read_source(page: Any, reader: OpticalReader | None, ocr_dpi: int) -> Source:
    """Reads the text layer, or the pixels where it is missing or garbage.

    A page whose text runs sideways or upside down is turned in memory, because the layout knows
    upright text only.
    """
    layer, hidden = without_hidden(page, text_layer(page))
    area = _area(page)
    words: Sequence[Word] = ()
    if _needs_ocr(layer, area):
        words, problem = _read_pixels(page, reader, ocr_dpi)
        if problem and not _says_something(layer):
            return replace(_without_layout(area, layer), problem=problem, hidden=hidden)
        usable = weight(layer.words) if is_usable(layer.words) else 0
        words = words if weight(words) > usable else ()
    turn = turn_of(words or layer.words)
    if turn:
        page.set_rotation(turn)
        straighten(page)
        layer, _ = without_hidden(page, text_layer(page), links=False)
        words = [replace(word, bbox=turned(word.bbox, turn, area)) for word in words]
        area = _area(page)
    if words:
        layer = replace(layer, words=tuple(words))
    return replace(_laid_out(page, area, layer, ocr=bool(words)), turn=turn, hidden=hidden)


def _laid_out(page: Any, area: BBox, layer: TextLayer, *, ocr: bool) -> Source:
    if ocr or layer.is_ocr(area) or _is_fragmented(layer):
        return _from_surrogate(page, area, layer, ocr=ocr)
    if not layer.blocks:
        return _without_layout(area, layer)
    layout = analyse(page)
    boxes = with_orphans(page, layout.boxes, layer.blocks)
    return replace(_without_layout(area, layer), boxes=tuple(boxes), pictures=layout.pictures)


def _area(page: Any) -> BBox:
    return BBox(0.0, 0.0, float(page.rect.width), float(page.rect.height))


def _without_layout(area: BBox, layer: TextLayer, *, ocr: bool = False) -> Source:
    return Source(
        page=area,
        words=layer.words,
        boxes=(),
        pictures=(),
        marks=(*layer.images, *layer.vectors),
        images=layer.images,
        blocks=layer.blocks,
        ocr=ocr,
    )


def _needs_ocr(layer: TextLayer, area: BBox) -> bool:
    letters = weight(layer.words)
    if layer.words and not is_usable(layer.words):
        return True
    covered = layer.covered(area)
    if letters == 0:
        return covered > 0.25 or len(layer.vectors) > _MANY_VECTORS
    return (letters < FEW_LETTERS and covered > 0.5) or (letters < _SOME_LETTERS and covered > 0.8)


def _says_something(layer: TextLayer) -> bool:
    """A page with a title over a photograph is no scan, and needs no word about OCR."""
    return is_usable(layer.words) and weight(layer.words) >= FEW_LETTERS


def _is_fragmented(layer: TextLayer) -> bool:
    """Fonts whose space has no width make a line of nearly every word, which the layout network
    then takes for table cells."""
    lines = {(word.block, word.line): word for word in layer.words}
    heights = {round(word.centre[1]) for word in lines.values()}
    few_words = len(layer.words) < 1.5 * len(lines)
    return len(lines) >= _FRAGMENTED_LINES and few_words and len(lines) > 4 * len(heights)


def _read_pixels(page: Any, reader: OpticalReader | None, dpi: int) -> tuple[list[Word], str]:
    if reader is None:
        return [], _NO_READER
    finest = max(dpi / 72, _scan_scale(page))
    scale = min(finest, (MOST_PIXELS / (page.rect.width * page.rect.height)) ** 0.5)
    pixels = page.get_pixmap(
        matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY, alpha=False
    )
    try:
        read = reader.read(pixels.tobytes("png"), sparse=False)
    except ServiceError as error:
        return [], f"has no text layer and could not be read by OCR: {error}"
    return optical_words(read, 1 / scale, 0.0, 0.0), ""


def _scan_scale(page: Any) -> float:
    """Pixels a point of the picture that takes most of the page; 0 where there is none. Scans that
    were made small as a page still have the letters' own resolution."""
    area = page.rect.width * page.rect.height
    scales = (
        image["width"] / max(pymupdf.Rect(image["bbox"]).width, 1.0)
        for image in page.get_image_info()
        if abs(pymupdf.Rect(image["bbox"]) & page.rect) > area / 2
    )
    return min(max(scales, default=0.0), _FINEST_SCAN)


def _from_surrogate(page: Any, area: BBox, layer: TextLayer, *, ocr: bool) -> Source:
    """Lays the words invisibly over a picture of the page, which is what the layout network knows
    scans as, and analyses that."""
    with pymupdf.open() as document:
        copy = document.new_page(width=area.width, height=area.height)
        copy.insert_image(copy.rect, pixmap=page.get_pixmap(dpi=_SURROGATE_DPI, alpha=False))
        font = pymupdf.Font("helv")
        for run in _runs(layer.words):
            _write_invisibly(copy, font, run)
        layout = analyse(copy)
    boxes = [*layout.boxes]
    has_head = any(box.kind == "page-header" for box in boxes)
    images = [
        Box("picture", image)
        for image in layer.images
        if image.area and not any(image.intersection(box.bbox) for box in boxes)
    ]
    return replace(
        _without_layout(area, layer, ocr=ocr),
        boxes=(*boxes, *images, *([] if has_head else running_head(area, layer.words))),
        pictures=layout.pictures,
        is_scan=layer.covered(area) > 0.5,
        marks=tuple(mark for mark in (*layer.images, *layer.vectors) if mark.area < area.area / 2),
        blocks=[],
    )


def running_head(area: BBox, words: Sequence[Word]) -> list[Box]:
    """The first line of a scanned book page, where a page number stands at one end of it and a gap
    parts it from a title: the layout network takes many of them for text."""
    first = min(words, key=lambda word: word.centre[1], default=None)
    if first is None or first.bbox.y1 > _HEAD_SHARE * area.height:
        return []
    line = sorted(
        (word for word in words if abs(word.centre[1] - first.centre[1]) < first.bbox.height / 2),
        key=lambda word: word.bbox.x0,
    )
    gap = max((after.bbox.x0 - word.bbox.x1 for word, after in pairwise(line)), default=0.0)
    numbered = any(_PAGE_NUMBER.fullmatch(line[end].text) for end in (0, -1))
    if not numbered or gap < _HEAD_GAP * first.bbox.height or len(line) > _MOST_HEAD_WORDS:
        return []
    return [Box("page-header", union(word.bbox for word in line))]


def _runs(words: Sequence[Word]) -> list[list[Word]]:
    """Words that follow each other on one line without a column's gap."""
    runs: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.bbox.x0):
        run = next((run for run in reversed(runs) if _continues(run[-1], word)), None)
        if run is None:
            runs.append([word])
        else:
            run.append(word)
    return runs


def _continues(before: Word, word: Word) -> bool:
    height = max(before.bbox.height, word.bbox.height)
    on_line = abs(before.centre[1] - word.centre[1]) < 0.4 * height
    return on_line and -2 <= word.bbox.x0 - before.bbox.x1 <= 1.1 * height


def _write_invisibly(page: Any, font: Any, run: Sequence[Word]) -> None:
    box = union(word.bbox for word in run)
    text = " ".join(word.text for word in run)
    size = max(box.height / 1.37, 1.0)
    length = font.text_length(text, size)
    if not length:
        return
    start = pymupdf.Point(box.x0, box.y1 - 0.22 * box.height)
    stretch = pymupdf.Matrix(box.width / length, 1)
    page.insert_text(start, text, fontsize=size, render_mode=3, morph=(start, stretch))
