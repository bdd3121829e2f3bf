"""From the words and boxes of a page to its regions in reading order, captions paired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.figures import (
    CAPTION,
    PICTURE,
    TABLE,
    framed,
    settle_figures,
    split_from_tables,
)
from pagesight.adapters.pymupdf.figures.grouping import with_captions
from pagesight.adapters.pymupdf.figures.ink import Ink, ink_of
from pagesight.adapters.pymupdf.holding import assign, holds
from pagesight.adapters.pymupdf.paragraphs import joined, parted
from pagesight.adapters.pymupdf.source import Source
from pagesight.adapters.pymupdf.tables import Cells, is_prose, read_cells
from pagesight.adapters.pymupdf.tables.notes import extent
from pagesight.adapters.pymupdf.tables.ruling import drawn_rules, ruling_of
from pagesight.adapters.pymupdf.text.lines import line_text, lines_of
from pagesight.adapters.pymupdf.text.ordering import reading_order
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox, union
from pagesight.references import parse_caption

_BLOCK_GAP = 3.0
"""Line heights between two lines of one paragraph at most."""
_FORM_WORDS = 30
"""Of a form; a chart with as many grid lines has fewer labels."""
_SMALL_VIEW = 0.02
"""Of a scan's area, up to which the network's pictures are often stains and letters."""
_SHAPE_SIDE = 4.0
"""Points; the bars of fractions and roots are thinner."""
_MOST_SHAPES = 8
"""From so many shapes on, a formula is a drawing."""
_LONGEST_CAPTION = 8
"""Lines of a caption inside the box of its figure."""
_MOST_CAPTION_WORDS = 250


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the page, its words, and for a figure or table its caption."""

    kind: str
    bbox: BBox
    words: tuple[Word, ...]
    label: str = ""
    cells: Cells | None = None
    caption: Region | None = None
    pieces: tuple[BBox, ...] = ()
    """The pictures that a figure was put together from."""
    framed: bool = False
    """A figure of text, which is in regions of its own."""


def arrange(page: Any, source: Source) -> list[Region]:
    """The regions of a page in reading order. Every word is in one of them; captions that have
    found their figure or table are inside it."""
    boxes = split_from_tables(source.boxes, source.pictures)
    boxes = _with_rest(source.words, boxes)
    found, _ = assign(source.words, boxes)
    is_table = any(box.kind == TABLE for box in boxes)
    rules = drawn_rules(page, len(source.marks)) if is_table else ()
    boxes = [
        part
        for box, words in zip(boxes, found, strict=True)
        for part in _without_notes(box, words, rules)
    ]
    found, _ = assign(source.words, boxes)
    boxes = [
        part
        for box, words in zip(boxes, found, strict=True)
        if not _is_text_only(box, source)
        for part in parted(_table_or_text(box, words, rules), words)
    ]
    found, _ = assign(source.words, boxes)
    boxes = [_drawn(captioned(box, words), source) for box, words in zip(boxes, found, strict=True)]
    if source.is_scan:
        boxes, seen = _looked_at(ink_of(page), boxes, source)
        boxes = settle_figures(boxes, seen, (), source.page)
    else:
        boxes = settle_figures(boxes, source.pictures, source.images, source.page)
    boxes = _with_rest(source.words, boxes)
    boxes = joined(boxes, assign(source.words, boxes)[0])
    boxes, captions = with_captions(boxes, source)
    order = reading_order(boxes)
    words = assign(source.words, boxes)[0]
    carried = set(captions.values())
    regions = []
    for index in order:
        if index not in carried:
            number = captions.get(index)
            caption = None if number is None else _region(boxes[number], words[number], rules)
            region = _region(boxes[index], words[index], rules)
            regions.append(replace(region, caption=caption) if caption else _own_caption(region))
    return regions


def _with_rest(words: Sequence[Word], boxes: Sequence[Box]) -> list[Box]:
    """Text boxes for the words that the layout left out: one a block of the text layer, blocks
    that follow each other closely together. Boxes of text without words go."""
    found, rest = assign(words, boxes)
    kept = [
        box for box, own in zip(boxes, found, strict=True) if own or box.kind in (PICTURE, TABLE)
    ]
    return kept + [Box("text", union(word.bbox for word in group)) for group in _groups(rest)]


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Paragraphs of words, by their lines."""
    group: list[Word] = []
    for _, line in groupby(words, key=lambda word: (word.block, word.line)):
        following = list(line)
        if group and not _follows(group, following):
            yield group
            group = []
        group += following
    if group:
        yield group


def _follows(group: Sequence[Word], line: Sequence[Word]) -> bool:
    """Whether a line goes on with the paragraph above it. Blocks of a text layer mostly know, but
    those of scans also take in labels from all over a drawing."""
    above, box = (union(word.bbox for word in words) for words in (group, line))
    height = group[-1].bbox.height
    gap = box.y0 - above.y1
    beside = max(box.x0 - above.x1, above.x0 - box.x1)
    if line[0].block == group[-1].block:
        return gap < _BLOCK_GAP * height and beside < _BLOCK_GAP * height
    aligned = abs(box.x0 - above.x0) < 2 * height
    same_size = abs(box.height - height) < 0.3 * height
    return -0.3 * height < gap < 0.8 * height and aligned and same_size


def _table_or_text(box: Box, words: Sequence[Word], rules: Sequence[BBox]) -> Box:
    """A table that is none becomes text."""
    if box.kind != TABLE or box.grid is None or not words:
        return box
    cells = _cells(box, words, rules)
    return Box("text", box.bbox) if cells is None or is_prose(cells, words) else box


def captioned(box: Box, words: Sequence[Word]) -> Box:
    """Text that reads as a caption becomes one, wherever on the page it stands."""
    if box.kind in (PICTURE, TABLE, "formula") or not words:
        return box
    lines = [line_text(line) for line in lines_of(words)]
    label = parse_caption(" ".join(lines[:2]), trusted=box.kind == CAPTION)
    if box.kind == CAPTION and label is None:
        # Captions of parts ("(a) before (b) after") often stand above the caption of the whole.
        label = next((found for line in lines[1:] if (found := parse_caption(line))), None)
    if label and len(words) <= _MOST_CAPTION_WORDS:
        return Box(CAPTION, box.bbox, label=label)
    return box


def _looked_at(ink: Ink, boxes: Sequence[Box], source: Source) -> tuple[list[Box], list[BBox]]:
    """The boxes of a scan, ruled forms told from pictures, and the pictures that are seen in it:
    the network finds small ones where there are none, and takes no note of coloured ones."""
    places = [word.bbox for word in source.words]
    wide = [view for view in source.pictures if view.area > _SMALL_VIEW * source.page.area]
    settled = [
        replace(box, kind=TABLE) if box.kind == PICTURE and _is_form(box, ink, source) else box
        for box in boxes
    ]
    frames = (frame for frame in ink.frames(places) if not ink.is_form(frame))
    return framed(settled, [*wide, *ink.pictures(places)], frames, source.page)


def _is_form(box: Box, ink: Ink, source: Source) -> bool:
    inside = sum(holds(box.bbox, word) for word in source.words)
    return inside >= _FORM_WORDS and ink.is_form(box.bbox)


def _drawn(box: Box, source: Source) -> Box:
    """The network also takes drawings with many small labels for formulas."""
    if box.kind != "formula" or source.ocr:
        return box
    shapes = [
        mark
        for mark in source.marks
        if min(mark.width, mark.height) > _SHAPE_SIDE and mark.inside(box.bbox) > 0.8
    ]
    return replace(box, kind=PICTURE) if len(shapes) >= _MOST_SHAPES else box


def _is_text_only(box: Box, source: Source) -> bool:
    """A picture in which nothing is drawn, say the captions of its parts."""
    if box.kind != PICTURE or source.ocr:
        return False
    drawn = any(mark.grown(0.5).intersection(box.bbox) for mark in source.marks)
    return not drawn and any(holds(box.bbox, word) for word in source.words)


def _without_notes(box: Box, words: Sequence[Word], rules: Sequence[BBox]) -> list[Box]:
    """A table, and what its box has of a caption above and of notes below."""
    if box.kind != TABLE or box.grid is None:
        return [box]
    top, bottom = extent(box.grid, words, ruling_of(box.bbox, rules, words))
    x0, y0, x1, y1 = box.bbox.x0, box.bbox.y0, box.bbox.x1, box.bbox.y1
    parts = []
    if top > y0:
        parts.append(Box("text", BBox(x0, y0, x1, top)))
    if bottom < y1:
        parts.append(Box("footnote", BBox(x0, bottom, x1, y1)))
    if not parts:
        return [box]
    top, bottom = max(top, y0), min(bottom, y1)
    inner = [edge for edge in box.grid.rows if top + 2 < edge < bottom - 2]
    grid = replace(box.grid, rows=(top, *inner, bottom))
    return [*parts, replace(box, bbox=BBox(x0, top, x1, bottom), grid=grid)]


def _cells(box: Box, words: Sequence[Word], rules: Sequence[BBox]) -> Cells | None:
    if box.kind != TABLE or box.grid is None:
        return None
    return read_cells(box.grid, words, ruling_of(box.bbox, rules, words))


def _region(box: Box, words: Sequence[Word], rules: Sequence[BBox]) -> Region:
    """A figure or table reaches at least as far as its words: the network cuts them short."""
    cells = _cells(box, words, rules)
    bbox = union([box.bbox, *(word.bbox for word in words)])
    return Region(
        box.kind, bbox, tuple(words), box.label, cells, pieces=box.pieces, framed=box.framed
    )


def _own_caption(region: Region) -> Region:
    """A figure whose box took its caption in: the caption's lines are split off."""
    if region.kind != PICTURE or not region.words:
        return region
    lines = lines_of(region.words)
    for start, line in enumerate(lines):
        label = parse_caption(line_text(line))
        height = union(word.bbox for word in line).y0 - region.bbox.y0
        if label and height > 0.6 * region.bbox.height and len(lines) - start <= _LONGEST_CAPTION:
            own = {id(word) for each in lines[start:] for word in each}
            words = tuple(word for word in region.words if id(word) in own)
            caption = Region(CAPTION, union(word.bbox for word in words), words, label)
            inside = tuple(word for word in region.words if id(word) not in own)
            bbox = replace(region.bbox, y1=max(caption.bbox.y0 - 1, region.bbox.y0 + 1))
            return Region(PICTURE, bbox, inside, caption=caption)
    return region
